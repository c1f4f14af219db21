//! What `Auth` adds to authentication: checks of requests and of messages, rate limits, and callers
//! that are restored.

use std::time::Duration;

use http::request::Parts;
use http::{Request, Response};
use http_body_util::BodyExt;
use openresponses_gateway::auth::{ApiKeys, Auth, Credentials, Principal, RateLimit};
use openresponses_tower::authorize::{Authorize, Authorized};
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider, Scope};
use openresponses_types::Turn;
use openresponses_types::sequence::Delta;
use tower::ServiceExt;

use crate::common::head;

const KEY: &[(&str, &str)] = &[("x-api-key", "sk-acme")];

fn keys() -> Auth {
    let acme = Principal::new(Scope::new("acme")).attribute("plan", "gold");
    let keys = ApiKeys::new().key_of(acme, "sk-acme").unwrap();
    Auth::new(Credentials::new().api_keys(keys))
}

/// The head of a handshake after its authorization.
fn handshake(principal: Principal) -> Parts {
    let mut head = head("/v1/responses", KEY);
    head.extensions.insert(principal.scope().clone());
    head.extensions.insert(principal);
    head
}

fn code<T>(result: Result<T, Error>) -> Option<String> {
    result.err().map(|error| error.code().to_owned())
}

#[tokio::test]
async fn every_permit_decides_about_every_message() {
    let plan = |name: &'static str, code: &'static str| {
        move |principal: &Principal, _: &Parts| match principal.get(name) {
            Some(_) => Ok(()),
            None => Err(Error::permission(
                code,
                "The account does not include this.",
            )),
        }
    };
    let auth = keys()
        .permit(plan("plan", "no_plan"))
        .permit(plan("region", "no_region"));
    let acme = Principal::new(Scope::new("acme"));
    let gold = acme.clone().attribute("plan", "gold");
    let all = gold.clone().attribute("region", "eu");
    for (principal, refusal) in [
        (acme, Some("no_plan")),
        (gold, Some("no_region")),
        (all, None),
    ] {
        let message = auth.authorize_message(&handshake(principal)).await;
        assert_eq!(code(message).as_deref(), refusal);
    }
    // The request itself has the attributes of its key.
    let refused = auth.authorize(&head("/v1/responses", KEY)).await;
    assert_eq!(code(refused).as_deref(), Some("no_region"));
    // Without a permit every message is accepted.
    let message = handshake(Principal::new(Scope::new("acme")));
    assert!(keys().authorize_message(&message).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn requests_and_messages_share_one_rate() {
    let auth = keys().rate_limit(RateLimit::new(2, Duration::from_secs(60)));
    assert!(auth.authorize(&head("/v1/responses", KEY)).await.is_ok());
    let acme = handshake(Principal::new(Scope::new("acme")));
    assert!(auth.authorize_message(&acme).await.is_ok());
    for refused in [
        code(auth.authorize_message(&acme).await),
        code(auth.authorize(&head("/v1/responses", KEY)).await),
    ] {
        assert_eq!(refused.as_deref(), Some("rate_limit_exceeded"));
    }
    // Another tenant has its own.
    let globex = handshake(Principal::new(Scope::new("globex")));
    assert!(auth.authorize_message(&globex).await.is_ok());
}

/// Answers with the caller of the turn.
struct Caller;

impl Provider for Caller {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let principal = turn.extensions().get::<Principal>().unwrap();
        let text = format!(
            "{} {:?} {:?} {:?}",
            principal.scope().as_str(),
            principal.attributes().collect::<Vec<_>>(),
            principal.key_id(),
            principal.key_name(),
        );
        Ok(Response::new(OutputStream::from_deltas([
            Delta::text(text),
            Delta::complete(),
        ])))
    }
}

/// Authorizes every request as the caller that was remembered.
struct Again(Auth, String);

impl Authorize for Again {
    async fn authorize(&self, _: &Parts) -> Result<Authorized, Error> {
        let Self(auth, remembered) = self;
        auth.restore(&Scope::new("acme"), Some(remembered)).await
    }
}

/// What the provider sees of a caller that was remembered and restored.
async fn restored(principal: Principal) -> String {
    let remembered = keys().remember(&handshake(principal)).unwrap();
    let service = OpenResponses::new(Caller, Config::new().authorize(Again(keys(), remembered)));
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(String::from(r#"{"model":"m","input":"x"}"#));
    let answer = service.oneshot(request.unwrap()).await.unwrap();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    let answer: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    answer["output"][0]["content"][0]["text"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_remembered_caller_is_restored_with_its_attributes_and_key() {
    let acme = Principal::new(Scope::new("acme"));
    assert_eq!(restored(acme.clone()).await, "acme [] None None");
    let named = acme
        .attribute("plan", "\"gold\"\n")
        .with_key_id("k1")
        .with_key_name("laptop");
    assert_eq!(
        restored(named).await,
        r#"acme [("plan", "\"gold\"\n")] Some("k1") Some("laptop")"#
    );
    for unreadable in [None, Some(""), Some("[]"), Some(r#"{"plan":1}"#)] {
        let restored = keys().restore(&Scope::new("acme"), unreadable).await;
        assert_eq!(code(restored).as_deref(), Some("server_error"));
    }
}
