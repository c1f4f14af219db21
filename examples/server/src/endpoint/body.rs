//! The bodies of answers.

use http_body_util::{Either, Full};
use hyper::Response;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use openresponses_tower::{Error, LayerBody, ResponseBody};

/// A document of the server's own, or what the endpoint says.
pub(super) type AnswerBody = Either<Full<Bytes>, LayerBody<ResponseBody>>;

pub(super) fn alone(body: ResponseBody) -> AnswerBody {
    Either::Right(LayerBody::theirs(body))
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
