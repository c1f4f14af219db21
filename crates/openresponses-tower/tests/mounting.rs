//! The ways to mount the endpoint on a router, and what unmounts it.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use axum::error_handling::HandleErrorLayer;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{BoxError, Router};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use openresponses_testing::EmbeddedModel;
use openresponses_tower::service::ResponseBody;
use openresponses_tower::types::Turn;
use openresponses_tower::{
    Config, Error, OpenResponses, OpenResponsesLayer, OutputStream, Provider,
};
use serde_json::{Value, json};
use tower::{ServiceBuilder, ServiceExt};

fn endpoint(config: Config) -> OpenResponses<EmbeddedModel> {
    OpenResponses::new(EmbeddedModel::new(), config)
}

fn layer(config: Config) -> OpenResponsesLayer<EmbeddedModel> {
    OpenResponsesLayer::new(EmbeddedModel::new(), config)
}

fn routes() -> Router {
    Router::new()
        .route_service("/v1/responses", endpoint(Config::new()))
        .route_service("/v1/responses/{*rest}", endpoint(Config::new()))
}

async fn status(app: Router, path: &str) -> StatusCode {
    let request = Request::post(path)
        .header("content-type", "application/json")
        .body(axum::body::Body::from(r#"{"model":"m","input":"Hello"}"#))
        .unwrap();
    app.oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn routes_stay_mounted() {
    let other = || Router::new().route("/", get(|| async { "mine" }));
    let fallback = || async { StatusCode::IM_A_TEAPOT };
    for app in [
        routes(),
        routes().fallback(fallback),
        other().merge(routes()),
        routes().merge(other()),
        other().fallback(fallback).merge(routes()),
    ] {
        assert_eq!(status(app.clone(), "/v1/responses").await, StatusCode::OK);
        // The id is unknown, but the path is the endpoint's.
        let path = "/v1/responses/resp_1/cancel";
        assert_eq!(status(app, path).await, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_layer_wraps_what_was_set_before_it() {
    let fallback = || async { StatusCode::IM_A_TEAPOT };
    let before = Router::new().fallback(fallback).layer(layer(Config::new()));
    assert_eq!(status(before, "/v1/responses").await, StatusCode::OK);
    let after = Router::new().layer(layer(Config::new())).fallback(fallback);
    assert_eq!(
        status(after, "/v1/responses").await,
        StatusCode::IM_A_TEAPOT
    );
    let merged = Router::new().fallback(fallback);
    let merged = merged.merge(Router::new()).layer(layer(Config::new()));
    assert_eq!(status(merged, "/v1/responses").await, StatusCode::OK);
}

#[tokio::test]
async fn below_a_router_that_strips_the_prefix_it_is_empty() {
    let nested = |config| Router::new().nest_service("/v1", endpoint(config));
    assert_eq!(
        status(nested(Config::new().prefix("")), "/v1/responses").await,
        StatusCode::OK
    );
    assert_eq!(
        status(nested(Config::new()), "/v1/responses").await,
        StatusCode::NOT_FOUND
    );
    // The fallback of a router that is nested is that of the router around it.
    let unmounted = Router::new().nest("/v1", Router::new().layer(layer(Config::new().prefix(""))));
    assert_eq!(
        status(unmounted, "/v1/responses").await,
        StatusCode::NOT_FOUND
    );
}

/// Never answers.
struct Silent;

impl Provider for Silent {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_tower_around_the_endpoint_is_504_in_the_envelope() {
    let app = Router::new()
        .route_service("/v1/responses", OpenResponses::new(Silent, Config::new()))
        .layer(
            ServiceBuilder::new()
                .layer(HandleErrorLayer::new(async |error: BoxError| {
                    Response::<ResponseBody>::from(Error::from_boxed(error)).into_response()
                }))
                .timeout(Duration::from_secs(1)),
        );
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(axum::body::Body::from(r#"{"model":"m","input":"Hello"}"#))
        .unwrap();
    let answer = app.oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::GATEWAY_TIMEOUT);
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["error"]["type"], json!("server_error"));
}
