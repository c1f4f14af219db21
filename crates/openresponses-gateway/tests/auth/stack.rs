//! The layer combined with the layers of tower-http.

use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use openresponses_gateway::auth::{ApiKeys, Auth, Credentials, Principal};
use tower::{ServiceBuilder, ServiceExt};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::CorsLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

async fn whose(request: Request<axum::body::Body>) -> String {
    let principal = Principal::from_extensions(request.extensions());
    let key = &request.headers()["x-api-key"];
    format!("{} {key:?}", principal.scope().as_str())
}

fn app() -> Router {
    let keys = ApiKeys::new().key("acme", "sk-acme").unwrap();
    let auth = Auth::new(Credentials::new().api_keys(keys));
    // Layers in front of it and behind it.
    let stack = ServiceBuilder::new()
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(SetSensitiveRequestHeadersLayer::new([
            header::AUTHORIZATION,
        ]))
        .layer(TraceLayer::new_for_http())
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(CatchPanicLayer::new())
        .layer(CorsLayer::permissive())
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            Duration::from_secs(10),
        ))
        .layer(auth)
        .layer(RequestBodyLimitLayer::new(1_000));
    Router::new()
        .route("/whose", get(whose))
        .route(
            "/length",
            post(|body: String| async move { body.len().to_string() }),
        )
        .layer(stack)
}

async fn ask(request: Request<String>) -> (StatusCode, http::HeaderMap, String) {
    let answer = app().oneshot(request).await.unwrap();
    let (head, body) = answer.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (
        head.status,
        head.headers,
        String::from_utf8(bytes.to_vec()).unwrap(),
    )
}

#[tokio::test]
async fn among_the_layers_of_tower_http() {
    let request = |path: &str, key: &str| {
        Request::get(path)
            .header("x-api-key", key)
            .header("origin", "https://example.org")
    };
    let good = request("/whose", "sk-acme").body(String::new()).unwrap();
    let (status, headers, text) = ask(good).await;
    assert_eq!((status, &*text), (StatusCode::OK, "acme Sensitive"));
    assert!(headers.contains_key("x-request-id"));

    let bad = request("/whose", "sk-acm").body(String::new()).unwrap();
    let (status, headers, text) = ask(bad).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(headers["www-authenticate"], "Bearer");
    // Layers in front see a refusal as an ordinary response.
    assert!(headers.contains_key("x-request-id"));
    assert_eq!(headers["access-control-allow-origin"], "*");
    assert!(text.contains("invalid_api_key"));

    // Layers behind it see accepted requests only.
    for (key, expected) in [
        ("sk-acme", StatusCode::PAYLOAD_TOO_LARGE),
        ("sk-acm", StatusCode::UNAUTHORIZED),
    ] {
        let long = Request::post("/length")
            .header("x-api-key", key)
            .header("content-length", "2000")
            .body("x".repeat(2_000))
            .unwrap();
        assert_eq!(ask(long).await.0, expected);
    }
}
