//! `GET /models` without a catalog in the file.

use hyper::header::{ALLOW, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Response};
use openresponses_gateway::auth::Auth;
use openresponses_tower::authorize::Authorize as _;
use openresponses_tower::service::ResponseBody;
use openresponses_tower::{AllowedHosts, Error, ErrorKind};
use openresponses_types::json::RawJson;
use openresponses_upstream::Upstream;

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
        match self.list(head, hosts).await {
            Ok(list) => ResponseBody::document(list),
            Err(error) => {
                let is_method = error.kind() == ErrorKind::MethodNotAllowed;
                let mut refusal = Response::<ResponseBody>::from(error);
                if is_method {
                    let reads = HeaderValue::from_static("GET, HEAD");
                    refusal.headers_mut().insert(ALLOW, reads);
                }
                refusal
            }
        }
    }

    async fn list(self, head: &Parts, hosts: &AllowedHosts) -> Result<String, Error> {
        hosts.check(head)?;
        if head.method != Method::GET && head.method != Method::HEAD {
            return Err(Error::new(
                ErrorKind::MethodNotAllowed,
                "method_not_allowed",
                "Models can only be read here: send GET.",
            )
            .param("method"));
        }
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
