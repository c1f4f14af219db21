//! Response bodies.

use http_body_util::{Either, Full};
use hyper::Response;
use hyper::body::{Body, Bytes};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use openresponses_tower::Error;
use openresponses_tower::service::{LayerBody, ResponseBody};

/// A document of the server, or a response of the endpoint.
pub(super) type AnswerBody = Either<Full<Bytes>, LayerBody<ResponseBody>>;

pub(super) fn alone(body: ResponseBody) -> AnswerBody {
    Either::Right(LayerBody::inner(body))
}

pub(super) fn layered(body: LayerBody<ResponseBody>) -> AnswerBody {
    Either::Right(body)
}

pub(super) fn refusal(error: Error) -> Response<AnswerBody> {
    Response::<ResponseBody>::from(error).map(alone)
}

pub(super) fn document(kind: &'static str, text: String) -> Response<AnswerBody> {
    let mut answer = Response::new(Either::Left(Full::from(text)));
    let kind = HeaderValue::from_static(kind);
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}

/// Returns the response to send: for HEAD without its body but with its length. hyper does this
/// over HTTP/1.1 and not over HTTP/2.
pub(super) fn sent(answer: Response<AnswerBody>, is_head: bool) -> Response<AnswerBody> {
    if !is_head {
        return answer;
    }
    let length = answer.body().size_hint().exact();
    let mut answer = answer.map(|_| Either::Left(Full::default()));
    if let Some(length) = length {
        answer.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    answer
}
