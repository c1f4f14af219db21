//! The types under axum's own extractor, for hosts that route by themselves.
#![allow(clippy::unwrap_used)]

use axum::extract::Json;
use axum::routing::post;
use axum::{Router, body::Body};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use openresponses_types::content::OutputText;
use openresponses_types::item::Message;
use openresponses_types::{CreateRequest, Response, StreamEvent};
use tower::ServiceExt;

async fn send(path: &str, body: &str) -> (StatusCode, String) {
    let echo = |Json(request): Json<CreateRequest>| async move { Json(request) };
    let event = |Json(event): Json<StreamEvent>| async move { Json(event.with_sequence_number(7)) };
    let answer = |Json(request): Json<CreateRequest>| async move {
        let model = request.model.as_str().unwrap_or("default").to_owned();
        let mut response = Response::new("resp_1", model, 1);
        let text = OutputText::new("Hello.").annotations(Vec::new());
        response.output = vec![Message::output("msg_1", text).into()].into();
        Json(response)
    };
    let app = Router::new()
        .route("/echo", post(echo))
        .route("/event", post(event))
        .route("/answer", post(answer));
    let request = Request::post(path)
        .header("content-type", "application/json")
        .body(Body::from(body.to_owned()))
        .unwrap();
    let answer = app.oneshot(request).await.unwrap();
    let status = answer.status();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn nothing_is_lost() {
    for body in [
        r#"{"model":"m","input":[{"role":"user","content":"x","x_n":1.50},{"type":"acme:x","b":1,"a":2}],"x_big":123456789012345678901234567890}"#,
        r#"{"input":null,"tools":[{"type":"function","name":"f","parameters":{"z":1,"a":0.10000000000000000001}}]}"#,
    ] {
        let (status, echoed) = send("/echo", body).await;
        assert_eq!((status, &*echoed), (StatusCode::OK, body));
    }
    let (_, event) = send("/event", r#"{"type":"acme:x","sequence_number":1}"#).await;
    assert_eq!(event, r#"{"type":"acme:x","sequence_number":7}"#);
}

#[tokio::test]
async fn answers_are_whole() {
    let (_, answer) = send("/answer", r#"{"model":"m","input":"Hi"}"#).await;
    let response = Response::from_json(answer.as_bytes()).unwrap();
    assert_eq!(response.model, "m");
    assert_eq!(response.output_text(), "Hello.");
}

#[tokio::test]
async fn faults_have_their_path() {
    let (status, refused) = send("/echo", r#"{"input":[{"type":"message","role":7}]}"#).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.contains("input[0].role"), "{refused}");
    let (status, _) = send("/echo", r#"{"a":1,"a":2}"#).await;
    assert!(status.is_client_error());
}
