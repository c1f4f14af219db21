//! `GET /models` without a catalog in the file.

use hyper::http::request::Parts;
use hyper::{Method, Response};
use openresponses_gateway::auth::Auth;
use openresponses_tower::authorize::Authorize as _;
use openresponses_tower::service::ResponseBody;
use openresponses_tower::{AllowedHosts, Error};
use openresponses_types::json::RawJson;
use openresponses_upstream::Upstream;

use super::body::wrong_method;

/// Source of the list.
#[derive(Clone)]
pub(crate) enum OwnModels {
    /// The embedded model, which accepts any name.
    Embedded,
    /// The embedded model, for callers with a key.
    Protected(Auth),
    /// The models of an upstream server.
    Upstream(Box<Upstream>),
}

impl OwnModels {
    /// Answers a request for the list.
    pub(super) async fn answer(self, head: &Parts, hosts: &AllowedHosts) -> Response<ResponseBody> {
        if let Err(refused) = hosts.check(head) {
            return refused.into();
        }
        if head.method != Method::GET && head.method != Method::HEAD {
            return wrong_method("GET, HEAD", "Models can only be read here: send GET.");
        }
        let list = self.list(head).await;
        list.map_or_else(Response::from, ResponseBody::document)
    }

    async fn list(self, head: &Parts) -> Result<String, Error> {
        if let Self::Protected(auth) = &self {
            auth.authorize(head).await?;
        }
        let (owner, names) = match self {
            Self::Embedded | Self::Protected(_) => ("embedded", vec!["embedded".to_owned()]),
            Self::Upstream(upstream) => ("upstream", upstream.models().await?),
        };
        let models: Vec<_> = names
            .iter()
            .map(|name| {
                let id = RawJson::string(name);
                format!(r#"{{"id":{id},"object":"model","created":0,"owned_by":"{owner}"}}"#)
            })
            .collect();
        Ok(format!(
            r#"{{"object":"list","data":[{}]}}"#,
            models.join(",")
        ))
    }
}
