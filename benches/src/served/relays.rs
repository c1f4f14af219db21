//! Servers in front of a model server that sends the sample stream.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use axum::response::sse::{Event, Sse};
use axum::routing::post;
use eventsource_stream::Eventsource;
use futures_util::StreamExt;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use openresponses_tower::{Config, OpenResponses};
use openresponses_upstream::responses::Responses;
use openresponses_upstream::{BaseUrl, ClientOptions, HttpClient, Upstream};
use tower::service_fn;
use tower::util::BoxCloneService;

use super::model_server::sample_server;
use super::pass_through::{InlineProxy, PooledProxy};
use super::subjects::{Subject, axum, ours, subject};
use crate::{Role, plain, sample};

/// Asks the model server, reads its events with eventsource-stream and serde, and sends each with axum.
async fn plain_relay(client: HttpClient) -> Option<Response<Body>> {
    let request = Request::post(format!("http://{}/v1/responses", sample_server()?));
    let request = request.header("content-type", "application/json");
    let request = request.body(sample::short_request().into()).ok()?;
    let body = client.send(request).await.ok()?.into_body();
    let events = body.into_data_stream().eventsource().map(|event| {
        let data = event.map(|event| event.data).unwrap_or_default();
        let Ok(event) = serde_json::from_str::<plain::StreamEvent>(&data) else {
            return Ok::<_, Infallible>(Event::default().data(data));
        };
        Ok(Event::default().json_data(event).unwrap_or_default())
    });
    Some(Sse::new(events).into_response())
}

/// Servers in front of a model server.
pub const RELAYS: &[Subject] = &[
    subject(Role::Limit, "hyper, upstream polled in the body", || {
        let proxy = InlineProxy::new(sample_server()?);
        let service = service_fn(move |request| proxy.clone().pass(request));
        Some(BoxCloneService::new(service))
    }),
    subject(Role::Ours, "the endpoint, relay", || {
        let client = HttpClient::new(ClientOptions::new()).ok()?;
        let base = BaseUrl::parse(&format!("http://{}/v1", sample_server()?)).ok()?;
        let upstream = Upstream::new(Responses::new(), base, client);
        ours(OpenResponses::new(upstream, Config::new()))
    }),
    subject(Role::Peer, "hyper, pooled client", || {
        let proxy = PooledProxy::new(sample_server()?);
        let service = service_fn(move |request| proxy.clone().pass(request));
        Some(BoxCloneService::new(service))
    }),
    subject(Role::Peer, "eventsource-stream, serde, axum", || {
        let client = HttpClient::new(ClientOptions::new()).ok()?;
        let relay = move || async move {
            let response = plain_relay(client).await;
            response.unwrap_or_else(|| StatusCode::BAD_GATEWAY.into_response())
        };
        axum(Router::new().route("/v1/responses", post(relay)))
    }),
];
