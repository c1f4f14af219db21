//! Responses of the endpoint: JSON, event streams, errors.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body::Body;
use openresponses_types::response::ErrorBody;

use super::follow::FollowedStream;
use super::response_body::ResponseBody;
use super::stall::Stalls;
use crate::bounds::Claim;
use crate::error::{Error, ErrorKind, Refusal, log_refusal};
use crate::request_context::REQUEST_ID;
use crate::turn::ActiveTurn;

impl ResponseBody {
    /// Creates a response with a JSON document, for layers that serve other routes.
    #[must_use]
    pub fn document(text: String) -> Response<Self> {
        json(StatusCode::OK, HeaderMap::new(), text)
    }
}

/// Creates a JSON response with the provider's headers.
pub(super) fn json(status: StatusCode, headers: HeaderMap, text: String) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::json(text));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    keep_private(headers, "no-store");
    response
}

/// Counts a document that was read, with what else its request holds, until it was sent. Refuses it where
/// there is no memory for it.
pub(super) fn holding(
    mut response: Response<ResponseBody>,
    mut claim: Claim,
) -> Result<Response<ResponseBody>, Error> {
    let bytes = response.body().size_hint().lower();
    claim.memory().resize(bytes)?;
    response.body_mut().hold(claim);
    Ok(response)
}

/// Counts a document that a provider has made until it was sent. It is there already, so it is sent even
/// where it takes more memory than its tenant may have: what the request held stays counted.
pub(super) fn holding_made(
    mut response: Response<ResponseBody>,
    mut claim: Claim,
) -> Response<ResponseBody> {
    let bytes = response.body().size_hint().lower();
    if claim.memory().resize(bytes).is_err() {
        tracing::debug!(bytes, "an answer takes more memory than is available");
    }
    response.body_mut().hold(claim);
    response
}

/// Creates an event stream with the provider's headers.
pub(super) fn events(
    headers: HeaderMap,
    events: ActiveTurn,
    heartbeat: Option<Duration>,
    stalls: &Arc<Stalls>,
) -> Response<ResponseBody> {
    event_stream(headers, ResponseBody::events(events, heartbeat, stalls))
}

/// Creates an event stream from the log of a response.
pub(super) fn followed(
    headers: HeaderMap,
    events: FollowedStream,
    heartbeat: Option<Duration>,
    stalls: &Arc<Stalls>,
) -> Response<ResponseBody> {
    event_stream(headers, ResponseBody::followed(events, heartbeat, stalls))
}

fn event_stream(headers: HeaderMap, body: ResponseBody) -> Response<ResponseBody> {
    let mut response = Response::new(body);
    *response.headers_mut() = headers;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    keep_private(headers, "no-cache, no-store");
    // Proxies such as nginx buffer event streams by default.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// Creates the response that precedes a WebSocket.
#[cfg(feature = "ws")]
pub(super) fn opening(status: StatusCode, headers: HeaderMap) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::json(String::new()));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// Creates an error response in the protocol's envelope.
pub(super) fn refusal(refusal: Refusal) -> Response<ResponseBody> {
    let Refusal { error, headers } = refusal;
    log_refusal(&error);
    let body = ErrorBody::new(error.payload()).to_json();
    let mut response = json(error.kind().status(), headers, body);
    if let Some(seconds) = error.retry_after_seconds() {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if error.kind() == ErrorKind::Authentication {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

impl From<Error> for Response<ResponseBody> {
    fn from(error: Error) -> Self {
        refusal(error.into())
    }
}

/// Adds the request id.
pub(super) fn with_request_id(
    mut response: Response<ResponseBody>,
    id: HeaderValue,
) -> Response<ResponseBody> {
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// Keeps content out of caches. What a request gets depends on its credentials.
fn keep_private(headers: &mut HeaderMap, cache_control: &'static str) {
    let cache_control = HeaderValue::from_static(cache_control);
    headers.insert(header::CACHE_CONTROL, cache_control);
    let vary = HeaderValue::from_static("authorization, x-api-key, cookie");
    headers.insert(header::VARY, vary);
}
