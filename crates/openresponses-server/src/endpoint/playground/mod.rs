//! `GET /`: a page to try the server with. It is one file, and loads nothing from elsewhere.

mod places;
mod transcript;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body, Bytes};
use hyper::header::{CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY};
use hyper::http::request::Parts;
use hyper::{Response, header};
use openresponses_tower::service::{ResponseBody, answer_unread};
use openresponses_tower::{BoxError, Error, ErrorKind};
use sha2::{Digest as _, Sha256};

use self::places::Places;
use super::body::document;
use super::served::Served;

/// The path that checks a transcript.
pub(super) const CHECK: &str = "/playground/check";

const PAGE: &str = include_str!("page.html");

/// The longest transcript, in bytes.
const MAX_TRANSCRIPT_BYTES: usize = 1 << 20;

/// The time limit for a transcript to arrive.
const SLOWEST: Duration = Duration::from_secs(10);

/// The page, with the prefix of the endpoint.
#[derive(Clone)]
pub(crate) struct Playground(Arc<Page>);

struct Page {
    text: String,
    places: Places,
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
            places: Places::default(),
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
        let Some(_place) = self.0.places.take(tenant) else {
            return answer_unread(head, body, Error::overloaded().into()).await;
        };
        let mut body = Box::pin(body);
        let answer = match report(body.as_mut()).await {
            Ok(report) => document("application/json", report),
            Err(error) => error.into(),
        };
        answer_unread(head, body, answer).await
    }
}

/// Checks beside the threads that serve connections.
async fn report<B>(body: Pin<&mut B>) -> Result<String, Error>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    let transcript = read(body).await?;
    tokio::task::spawn_blocking(move || transcript::check(&transcript))
        .await
        .map_err(Error::server)
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

async fn read<B>(body: Pin<&mut B>) -> Result<Bytes, Error>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    // A client may wait for `100 Continue`, which reading would send.
    if body.size_hint().lower() > MAX_TRANSCRIPT_BYTES as u64 {
        return Err(too_large());
    }
    let collected = Limited::new(body, MAX_TRANSCRIPT_BYTES).collect();
    match tokio::time::timeout(SLOWEST, collected).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(incomplete(ErrorKind::InvalidRequest)),
        Err(_) => Err(incomplete(ErrorKind::RequestTimeout)),
    }
}

fn too_large() -> Error {
    let message = format!("The transcript is larger than {MAX_TRANSCRIPT_BYTES} bytes.");
    Error::new(ErrorKind::TooLarge, "transcript_too_large", message).param("body")
}

fn incomplete(kind: ErrorKind) -> Error {
    let message = "The transcript did not arrive.";
    Error::new(kind, "transcript_incomplete", message).param("body")
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
