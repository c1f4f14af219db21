use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use openresponses_gateway::auth::{ApiKeys, Auth, Credentials, Principal};
use openresponses_tower::{Config, Error, OpenResponsesLayer, OutputStream, Provider, Scope};
use openresponses_types::{Turn, sequence::Delta};
use tower::{Layer, ServiceExt, service_fn};

/// Answers with the tenant and an attribute of the caller's.
struct Whose;

impl Provider for Whose {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let scope = turn.extensions().get::<Scope>().unwrap();
        let principal = turn.extensions().get::<Principal>();
        let plan = principal.and_then(|principal| principal.get("plan"));
        let text = format!("{} {}", scope.as_str(), plan.unwrap_or("-"));
        Ok(Response::new(OutputStream::from_deltas([
            Delta::text(text),
            Delta::complete(),
        ])))
    }
}

fn post(key: Option<&str>) -> Request<String> {
    let mut request = Request::post("/v1/responses").header("content-type", "application/json");
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    request.body(r#"{"model":"m","input":"x"}"#.into()).unwrap()
}

fn keys() -> ApiKeys {
    let gold = Principal::new(Scope::new("acme")).attribute("plan", "gold");
    ApiKeys::new()
        .key_of(gold, "sk-gold")
        .unwrap()
        .key("poor", "sk-poor")
        .unwrap()
}

async fn text(
    response: Response<impl http_body::Body<Data = bytes::Bytes, Error = impl std::fmt::Debug>>,
) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn other() -> impl tower::Service<
    Request<String>,
    Response = Response<String>,
    Error = std::convert::Infallible,
    Future: Send,
> + Clone
+ Send {
    service_fn(|request: Request<String>| async move {
        Ok(Response::new(format!(
            "{:?}",
            request.headers().get("authorization")
        )))
    })
}

#[tokio::test]
async fn one_value_for_the_endpoint_and_for_other_routes() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let auth = Auth::new(Credentials::new().api_keys(keys())).permit(move |_, _: &Parts| {
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(())
    });
    let endpoint = OpenResponsesLayer::new(Whose, Config::new().authorize(auth.clone()));
    let service = auth.layer(endpoint.layer(other()));

    let answer = service
        .clone()
        .oneshot(post(Some("sk-gold")))
        .await
        .unwrap();
    assert!(text(answer).await.contains("acme gold"));
    assert_eq!(asked.load(Ordering::Relaxed), 1, "decided once");

    let mut request = post(Some("sk-gold"));
    *request.uri_mut() = "/other".parse().unwrap();
    let answer = service.clone().oneshot(request).await.unwrap();
    assert_eq!(text(answer).await, "Some(Sensitive)");

    for key in [None, Some("sk-gol"), Some("sk-golden")] {
        let refused = service.clone().oneshot(post(key)).await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(refused.headers()["www-authenticate"], "Bearer");
        assert_eq!(refused.headers()["content-type"], "application/json");
        let body = text(refused).await;
        let code = if key.is_some() {
            "invalid_api_key"
        } else {
            "missing_api_key"
        };
        assert!(body.starts_with(r#"{"error":{"message":"#), "{body}");
        let end =
            format!(r#""type":"authentication_error","param":"authorization","code":"{code}"}}}}"#);
        assert!(body.ends_with(&end), "{body}");
    }
}

#[tokio::test]
async fn the_endpoint_alone() {
    let auth = Auth::new(Credentials::new().api_keys(keys()));
    let endpoint = OpenResponsesLayer::new(Whose, Config::new().authorize(auth));
    let service = endpoint.layer(other());
    let answer = service
        .clone()
        .oneshot(post(Some("sk-gold")))
        .await
        .unwrap();
    assert!(text(answer).await.contains("acme gold"));
    let refused = service.oneshot(post(Some("sk-x"))).await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(refused.headers()["www-authenticate"], "Bearer");
}

#[tokio::test]
async fn a_permit_narrows_and_does_not_widen() {
    let base = Auth::new(Credentials::new().api_keys(keys()));
    let gold = base
        .clone()
        .permit(|principal, _| match principal.get("plan") {
            Some(_) => Ok(()),
            None => Err(Error::permission("no_plan", "This account has no plan.")),
        });
    // Behind the wider layer the narrower one still decides for itself.
    let service = base.layer(gold.layer(other()));
    let answer = service
        .clone()
        .oneshot(post(Some("sk-gold")))
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let refused = service.oneshot(post(Some("sk-poor"))).await.unwrap();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert_eq!(
        text(refused).await,
        r#"{"error":{"message":"This account has no plan.","type":"permission_error","param":null,"code":"no_plan"}}"#
    );
}

#[tokio::test(start_paused = true)]
async fn an_authenticator_that_panics_or_hangs_is_a_server_error() {
    type Decision = Pin<Box<dyn Future<Output = Result<Principal, Error>> + Send>>;
    let faults: [fn() -> Decision; 3] = [
        || panic!("the call panics on purpose"),
        || Box::pin(async { panic!("the decision panics on purpose") }),
        || Box::pin(std::future::pending()),
    ];
    for fault in faults {
        let service = Auth::new(move |_: &Parts| fault()).layer(other());
        let answer = service.oneshot(post(None)).await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(text(answer).await.contains("server_error"));
    }
}
