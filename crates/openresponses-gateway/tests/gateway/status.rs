//! Each status of the gateway document, over a socket, with its exact body.

use std::time::Duration;

use axum::Router;
use http::{Request, Response};
use openresponses_gateway::auth::{ApiKeys, Auth, Credentials, Principal};
use openresponses_gateway::registry::Catalog;
use openresponses_tower::{Config, Error, OpenResponsesLayer, OutputStream, Provider, Scope};
use openresponses_types::Turn;
use openresponses_types::sequence::Delta;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::common::gateway;

/// Behaves as the model's name states.
struct Named;

impl Provider for Named {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        match turn.body().model.as_str() {
            "busy" => Err(Error::rate_limited(Duration::from_millis(1_500))),
            "broken" => Err(Error::server("an internal secret")),
            _ => {
                let deltas = [Delta::text("Paris"), Delta::complete()];
                Ok(Response::new(OutputStream::from_deltas(deltas)))
            }
        }
    }
}

async fn serve() -> std::net::SocketAddr {
    let catalog = Catalog::new().provider("acme", Named).serve_any("acme");
    let poor = Principal::new(Scope::new("poor")).attribute("plan", "none");
    let keys = ApiKeys::new()
        .key("rich", "sk-rich")
        .unwrap()
        .key_of(poor, "sk-poor")
        .unwrap();
    let auth = Auth::new(Credentials::new().api_keys(keys)).permit(|principal, _| match principal
        .get("plan")
    {
        Some("none") => {
            Err(Error::permission("no_plan", "This account has no plan.").param("authorization"))
        }
        _ => Ok(()),
    });
    let endpoint = OpenResponsesLayer::new(gateway(catalog), Config::new().authorize(auth));
    let app = Router::new()
        .fallback(|| async { "behind" })
        .layer(endpoint);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

async fn ask(
    address: std::net::SocketAddr,
    path: &str,
    key: Option<&str>,
    body: &str,
) -> (u16, String, String) {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let authorization = key.map(|key| format!("authorization: Bearer {key}\r\n"));
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n{}content-length: {}\r\n\r\n{body}",
        authorization.unwrap_or_default(),
        body.len(),
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_ascii_lowercase(), body.to_owned())
}

#[tokio::test]
async fn every_status_of_the_document() {
    let address = serve().await;
    let hello =
        |model: &str| json!({"model": format!("acme/{model}"), "input": "Hello"}).to_string();
    let long_key = "k".repeat(17_000);
    for (path, key, body, status, kind, param, code) in [
        (
            "/v1/responses",
            Some("sk-rich"),
            json!({"input": "Hello"}).to_string(),
            400,
            "invalid_request_error",
            "model",
            "missing_parameter",
        ),
        (
            "/v1/responses",
            None,
            hello("m"),
            401,
            "authentication_error",
            "authorization",
            "missing_api_key",
        ),
        (
            "/v1/responses",
            Some("sk-wrong"),
            hello("m"),
            401,
            "authentication_error",
            "authorization",
            "invalid_api_key",
        ),
        (
            "/v1/responses",
            Some(&long_key),
            hello("m"),
            401,
            "authentication_error",
            "authorization",
            "invalid_api_key",
        ),
        (
            "/v1/responses",
            Some("sk-poor"),
            hello("m"),
            403,
            "permission_error",
            "authorization",
            "no_plan",
        ),
        (
            "/v1/responses",
            Some("sk-rich"),
            json!({"model": "unknown/m", "input": "x"}).to_string(),
            404,
            "not_found",
            "model",
            "model_not_found",
        ),
        (
            "/v1/responses/a/b/c",
            Some("sk-rich"),
            hello("m"),
            404,
            "not_found",
            "url",
            "unknown_url",
        ),
        (
            "/v1/responses",
            Some("sk-rich"),
            hello("busy"),
            429,
            "too_many_requests",
            "",
            "rate_limit_exceeded",
        ),
        (
            "/v1/responses",
            Some("sk-rich"),
            hello("broken"),
            500,
            "server_error",
            "",
            "server_error",
        ),
    ] {
        let (got, head, text) = ask(address, path, key, &body).await;
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(got, status, "{answer}");
        assert!(head.contains("content-type: application/json"), "{head}");
        assert_eq!(
            head.contains("www-authenticate: bearer"),
            status == 401,
            "{head}"
        );
        assert_eq!(head.contains("retry-after: 2"), status == 429, "{head}");
        let members: Vec<_> = answer.as_object().unwrap().keys().collect();
        assert_eq!(members, ["error"]);
        let error = answer["error"].as_object().unwrap();
        let mut names: Vec<_> = error.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["code", "message", "param", "type"]);
        // The document prints them in this order.
        let mut from = 0;
        for name in ["message", "type", "param", "code"] {
            let member = format!("\"{name}\":");
            from += text[from..].find(&member).unwrap() + member.len();
        }
        assert!(!error["message"].as_str().unwrap().is_empty());
        assert!(!answer.to_string().contains("secret"));
        assert_eq!(error["type"], kind);
        assert_eq!(error["code"], code);
        // Null only where no member is at fault.
        match param {
            "" => assert!(error["param"].is_null()),
            param => assert_eq!(error["param"], param),
        }
    }
    let (status, _, text) = ask(address, "/v1/responses", Some("sk-rich"), &hello("m")).await;
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (status, &answer["output"][0]["content"][0]["text"]),
        (200, &json!("Paris"))
    );
}
