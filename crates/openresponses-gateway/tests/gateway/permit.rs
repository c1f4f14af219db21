use http::Request;
use http_body_util::BodyExt;
use openresponses_gateway::auth::{ApiKeys, Auth, Credentials, Principal};
use openresponses_gateway::registry::{Catalog, Model, ModelsLayer, Registry, Route};
use openresponses_tower::{Config, OpenResponses, Scope};
use serde_json::{Value, json};
use tower::{Layer, ServiceExt};

use crate::common::{Act, Log, actor, gateway, log};

fn catalog(log: &Log) -> Catalog {
    Catalog::new()
        .provider("down", actor("down", Act::Fail503, log))
        .provider("up", actor("up", Act::Answer, log))
        .serve("acme/one", "down")
        .serve("acme/two", "up")
        .serve("globex/one", "up")
        .model(
            Model::new("acme/host")
                .route(Route::new("down"))
                .fallbacks(["globex/one", "acme/two"]),
        )
        .alias("mixed", ["globex/one", "acme/two"])
        .alias("foreign", ["globex/one"])
}

/// A caller of the plan `free` may use the models of acme.
fn permit(head: &http::request::Parts, model: &str) -> bool {
    let caller = head.extensions.get::<Principal>();
    caller.and_then(|caller| caller.get("plan")) != Some("free") || model.starts_with("acme/")
}

/// Sends a request as a caller of the plan. Returns the status with the error's code or the
/// attempts.
async fn ask(log: &Log, plan: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let caller = |plan: &str| Principal::new(Scope::new(plan)).attribute("plan", plan);
    let keys = ApiKeys::new()
        .key_of(caller("free"), "sk-free")
        .unwrap()
        .key_of(caller("gold"), "sk-gold")
        .unwrap();
    let auth = Auth::new(Credentials::new().api_keys(keys));
    let gateway = gateway(catalog(log)).permit(permit);
    let models = ModelsLayer::new(Registry::new(catalog(log)).unwrap())
        .auth(auth.clone())
        .permit(permit);
    let service = models.layer(OpenResponses::new(gateway, Config::new().authorize(auth)));
    let request = match &body {
        Some(_) => Request::post(path).header("content-type", "application/json"),
        None => Request::get(path),
    };
    let request = request
        .header("x-api-key", format!("sk-{plan}"))
        .body(body.unwrap_or_default().to_string())
        .unwrap();
    let answer = service.oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap())
}

fn tried(body: &Value) -> Vec<&str> {
    let attempts = &body["provider_metadata"]["gateway"]["routing"]["modelAttempts"];
    let attempts = attempts.as_array().unwrap().iter();
    attempts
        .map(|one| one["modelId"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_model_that_the_caller_may_not_use_is_never_asked() {
    for (model, free, gold) in [
        ("acme/two", Ok("acme/two"), Ok("acme/two")),
        ("two", Ok("acme/two"), Ok("acme/two")),
        ("globex/one", Err(403), Ok("globex/one")),
        ("foreign", Err(403), Ok("globex/one")),
        ("mixed", Ok("acme/two"), Ok("globex/one")),
        ("acme/none", Err(404), Err(404)),
    ] {
        for (plan, expected) in [("free", free), ("gold", gold)] {
            let log = log();
            let body = json!({"model": model, "input": "x"});
            let (status, body) = ask(&log, plan, "/v1/responses", Some(body)).await;
            match expected {
                Ok(id) => {
                    assert_eq!(status, 200, "{plan} {model}: {body}");
                    assert_eq!(tried(&body), [id], "{plan} {model}");
                }
                Err(code) => {
                    assert_eq!(status, code, "{plan} {model}: {body}");
                    assert_eq!(body["error"]["param"], "model");
                    let code = match code {
                        403 => "model_not_allowed",
                        _ => "model_not_found",
                    };
                    assert_eq!(body["error"]["code"], code);
                    assert!(log.lock().unwrap().is_empty());
                }
            }
        }
    }
}

#[tokio::test]
async fn nor_as_a_further_model() {
    let body = json!({"model": "acme/one", "input": "x",
        "providerOptions": {"gateway": {"models": ["globex/one", "mixed"]}}});
    let (status, answer) = ask(&log(), "free", "/v1/responses", Some(body.clone())).await;
    assert_eq!(status, 200);
    assert_eq!(tried(&answer), ["acme/one", "acme/two"]);
    let warnings = &answer["provider_metadata"]["gateway"]["warnings"];
    assert_eq!(
        *warnings,
        json!([{"type": "unsupported", "feature": "models",
            "details": "You may not use the model 'globex/one'."}])
    );
    let (_, answer) = ask(&log(), "gold", "/v1/responses", Some(body)).await;
    assert_eq!(tried(&answer), ["acme/one", "globex/one"]);
    assert!(
        answer["provider_metadata"]["gateway"]
            .get("warnings")
            .is_none()
    );
}

#[tokio::test]
async fn fallbacks_of_the_host_apply_where_the_request_names_none() {
    let host = json!({"model": "acme/host", "input": "x"});
    let (_, answer) = ask(&log(), "gold", "/v1/responses", Some(host.clone())).await;
    assert_eq!(tried(&answer), ["acme/host", "globex/one"]);
    let (_, answer) = ask(&log(), "free", "/v1/responses", Some(host)).await;
    assert_eq!(tried(&answer), ["acme/host", "acme/two"]);
    assert!(
        answer["provider_metadata"]["gateway"]
            .get("warnings")
            .is_none()
    );

    let own = json!({"model": "acme/host", "input": "x",
        "providerOptions": {"gateway": {"models": ["acme/one", "acme/two"]}}});
    let (_, answer) = ask(&log(), "gold", "/v1/responses", Some(own)).await;
    assert_eq!(tried(&answer), ["acme/host", "acme/one", "acme/two"]);

    // `only` restricts them as well, and models that were not requested are not reported.
    let only = json!({"model": "acme/host", "input": "x",
        "providerOptions": {"gateway": {"only": ["down"]}}});
    let (status, body) = ask(&log(), "gold", "/v1/responses", Some(only)).await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (503, &json!("overloaded"))
    );
}

#[tokio::test]
async fn the_list_shows_what_the_caller_may_use() {
    let ids = |body: &Value| -> Vec<String> {
        let data = body["data"].as_array().unwrap().iter();
        data.map(|one| one["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let log = log();
    let (_, all) = ask(&log, "gold", "/v1/models", None).await;
    assert_eq!(
        ids(&all),
        [
            "acme/host",
            "acme/one",
            "acme/two",
            "globex/one",
            "foreign",
            "mixed"
        ]
    );
    let (_, some) = ask(&log, "free", "/v1/models", None).await;
    assert_eq!(ids(&some), ["acme/host", "acme/one", "acme/two", "mixed"]);
    for (id, status) in [
        ("acme/one", 200),
        ("mixed", 200),
        ("globex/one", 404),
        ("foreign", 404),
    ] {
        let found = ask(&log, "free", &format!("/v1/models/{id}"), None).await;
        assert_eq!(found.0, status, "{id}");
    }
}

#[test]
fn a_fallback_must_exist() {
    let catalog =
        catalog(&log()).model(Model::new("x/y").route(Route::new("up")).fallbacks(["x/z"]));
    assert_eq!(
        catalog.check().unwrap_err().to_string(),
        "the model 'x/y': no model 'x/z' to fall back to"
    );
}
