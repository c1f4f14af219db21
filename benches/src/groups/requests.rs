//! Whole requests in process, without a socket: the endpoint, and the endpoint with keys, a gateway
//! and metrics, beside services that do the least or what one would write with axum.

use std::convert::Infallible;
use std::sync::Arc;

use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::Request;
use http_body_util::{BodyExt, Full, StreamBody};
use openresponses_hot_paths::{encode, layer};
use tower::service_fn;

use super::sse_encode::plain_deltas;
use crate::{Case, plain, sample};

/// A body of a service.
pub type Answer = axum::body::Body;

/// Reads the body and answers with constant bytes.
///
/// # Errors
/// None.
pub async fn constant<B>(request: Request<B>, answer: Bytes) -> Result<Response, Infallible>
where
    B: http_body::Body<Data = Bytes>,
{
    let _ = request.into_body().collect().await;
    Ok(Response::new(Answer::from(answer)))
}

/// Reads the body and answers with frames that were encoded before, one body frame each.
///
/// # Errors
/// None.
pub async fn frames<B>(request: Request<B>, frames: Arc<[Bytes]>) -> Result<Response, Infallible>
where
    B: http_body::Body<Data = Bytes>,
{
    let _ = request.into_body().collect().await;
    let mut at = 0;
    let frames = stream::poll_fn(move |_| {
        let frame = frames.get(at).cloned();
        at += 1;
        std::task::Poll::Ready(
            frame.map(|frame| Ok::<_, Infallible>(http_body::Frame::data(frame))),
        )
    });
    Ok(Response::new(Answer::new(StreamBody::new(frames))))
}

/// The frames of the sample stream.
#[must_use]
pub fn sample_frames() -> Arc<[Bytes]> {
    sample::events().iter().map(encode::encoded).collect()
}

/// An endpoint as one would write it with axum and serde's derives.
#[must_use]
pub fn axum_endpoint() -> Router {
    let response = serde_json::from_str::<plain::Response>(&sample::response().to_json()).ok();
    let deltas = plain_deltas(&sample::events());
    let answer = move |Json(request): Json<plain::CreateRequest>| {
        let response = response.clone();
        async move {
            if request.stream == Some(true) {
                let events = stream::iter(deltas).map(|delta| {
                    let event = Event::default().event("response.output_text.delta");
                    Ok::<_, Infallible>(event.json_data(delta).unwrap_or_default())
                });
                return Sse::new(events).into_response();
            }
            let response = response.map(|mut response| {
                response.instructions = request.instructions;
                response.metadata = request.metadata;
                response
            });
            Json(response).into_response()
        }
    };
    Router::new().route("/v1/responses", post(answer))
}

/// The short request that asks for a document.
#[must_use]
pub fn document_request() -> Bytes {
    let stream = sample::short_request();
    Bytes::from(stream.replace(r#""stream":true"#, r#""stream":false"#))
}

fn document() -> Case {
    let body = document_request();
    let (constant_body, axum_body, gateway_body) = (body.clone(), body.clone(), body.clone());
    let answer = Bytes::from(sample::response().to_json());
    let mut service =
        service_fn(move |request: Request<Full<Bytes>>| constant(request, answer.clone()));
    let mut endpoint = layer::endpoint();
    let mut gateway = layer::gateway();
    let mut axum = axum_endpoint();
    Case::new("requests", "a JSON answer", 1)
        .limit("a handler with constant bytes", move || {
            layer::call(&mut service, &constant_body)
        })
        .ours("the endpoint", move || layer::call(&mut endpoint, &body))
        .ours("with key, gateway and metrics", move || {
            let call = |gateway| layer::call(gateway, &gateway_body);
            gateway.as_mut().map_or(0, call)
        })
        .peer("axum, typed", move || layer::call(&mut axum, &axum_body))
}

fn events() -> Case {
    let body = Bytes::from(sample::short_request());
    let (frames_body, axum_body, gateway_body) = (body.clone(), body.clone(), body.clone());
    let sent = sample_frames();
    let mut service =
        service_fn(move |request: Request<Full<Bytes>>| frames(request, Arc::clone(&sent)));
    let mut endpoint = layer::endpoint();
    let mut gateway = layer::gateway();
    let mut axum = axum_endpoint();
    Case::new("requests", "a stream of 500 deltas", sample::DELTAS)
        .limit("frames encoded before", move || {
            layer::call(&mut service, &frames_body)
        })
        .ours("the endpoint", move || layer::call(&mut endpoint, &body))
        .ours("with key, gateway and metrics", move || {
            let call = |gateway| layer::call(gateway, &gateway_body);
            gateway.as_mut().map_or(0, call)
        })
        .peer("axum Sse json_data, the deltas alone", move || {
            layer::call(&mut axum, &axum_body)
        })
}

/// The cases of the group.
pub(super) fn cases() -> Vec<Case> {
    vec![document(), events()]
}
