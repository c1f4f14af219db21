//! The model server behind the proxies.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::OnceLock;

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use openresponses_hot_paths::encode;
use openresponses_sse::encode::DONE;

use crate::loopback::serve;
use crate::sample;

/// Starts a server that answers every request with the same event stream.
///
/// # Errors
/// When no socket can be opened.
pub fn model_server(chunks: Vec<Bytes>) -> io::Result<SocketAddr> {
    serve(service_fn(move |asked: Request<Incoming>| {
        let chunks = chunks.clone();
        async move {
            // A connection is used again once the request was read.
            let _ = asked.into_body().collect().await;
            let frames = chunks
                .into_iter()
                .map(|it| Ok::<_, Infallible>(Frame::data(it)));
            let mut response = Response::new(StreamBody::new(stream::iter(frames)));
            let kind = HeaderValue::from_static("text/event-stream");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            Ok::<_, Infallible>(response)
        }
    }))
}

/// The sample stream of the protocol itself, a chunk an event.
#[must_use]
pub fn sample_chunks() -> Vec<Bytes> {
    let encoded = sample::events().into_iter();
    let encoded = encoded.map(|event| encode::encoded(&event));
    encoded.chain([Bytes::from_static(DONE)]).collect()
}

/// A model server with the sample stream, started once.
pub(super) fn sample_server() -> Option<SocketAddr> {
    static ADDRESS: OnceLock<Option<SocketAddr>> = OnceLock::new();
    *ADDRESS.get_or_init(|| model_server(sample_chunks()).ok())
}
