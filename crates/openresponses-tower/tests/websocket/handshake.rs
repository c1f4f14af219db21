use std::net::SocketAddr;

use http::{Request, StatusCode};
use http_body_util::BodyExt;
use openresponses_tower::{Config, OpenResponses, WebSocketConfig};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite;
use tower::ServiceExt;

use crate::client::{Client, raw, text};
use crate::model::Model;
use crate::server::{STACKS, config, start, start_on};

/// A handshake with these headers besides those that every one has.
async fn shake(address: SocketAddr, start: &str, headers: &[&str]) -> (u16, String) {
    let mut request =
        format!("{start}\r\nHost: {address}\r\nAuthorization: Bearer a\r\nUpgrade: websocket\r\n");
    for header in headers {
        request.push_str(header);
        request.push_str("\r\n");
    }
    let answer = raw(address, &format!("{request}\r\n")).await;
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer)
}

const GET: &str = "GET /v1/responses HTTP/1.1";
const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
const VERSION: &str = "Sec-WebSocket-Version: 13";
// The server ends the connection after its answer, so that it can be read to the end.
const CONNECTION: &str = "Connection: upgrade, close";

fn body(answer: &str) -> Value {
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[tokio::test]
async fn a_connection_is_opened_under_every_stack() {
    for stack in STACKS {
        let address = start_on(stack, Model::default(), config()).await;
        let mut client = Client::connect(address).await;
        let response = client.respond(json!({})).await;
        assert_eq!(text(&response), "Hello", "{stack:?}");
    }
}

#[tokio::test]
async fn the_answer_proves_that_the_key_was_read() {
    let limit = WebSocketConfig::new().connection_limit(std::time::Duration::ZERO);
    let address = start(Model::default(), config().websocket(limit)).await;
    let (status, answer) = shake(address, GET, &[CONNECTION, KEY, VERSION]).await;
    assert_eq!(status, 101);
    let head = answer.split_once("\r\n\r\n").unwrap().0.to_lowercase();
    // The example of RFC 6455.
    assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="));
    assert!(head.contains("upgrade: websocket"));
    assert!(head.contains("connection: upgrade"));
}

#[tokio::test]
async fn a_configured_subprotocol_is_selected_and_a_key_never_sent_back() {
    let limit = WebSocketConfig::new().connection_limit(std::time::Duration::ZERO);
    let plain = start(Model::default(), config().websocket(limit.clone())).await;
    let named = limit.subprotocols(["responses", "realtime"]);
    let named = start(Model::default(), config().websocket(named)).await;
    let key = "openai-insecure-api-key.sk-secret";
    for (address, offers, selected) in [
        (plain, format!("responses, {key}"), None),
        (
            named,
            format!("{key}, realtime, responses"),
            Some("responses"),
        ),
        (named, format!("realtime,{key}"), Some("realtime")),
        (named, key.to_owned(), None),
        (named, "Responses".to_owned(), None),
    ] {
        let offers = format!("Sec-WebSocket-Protocol: {offers}");
        let (status, answer) = shake(address, GET, &[CONNECTION, KEY, VERSION, &offers]).await;
        assert_eq!(status, 101);
        let head = answer.split("\r\n\r\n").next().unwrap();
        let found = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            let is_it = name.eq_ignore_ascii_case("sec-websocket-protocol");
            is_it.then_some(value)
        });
        assert_eq!(found, selected, "{offers}");
        assert!(!answer.contains("secret"));
    }
}

#[tokio::test]
async fn malformed_handshakes_are_refused() {
    let address = start(Model::default(), config()).await;
    let cases: &[(&str, &[&str], u16, &str)] = &[
        (GET, &[CONNECTION, VERSION], 400, "sec-websocket-key"),
        (
            GET,
            &[CONNECTION, VERSION, KEY, KEY],
            400,
            "sec-websocket-key",
        ),
        (
            GET,
            &[CONNECTION, VERSION, "Sec-WebSocket-Key: c2hvcnQ="],
            400,
            "sec-websocket-key",
        ),
        (
            GET,
            &[
                CONNECTION,
                VERSION,
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ!=",
            ],
            400,
            "sec-websocket-key",
        ),
        (GET, &[CONNECTION, KEY], 400, "sec-websocket-version"),
        (GET, &["Connection: close", KEY, VERSION], 400, "connection"),
        (
            "GET /v1/responses HTTP/1.0",
            &[CONNECTION, KEY, VERSION],
            400,
            "connection",
        ),
        (
            GET,
            &[CONNECTION, KEY, "Sec-WebSocket-Version: 8"],
            426,
            "sec-websocket-version",
        ),
        (
            GET,
            &[CONNECTION, KEY, VERSION, "Sec-WebSocket-Version: 8"],
            426,
            "sec-websocket-version",
        ),
        (
            "PUT /v1/responses HTTP/1.1",
            &[CONNECTION, KEY, VERSION],
            405,
            "method",
        ),
        (
            "GET /v1/responses/ HTTP/1.1",
            &[CONNECTION, KEY, VERSION],
            404,
            "url",
        ),
    ];
    for (start, headers, status, param) in cases {
        let (got, answer) = shake(address, start, headers).await;
        assert_eq!(got, *status, "{start} {headers:?}");
        let error = body(&answer);
        assert_eq!(error["error"]["param"], *param, "{start} {headers:?}");
        if got == 426 {
            let head = answer.to_lowercase();
            assert!(head.contains("\r\nupgrade: websocket\r\n"));
            assert!(head.contains("\r\nsec-websocket-version: 13\r\n"));
        }
    }
}

#[tokio::test]
async fn a_get_without_an_upgrade_is_told_of_it_where_it_is_offered() {
    for (config, allowed) in [(config(), "GET, POST"), (config().websocket(None), "POST")] {
        let address = start(Model::default(), config).await;
        for method in ["GET", "PUT"] {
            let request = format!(
                "{method} /v1/responses HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
            );
            let answer = raw(address, &request).await;
            assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
            let allow = format!("\r\nallow: {allowed}\r\n");
            assert!(answer.contains(&allow), "{answer}");
        }
    }
}

#[tokio::test]
async fn unauthorized_clients_may_not_connect() {
    let address = start(Model::default(), config()).await;
    let host = address.to_string();
    let cases: &[(&[(&'static str, &str)], u16)] = &[
        (&[], 401),
        (&[("authorization", "Bearer bad")], 401),
        (&[("authorization", "Bearer poor")], 403),
        (
            &[
                ("authorization", "Basic eDp5"),
                ("origin", "https://evil.example"),
            ],
            401,
        ),
    ];
    for (headers, status) in cases {
        match Client::try_connect(address, headers).await {
            Err(tungstenite::Error::Http(answer)) => assert_eq!(answer.status(), *status),
            other => panic!("{:?}", other.err()),
        }
    }
    let token = ("authorization", "Bearer a");
    let own = format!("http://{host}");
    for headers in [
        [token, ("origin", "https://other.example")],
        [token, ("origin", &own)],
    ] {
        assert!(Client::try_connect(address, &headers).await.is_ok());
    }
}

#[tokio::test]
async fn foreign_pages_may_not_connect() {
    // All requests are authorized, as on a developer's machine.
    let address = start(Model::default(), Config::new()).await;
    let own = format!("http://{address}");
    assert!(Client::try_connect(address, &[]).await.is_ok());
    assert!(
        Client::try_connect(address, &[("origin", &own)])
            .await
            .is_ok()
    );
    for headers in [
        [("origin", "https://evil.example"), ("accept", "*/*")],
        [("origin", "null"), ("cookie", "session=1")],
    ] {
        match Client::try_connect(address, &headers).await {
            Err(tungstenite::Error::Http(answer)) => assert_eq!(answer.status(), 403),
            other => panic!("{:?}", other.err()),
        }
    }
    let any = WebSocketConfig::new().allow_any_origin();
    let address = start(Model::default(), Config::new().websocket(any)).await;
    let evil = [("origin", "https://evil.example")];
    assert!(Client::try_connect(address, &evil).await.is_ok());
}

#[tokio::test]
async fn clients_fall_back_where_it_is_not_offered() {
    let address = start(Model::default(), config().websocket(None)).await;
    let (status, answer) = shake(address, GET, &[CONNECTION, KEY, VERSION]).await;
    assert_eq!(status, 426);
    assert!(answer.to_lowercase().contains("\r\nupgrade: "));
    assert_eq!(body(&answer)["error"]["code"], "websocket_not_supported");
}

/// A server that cannot hand its connections over offers none.
#[tokio::test]
async fn clients_fall_back_where_it_cannot_be_offered() {
    let service = OpenResponses::new(Model::default(), Config::new());
    let request = Request::get("/v1/responses")
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .body(String::new())
        .unwrap();
    let answer = service.oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::UPGRADE_REQUIRED);
    assert!(answer.headers().contains_key("upgrade"));
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    let error: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(error["error"]["param"], "upgrade");
}
