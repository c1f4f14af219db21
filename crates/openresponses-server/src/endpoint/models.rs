//! `GET /models` without a catalog in the file.

use hyper::http::request::Parts;
use hyper::{Method, Response};
use openresponses_tower::Error;
use openresponses_tower::service::ResponseBody;
use openresponses_types::json::RawJson;

use super::body::wrong_method;
use super::served::Served;
use crate::upstream_models::UpstreamModels;

/// Source of the list.
#[derive(Clone)]
pub(crate) enum OwnModels {
    /// The embedded model, which accepts any name.
    Embedded,
    /// The models of an upstream server.
    Upstream(UpstreamModels),
}

impl OwnModels {
    /// Answers a request for the list. Callers need what they need for a response.
    pub(super) async fn answer(&self, served: &Served, head: &Parts) -> Response<ResponseBody> {
        if head.method != Method::GET && head.method != Method::HEAD {
            return wrong_method("GET, HEAD", "Models can only be read here: send GET.");
        }
        if let Err(refused) = served.admit(head).await {
            return refused.into();
        }
        let list = self.list().await;
        list.map_or_else(Response::from, ResponseBody::document)
    }

    async fn list(&self) -> Result<String, Error> {
        let (owner, names) = match self {
            Self::Embedded => ("embedded", ["embedded".to_owned()].into()),
            Self::Upstream(models) => ("upstream", models.names().await?),
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
