//! Response bodies.

use hyper::Response;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use openresponses_tower::service::{LayerBody, ResponseBody};
use openresponses_tower::{Error, ErrorKind};

/// A document of the server, or a response of the endpoint.
pub(super) type AnswerBody = LayerBody<ResponseBody>;

pub(super) fn document(kind: &'static str, text: String) -> Response<ResponseBody> {
    let mut answer = ResponseBody::document(text);
    let kind = HeaderValue::from_static(kind);
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}

/// Creates a 405 for a path that has only the methods in `allowed`.
pub(super) fn wrong_method(allowed: &'static str, message: &str) -> Response<ResponseBody> {
    let error = Error::new(ErrorKind::MethodNotAllowed, "method_not_allowed", message);
    let mut refusal = Response::<ResponseBody>::from(error.param("method"));
    let allowed = HeaderValue::from_static(allowed);
    refusal.headers_mut().insert(ALLOW, allowed);
    refusal
}
