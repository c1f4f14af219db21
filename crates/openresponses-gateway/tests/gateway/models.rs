use std::convert::Infallible;
use std::pin::Pin;

use http::{Request, Response};
use http_body_util::BodyExt;
use openresponses_gateway::auth::{ApiKeys, Auth, Credentials};
use openresponses_gateway::registry::{Catalog, Model, ModelsLayer, Registry, Route};
use serde_json::{Value, json};
use tower::{Layer, ServiceExt, service_fn};

use crate::common::{Act, actor, log};

fn registry() -> Registry {
    let catalog = Catalog::new()
        .provider("p", actor("p", Act::Answer, &log()))
        .model(
            Model::new("acme/one:free")
                .created(1_700_000_000)
                .route(Route::new("p")),
        )
        .serve("plain", "p")
        .alias("fast", ["plain"]);
    Registry::new(catalog).unwrap()
}

async fn ask(layer: &ModelsLayer, method: &str, path: &str, key: Option<&str>) -> (u16, Value) {
    let service = layer.layer(service_fn(|_: Request<String>| async {
        Ok::<_, Infallible>(Response::new(String::from("\"behind\"")))
    }));
    let mut request = Request::builder().method(method).uri(path);
    if let Some(key) = key {
        request = request.header("x-api-key", key);
    }
    let answer = service
        .oneshot(request.body(String::new()).unwrap())
        .await
        .unwrap();
    let status = answer.status().as_u16();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test]
async fn the_list_and_each_model() {
    let layer = ModelsLayer::new(registry());
    let one = json!({"id": "acme/one:free", "object": "model", "created": 1_700_000_000, "owned_by": "acme"});
    let plain = json!({"id": "plain", "object": "model", "created": 0, "owned_by": ""});
    let fast = json!({"id": "fast", "object": "model", "created": 0, "owned_by": "gateway"});
    let list = json!({"object": "list", "data": [one, plain, fast]});
    assert_eq!(
        ask(&layer, "GET", "/v1/models", None).await,
        (200, list.clone())
    );
    assert_eq!(
        ask(&layer, "GET", "/v1/models?limit=5", None).await,
        (200, list)
    );
    for path in ["/v1/models/acme%2Fone%3afree", "/v1/models/acme/one:free"] {
        assert_eq!(ask(&layer, "GET", path, None).await, (200, one.clone()));
    }
    assert_eq!(
        ask(&layer, "GET", "/v1/models/fast", None).await,
        (200, fast)
    );
    for path in [
        "/v1/models/none",
        "/v1/models/acme",
        "/v1/models/%zz",
        "/v1/models//plain",
    ] {
        let (status, body) = ask(&layer, "GET", path, None).await;
        assert_eq!(
            (status, &body["error"]["code"]),
            (404, &json!("model_not_found")),
            "{path}"
        );
    }
    let (status, body) = ask(&layer, "DELETE", "/v1/models/plain", None).await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (405, &json!("method_not_allowed"))
    );
    for path in ["/v1/modelsx", "/models", "/v1/responses", "/"] {
        assert_eq!(ask(&layer, "GET", path, None).await, (200, json!("behind")));
    }
    let rooted = layer.prefix("");
    assert_eq!(ask(&rooted, "GET", "/models/fast", None).await.0, 200);
}

#[tokio::test]
async fn behind_the_same_authentication() {
    let keys = ApiKeys::new().key("acme", "sk-acme").unwrap();
    let auth = Auth::new(Credentials::new().api_keys(keys));
    let layer = ModelsLayer::new(registry()).auth(auth);
    assert_eq!(
        ask(&layer, "GET", "/v1/models", Some("sk-acme")).await.0,
        200
    );
    for path in ["/v1/models", "/v1/models/none", "/v1/models/%zz"] {
        assert_eq!(ask(&layer, "GET", path, None).await.0, 401);
        assert_eq!(ask(&layer, "DELETE", path, Some("sk-acm")).await.0, 401);
    }
    // The inner service has its own rules.
    assert_eq!(ask(&layer, "GET", "/other", None).await.0, 200);
}

#[tokio::test]
async fn a_prefix_needs_no_slashes() {
    for prefix in ["v1", "/v1", "/v1/", "v1/"] {
        let layer = ModelsLayer::new(registry()).prefix(prefix);
        let (status, list) = ask(&layer, "GET", "/v1/models", None).await;
        assert_eq!((status, &list["object"]), (200, &json!("list")), "{prefix}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_of_models_that_panics_or_hangs_is_a_server_error() {
    type Models = Pin<Box<dyn Future<Output = Vec<String>> + Send>>;
    let faults: [fn() -> Models; 2] = [
        || panic!("the source panics on purpose"),
        || Box::pin(std::future::pending()),
    ];
    for fault in faults {
        let layer = ModelsLayer::new(registry()).also(fault);
        let (status, body) = ask(&layer, "GET", "/v1/models", None).await;
        assert_eq!(status, 500);
        assert_eq!(body["error"]["code"], "server_error");
    }
    let layer = ModelsLayer::new(registry()).permit(|_, _| panic!("a permit panics on purpose"));
    assert_eq!(ask(&layer, "GET", "/v1/models", None).await.0, 500);
}
