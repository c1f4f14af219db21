//! Response bodies.

use hyper::Response;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use openresponses_tower::service::{LayerBody, ResponseBody};

/// A document of the server, or a response of the endpoint.
pub(super) type AnswerBody = LayerBody<ResponseBody>;

pub(super) fn document(kind: &'static str, text: String) -> Response<ResponseBody> {
    let mut answer = ResponseBody::document(text);
    let kind = HeaderValue::from_static(kind);
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}
