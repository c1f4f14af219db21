//! The caller is known to providers over every transport.

use std::time::Duration;

use http::request::Parts;
use http::{Request, Response};
use http_body_util::BodyExt;
use openresponses_gateway::Gateway;
use openresponses_gateway::auth::{ApiKeys, Auth, Credentials, Principal, RateLimit};
use openresponses_gateway::registry::{Catalog, Registry};
use openresponses_tower::authorize::Authorized;
use openresponses_tower::provider::CompactedWindow;
use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider, Scope};
use openresponses_types::Turn;
use openresponses_types::item::Compaction;
use openresponses_types::normalize::ContextWindow;
use openresponses_types::response::Usage;
use openresponses_types::sequence::Delta;
use serde_json::{Value, json};
use tower::{Layer, ServiceExt};

use crate::socket::{open, serve, turn, turn_on};

/// Answers with the caller's attributes.
struct Whose;

fn whose(extensions: &http::Extensions) -> String {
    let principal = Principal::from_extensions(extensions);
    let scope = extensions.get::<Scope>().unwrap();
    assert_eq!(principal.scope(), scope);
    format!("{} {:?}", scope.as_str(), principal.get("plan"))
}

impl Provider for Whose {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let deltas = [Delta::text(whose(turn.extensions())), Delta::complete()];
        Ok(Response::new(OutputStream::from_deltas(deltas)))
    }

    async fn compact(
        &self,
        window: Request<ContextWindow>,
    ) -> Result<Response<CompactedWindow>, Error> {
        let item = Compaction::new(whose(window.extensions()));
        let window = CompactedWindow::new(vec![item.into()], Usage::new(1, 1));
        Ok(Response::new(window))
    }
}

fn gateway() -> Gateway {
    let catalog = Catalog::new()
        .provider("p", Whose)
        .serve("x/one", "p")
        .serve("x/two", "p");
    Gateway::new(Registry::new(catalog).unwrap()).bind_encrypted(false)
}

fn gold() -> Principal {
    Principal::new(Scope::new("acme")).attribute("plan", "gold")
}

/// A host's own hook, by a header of its own.
fn own_hook(head: &Parts) -> std::future::Ready<Result<Authorized, Error>> {
    std::future::ready(match head.headers.get("x-api-key") {
        Some(key) if key == "sk-gold" => Ok(gold().into()),
        Some(key) if key == "sk-plain" => Ok(Scope::new("plain").into()),
        _ => Err(Error::missing_api_key()),
    })
}

fn auth() -> Auth {
    let keys = ApiKeys::new().key_of(gold(), "sk-gold").unwrap();
    let keys = keys.key("plain", "sk-plain").unwrap();
    Auth::new(Credentials::new().api_keys(keys))
}

async fn post(
    service: &OpenResponses<Gateway>,
    path: &str,
    key: &str,
    body: &Value,
) -> (u16, String) {
    let request = Request::post(path)
        .header("content-type", "application/json")
        .header("x-api-key", key)
        .body(body.to_string())
        .unwrap();
    let answer = service.clone().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn a_principal_reaches_the_provider_however_it_was_found() {
    for config in [
        Config::new().authorize(auth()),
        Config::new().authorize(own_hook),
    ] {
        let service = OpenResponses::new(gateway(), config);
        let address = serve(service.clone()).await;
        for (key, expected) in [
            ("sk-gold", r#"acme Some(\"gold\")"#),
            ("sk-plain", "plain None"),
        ] {
            for stream in [false, true] {
                let body = json!({"model": "x/one", "input": "x", "stream": stream});
                let (_, text) = post(&service, "/v1/responses", key, &body).await;
                assert!(text.contains(expected), "{text}");
            }
            let body = json!({"model": "x/one", "input": "x"});
            let (_, text) = post(&service, "/v1/responses/compact", key, &body).await;
            assert!(text.contains(expected), "{text}");
            let mut socket = open(address, &[("x-api-key", key)]).await;
            for _ in 0..2 {
                let events = turn_on(&mut socket, body.clone()).await;
                let last = events.last().unwrap().to_string();
                assert!(last.contains(expected), "{last}");
            }
        }
    }
}

/// A host that authenticates with the layer alone keeps tenants apart.
#[tokio::test]
async fn the_layer_alone_keeps_tenants_apart() {
    let store = MemoryStore::new(MemoryStoreLimits::default());
    let service = auth().layer(OpenResponses::new(gateway(), Config::new().store(store)));
    let ask = |request: http::request::Builder, key: &str, body: &Value| {
        let request = request
            .header("content-type", "application/json")
            .header("x-api-key", key)
            .body(body.to_string());
        let service = service.clone();
        async move {
            let answer = service.oneshot(request.unwrap()).await.unwrap();
            let status = answer.status().as_u16();
            let bytes = answer.into_body().collect().await.unwrap().to_bytes();
            (status, serde_json::from_slice::<Value>(&bytes).unwrap())
        }
    };
    let post = || Request::post("/v1/responses");
    let body = json!({"model": "x/one", "input": "x"});
    let (status, answer) = ask(post(), "sk-gold", &body).await;
    assert_eq!(status, 200);
    let text = &answer["output"][0]["content"][0]["text"];
    assert_eq!(*text, r#"acme Some("gold")"#);
    let id = answer["id"].as_str().unwrap();
    for (key, found, continued) in [("sk-gold", 200, 200), ("sk-plain", 404, 400)] {
        let get = Request::get(format!("/v1/responses/{id}"));
        assert_eq!(ask(get, key, &json!(null)).await.0, found, "{key}");
        let next = json!({"model": "x/one", "input": "x", "previous_response_id": id});
        assert_eq!(ask(post(), key, &next).await.0, continued, "{key}");
    }
}

/// The endpoint's decision takes precedence over that of a layer in front.
#[tokio::test]
async fn a_principal_of_another_tenant_is_not_the_caller() {
    let other = |_: &Parts| std::future::ready(Ok::<_, Error>(Scope::new("other")));
    let endpoint = OpenResponses::new(gateway(), Config::new().authorize(other));
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .header("x-api-key", "sk-gold")
        .body(json!({"model": "x/one", "input": "x"}).to_string());
    let answer = auth()
        .layer(endpoint)
        .oneshot(request.unwrap())
        .await
        .unwrap();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    let answer: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(answer["output"][0]["content"][0]["text"], "other None");
}

#[tokio::test]
async fn a_model_that_the_caller_may_not_use_is_refused_on_a_websocket_as_well() {
    let gateway = gateway().permit(|head, model| {
        Principal::from_extensions(&head.extensions).get("plan") == Some("gold") || model != "x/two"
    });
    let service = OpenResponses::new(gateway, Config::new().authorize(auth()));
    let address = serve(service.clone()).await;
    let body = json!({"model": "x/two", "input": "x"});
    let expected = json!({
        "message": "You may not use the model 'x/two'.",
        "type": "permission_error", "param": "model", "code": "model_not_allowed",
    });

    let refused = turn(address, &[("x-api-key", "sk-plain")], body.clone()).await;
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0]["status"], 403);
    assert_eq!(refused[0]["error"], expected);
    let events = turn(address, &[("x-api-key", "sk-gold")], body.clone()).await;
    assert_eq!(events.last().unwrap()["type"], "response.completed");

    for path in ["/v1/responses", "/v1/responses/compact"] {
        let (status, text) = post(&service, path, "sk-plain", &body).await;
        assert_eq!(status, 403);
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answer, json!({ "error": expected }));
        assert_eq!(post(&service, path, "sk-gold", &body).await.0, 200);
    }
}

/// At the endpoint a connection is one request; at the gateway each of its turns is.
#[tokio::test]
async fn turns_on_a_websocket_are_counted() {
    let limit = RateLimit::new(3, Duration::from_secs(3_600));
    let gateway = gateway().rate_limit(limit.clone());
    let service = OpenResponses::new(gateway, Config::new().authorize(auth()));
    let address = serve(service.clone()).await;
    let body = json!({"model": "x/one", "input": "x"});
    let mut one = open(address, &[("x-api-key", "sk-plain")]).await;
    let mut two = open(address, &[("x-api-key", "sk-plain")]).await;
    for socket in [&mut one, &mut two] {
        let events = turn_on(socket, body.clone()).await;
        assert_eq!(events.last().unwrap()["type"], "response.completed");
    }
    let (status, _) = post(&service, "/v1/responses/compact", "sk-plain", &body).await;
    assert_eq!(status, 200);
    for socket in [&mut one, &mut two] {
        let refused = turn_on(socket, body.clone()).await;
        assert_eq!(refused.len(), 1);
        assert_eq!(refused[0]["status"], 429);
        assert_eq!(refused[0]["error"]["code"], "rate_limit_exceeded");
    }
    assert_eq!(
        post(&service, "/v1/responses", "sk-plain", &body).await.0,
        429
    );
    // Clones of a limit count together; another tenant has its own.
    assert!(limit.take(&Scope::new("plain")).is_err());
    assert_eq!(
        post(&service, "/v1/responses", "sk-gold", &body).await.0,
        200
    );
}

#[tokio::test(start_paused = true)]
async fn limits_of_any_size() {
    let scope = Scope::new("a");
    let none = RateLimit::new(1, Duration::ZERO);
    assert!((0..1_000).all(|_| none.take(&scope).is_ok()));
    let forever = RateLimit::new(0, Duration::MAX);
    assert!(forever.take(&scope).is_ok());
    let refused = forever.take(&scope).unwrap_err();
    assert!(refused.retry_after_hint().unwrap() > Duration::from_secs(300 * 86_400));
    let many = RateLimit::new(u32::MAX, Duration::from_secs(1));
    assert!((0..1_000).all(|_| many.take(&scope).is_ok()));
    // Many tenants, which are removed once their allowance is full.
    let small = RateLimit::new(1, Duration::from_secs(1));
    for tenant in 0..10_000 {
        assert!(small.take(&Scope::new(&tenant.to_string())).is_ok());
    }
    assert!(small.take(&Scope::new("0")).is_err());
    tokio::time::advance(Duration::from_secs(1)).await;
    for tenant in 0..10_000 {
        assert!(small.take(&Scope::new(&tenant.to_string())).is_ok());
    }
}
