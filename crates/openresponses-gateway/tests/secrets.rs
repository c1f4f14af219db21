//! Keys, tokens and content are in no log, at any level. Runs alone in its process, since it
//! captures the global log.
#![allow(clippy::unwrap_used)]

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use axum::Router;
use http::{Request, Response};
use openresponses_gateway::Gateway;
use openresponses_gateway::auth::{ApiKeys, Auth, Credentials, Principal, RateLimit, Verifier};
use openresponses_gateway::registry::{Catalog, Model, ModelsLayer, Registry, Route};
use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
use openresponses_tower::{Config, Error, OpenResponsesLayer, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::sequence::Delta;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// The captured log, as text.
#[derive(Clone, Default)]
struct Listener(Arc<Mutex<Heard>>);

#[derive(Default)]
struct Heard {
    text: String,
    spans: u64,
    events: u64,
}

impl Visit for Heard {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text.push_str(&format!("{}={value:?}\n", field.name()));
    }

    /// With what is behind it.
    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut next = Some(value);
        while let Some(error) = next {
            self.text
                .push_str(&format!("{}={error} {error:?}\n", field.name()));
            next = error.source();
        }
    }
}

impl Subscriber for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut heard = self.0.lock().unwrap();
        attributes.record(&mut *heard);
        heard.spans += 1;
        Id::from_u64(heard.spans)
    }

    fn record(&self, _: &Id, record: &Record<'_>) {
        record.record(&mut *self.0.lock().unwrap());
    }

    fn event(&self, event: &Event<'_>) {
        let mut heard = self.0.lock().unwrap();
        event.record(&mut *heard);
        heard.events += 1;
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Fails as the model's name states, and logs the request's head.
struct Fails;

impl Provider for Fails {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let (head, turn) = turn.into_parts();
        let principal = Principal::from_extensions(&head.extensions);
        tracing::debug!(headers = ?head.headers, ?principal, "asked");
        match turn.model.as_str() {
            "first" => Err(Error::overloaded()),
            _ => Ok(Response::new(OutputStream::new(
                futures_util::stream::iter([
                    Ok(Delta::text("the-answer-is-private")),
                    Err(Error::upstream("the upstream broke")),
                ]),
            ))),
        }
    }
}

/// Refuses every token.
struct NoTokens;

impl Verifier for NoTokens {
    async fn verify(&self, _: &str) -> Result<Principal, Error> {
        Err(Error::invalid_api_key())
    }
}

const GOOD: &str = "sk-good-0123456789";
const BAD: &str = "sk-bad-9876543210";
const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.cHJpdmF0ZS1jbGFpbXM.c2lnbmF0dXJl";
const PROMPT: &str = "the-prompt-is-private";

async fn send(address: std::net::SocketAddr, head: &str, body: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let text = format!(
        "{head}\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer
}

#[test]
fn nothing_private_in_any_log() {
    let heard = Listener::default();
    tracing::subscriber::set_global_default(heard.clone()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let private = Principal::new(openresponses_tower::Scope::new("tenant-is-private"))
            .attribute("email", "someone@private.example");
        let keys = ApiKeys::new().key_of(private, GOOD).unwrap();
        let credentials = Credentials::new().api_keys(keys.clone()).tokens(NoTokens);
        let limit = RateLimit::new(8, std::time::Duration::from_secs(3_600));
        let auth = Auth::new(credentials.clone()).rate_limit(limit.clone());
        let catalog = Catalog::new().provider("p", Fails).model(
            Model::new("x/one")
                .route(Route::new("p").model("first"))
                .route(Route::new("p").model("second")),
        );
        let registry = Registry::new(catalog).unwrap();
        let gateway = Gateway::new(registry.clone());
        let models = ModelsLayer::new(registry.clone()).auth(auth.clone());
        let config = Config::new()
            .authorize(auth.clone())
            .store(MemoryStore::new(MemoryStoreLimits::default()));
        // What a host may log.
        tracing::trace!(
            ?keys,
            ?credentials,
            ?limit,
            ?auth,
            ?registry,
            ?gateway,
            ?models,
            ?config
        );

        let endpoint = OpenResponsesLayer::new(gateway, config);
        let app = Router::new().layer(endpoint).layer(models).layer(auth);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });

        let ask = |stream: bool| {
            json!({"model": "x/one", "input": PROMPT, "instructions": PROMPT, "stream": stream,
                "user": PROMPT, "metadata": {"k": PROMPT},
                "providerOptions": {"p": {"secret": PROMPT}, "gateway": {"user": PROMPT}}})
            .to_string()
        };
        let post = "POST /v1/responses HTTP/1.1\r\ncontent-type: application/json";
        for (credential, stream, status) in [
            (format!("authorization: Bearer {GOOD}"), true, "200"),
            (format!("authorization: Bearer {GOOD}"), false, "502"),
            (format!("x-api-key: {GOOD}"), true, "200"),
            (format!("authorization: Bearer {BAD}"), true, "401"),
            (format!("x-api-key: {BAD}"), true, "401"),
            (format!("authorization: Bearer {TOKEN}"), true, "401"),
            (format!("authorization: Basic {BAD}"), true, "401"),
            (
                format!("x-api-key: {GOOD}\r\nx-api-key: {BAD}"),
                true,
                "401",
            ),
            (
                format!("cookie: session={BAD}\r\nx-api-key: {GOOD}"),
                true,
                "200",
            ),
        ] {
            let answer = send(address, &format!("{post}\r\n{credential}"), &ask(stream)).await;
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status} ")),
                "{answer}"
            );
        }
        // A refused body, a malformed body, a key in the query, a list, a request over the limit.
        for (head, body, status) in [
            (
                format!("{post}\r\nx-api-key: {GOOD}"),
                format!(r#"{{"model":7,"input":"{PROMPT}"}}"#),
                "400",
            ),
            (
                format!("{post}\r\nx-api-key: {GOOD}"),
                PROMPT.to_owned(),
                "400",
            ),
            (
                format!("GET /v1/models?api_key={BAD} HTTP/1.1"),
                String::new(),
                "401",
            ),
            (
                format!("GET /v1/models HTTP/1.1\r\nx-api-key: {GOOD}"),
                String::new(),
                "200",
            ),
            (
                format!("GET /v1/models HTTP/1.1\r\nx-api-key: {GOOD}"),
                String::new(),
                "200",
            ),
            (
                format!("GET /v1/models HTTP/1.1\r\nx-api-key: {GOOD}"),
                String::new(),
                "429",
            ),
        ] {
            let answer = send(address, &head, &body).await;
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status} ")),
                "{answer}"
            );
        }
    });
    let heard = heard.0.lock().unwrap();
    // The log was captured: of the provider, the gateway and the endpoint.
    for known in [
        "Sensitive",
        "an attempt failed",
        "the response failed",
        "upstream_error",
    ] {
        assert!(heard.text.contains(known), "{known}: {}", heard.text);
    }
    assert!(heard.events > 10 && heard.spans > 4, "{}", heard.events);
    for secret in [
        GOOD,
        BAD,
        TOKEN,
        "cHJpdmF0ZS1jbGFpbXM",
        "c2lnbmF0dXJl",
        PROMPT,
        "the-answer-is-private",
        "tenant-is-private",
        "private.example",
    ] {
        assert!(!heard.text.contains(secret), "{secret}: {}", heard.text);
    }
}
