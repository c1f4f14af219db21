//! `GET /`: a page to try the server with. It is one file, and loads nothing from elsewhere.

mod transcript;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::body::Body;
use hyper::header::{CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY};
use hyper::http::request::Parts;
use hyper::{Response, header};
use openresponses_tower::service::{ResponseBody, answer_unread};
use openresponses_tower::{BoxError, Error};
use sha2::{Digest as _, Sha256};

use super::body::document;
use super::served::Served;

/// The path that checks a transcript.
pub(super) const CHECK: &str = "/playground/check";

const PAGE: &str = include_str!("page.html");

/// The longest transcript, in bytes.
const MAX_TRANSCRIPT_BYTES: u64 = 1 << 20;

/// The page, with the prefix of the endpoint.
#[derive(Clone)]
pub(crate) struct Playground(Arc<Page>);

struct Page {
    text: String,
    /// Allows the page's own script and style by their digests, and requests to this server.
    policy: Option<HeaderValue>,
}

impl Playground {
    pub(crate) fn new(prefix: &str) -> Self {
        let policy = format!(
            "default-src 'none'; script-src '{}'; style-src '{}'; connect-src 'self'; \
             img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            digest("script"),
            digest("style")
        );
        Self(Arc::new(Page {
            text: PAGE.replace("{{prefix}}", prefix),
            policy: policy.try_into().ok(),
        }))
    }

    pub(super) fn tell(&self) -> Response<ResponseBody> {
        let mut page = document("text/html; charset=utf-8", self.0.text.clone());
        let headers = page.headers_mut();
        if let Some(policy) = &self.0.policy {
            headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
        }
        let fixed: [(HeaderName, &str); 3] = [
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (REFERRER_POLICY, "no-referrer"),
            (header::CACHE_CONTROL, "no-cache"),
        ];
        for (name, value) in fixed {
            headers.insert(name, HeaderValue::from_static(value));
        }
        page
    }

    /// Answers what the checker reports of a transcript. Callers need what they need for a request.
    pub(super) async fn check<B>(
        &self,
        served: &Served,
        head: &Parts,
        body: B,
    ) -> Response<ResponseBody>
    where
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        let tenant = match served.admit(head).await {
            Ok(tenant) => tenant,
            Err(refused) => return answer_unread(head, body, refused.into()).await,
        };
        let mut body = Box::pin(body);
        let (limit, check) = (MAX_TRANSCRIPT_BYTES, transcript::check);
        let read = served
            .responses
            .with_body(&tenant, body.as_mut(), limit, check);
        let answer: Result<_, Error> = read
            .await
            .map(|report| document("application/json", report));
        answer_unread(head, body, answer.unwrap_or_else(Response::from)).await
    }
}

/// Returns the digest of the text of an element of the page, as a policy writes it.
fn digest(element: &str) -> String {
    let (begin, end) = (format!("<{element}>"), format!("</{element}>"));
    let text = PAGE
        .split_once(&begin)
        .and_then(|(_, rest)| rest.split_once(&end));
    let text = text.map_or("", |(text, _)| text);
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_allows_the_script_and_the_style_of_the_page_by_digest() {
        let none = format!("sha256-{}", STANDARD.encode(Sha256::digest("")));
        assert_ne!(digest("script"), none);
        assert_ne!(digest("style"), none);
        let page = Playground::new("/v1").tell();
        let policy = page.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains(&digest("script")), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }

    #[test]
    fn the_page_names_no_foreign_host_and_has_no_inline_handler() {
        for part in ["http://", "https://", " onclick", " style=", " src="] {
            assert!(!PAGE.contains(part), "{part}");
        }
    }
}
