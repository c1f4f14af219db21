//! Without the feature `ws`, clients that request a WebSocket get an answer that makes them fall
//! back.
#![cfg(not(feature = "ws"))]
#![allow(clippy::unwrap_used)]

use http::Request;
use openresponses_testing::EmbeddedModel;
use openresponses_tower::{Config, OpenResponses};
use tower::ServiceExt;

#[tokio::test]
async fn there_is_none() {
    let service = OpenResponses::new(EmbeddedModel::new(), Config::new());
    let request = Request::get("/v1/responses")
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .body(String::new())
        .unwrap();
    let answer = service.oneshot(request).await.unwrap();
    assert_eq!(answer.status(), 426);
    assert!(answer.headers().contains_key("upgrade"));
}
