use std::sync::Arc;

use http::{Request, Response};
use http_body_util::BodyExt;
use openresponses_gateway::Gateway;
use openresponses_gateway::registry::{BareNames, Catalog, Model, ProviderEntry, Registry, Route};
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::Turn;
use serde_json::json;
use tokio::sync::Notify;
use tower::ServiceExt;

use crate::common::{Act, actor, log, send, service};

fn catalog() -> Catalog {
    let log = log();
    Catalog::new()
        .provider("one", actor("one", Act::Answer, &log))
        .provider("two", actor("two", Act::Answer, &log))
        .serve("acme/alpha", "one")
        .serve("acme/beta", "one")
        .serve("other/beta", "two")
        .serve_any("two")
        .alias("default", ["acme/alpha"])
        .alias("beta-best", ["other/beta", "acme/beta"])
}

async fn answers(catalog: Catalog, model: &str) -> Result<String, String> {
    let service = service(Gateway::new(Registry::new(catalog).unwrap()));
    let answer = send(&service, &json!({"model": model, "input": "x"})).await;
    match answer.status {
        200 => Ok(answer.text()),
        status => {
            assert_eq!(answer.body["error"]["param"], "model");
            assert_eq!(answer.body["error"]["type"], "not_found");
            Err(format!(
                "{status} {}",
                answer.body["error"]["code"].as_str().unwrap()
            ))
        }
    }
}

#[tokio::test]
async fn names() {
    let missing = Err("404 model_not_found".to_owned());
    for (name, expected) in [
        ("acme/alpha", Ok("one")),
        ("other/beta", Ok("two")),
        ("alpha", Ok("one")),
        ("default", Ok("one")),
        ("beta-best", Ok("two")),
        ("two/anything/at:all", Ok("two")),
        // Two creators have one.
        ("beta", Err(())),
        ("one/anything", Err(())),
        ("two/", Err(())),
        ("Acme/alpha", Err(())),
        ("acme/alpha ", Err(())),
        ("", Err(())),
        ("/", Err(())),
        ("acme", Err(())),
    ] {
        let expected = expected
            .map(str::to_owned)
            .map_err(|()| missing.clone().unwrap_err());
        assert_eq!(answers(catalog(), name).await, expected, "{name}");
    }
    let longest = format!("two/{}", "m".repeat(256));
    assert_eq!(answers(catalog(), &longest).await, Ok("two".into()));
    assert_eq!(answers(catalog(), &format!("{longest}m")).await, missing);
    let by_other = catalog().bare_names(BareNames::CreatedBy("other".into()));
    assert_eq!(answers(by_other.clone(), "beta").await, Ok("two".into()));
    assert_eq!(answers(by_other, "alpha").await, missing);
    let refused = catalog().bare_names(BareNames::Refuse);
    assert_eq!(answers(refused, "alpha").await, missing);
}

#[tokio::test]
async fn changes_without_a_restart() {
    let registry = Registry::new(catalog()).unwrap();
    let service = service(Gateway::new(registry.clone()));
    let ask = json!({"model": "acme/new", "input": "x"});
    assert_eq!(send(&service, &ask).await.status, 404);
    registry
        .update(|catalog| catalog.serve("acme/new", "two"))
        .unwrap();
    assert_eq!(send(&service, &ask).await.text(), "two");
    registry
        .update(|mut catalog| {
            catalog.remove_model("acme/new");
            catalog
        })
        .unwrap();
    assert_eq!(send(&service, &ask).await.status, 404);
    // An update with an unresolvable name is refused as a whole.
    let refused = registry.update(|mut catalog| {
        catalog.remove_provider("one");
        catalog
    });
    assert_eq!(
        refused.unwrap_err().to_string(),
        "the model 'acme/alpha': no provider 'one'"
    );
    assert_eq!(
        send(&service, &json!({"model": "alpha", "input": "x"}))
            .await
            .text(),
        "one"
    );
}

/// Sends one piece, and the rest on a signal.
struct Waits(Arc<Notify>);

impl Provider for Waits {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let go_on = Arc::clone(&self.0);
        Ok(Response::new(OutputStream::write(|mut out| async move {
            out.text("one ");
            go_on.notified().await;
            out.text("two");
            out.complete();
            Ok(())
        })))
    }
}

#[tokio::test]
async fn running_requests_keep_their_catalog_on_an_update() {
    let go_on = Arc::new(Notify::new());
    let waits = ProviderEntry::new(Waits(Arc::clone(&go_on))).concurrency(1);
    let catalog = Catalog::new()
        .provider("waits", waits)
        .serve("x/one", "waits");
    let registry = Registry::new(catalog).unwrap();
    let service = service(Gateway::new(registry.clone()));
    let body = json!({"model": "x/one", "input": "x", "stream": true});
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(body.to_string())
        .unwrap();
    let mut answer = service.clone().oneshot(request).await.unwrap();
    assert!(answer.body_mut().frame().await.is_some());

    // An unrelated update keeps the provider's only slot occupied.
    registry
        .update(|catalog| catalog.alias("other", ["x/one"]))
        .unwrap();
    for model in ["x/one", "other"] {
        let ask = json!({"model": model, "input": "x"});
        assert_eq!(send(&service, &ask).await.status, 503);
    }
    registry
        .update(|mut catalog| {
            catalog.remove_model("other");
            catalog.remove_model("x/one");
            catalog.remove_provider("waits");
            catalog
        })
        .unwrap();
    assert_eq!(
        send(&service, &json!({"model": "x/one", "input": "x"}))
            .await
            .status,
        404
    );
    go_on.notify_one();
    let rest = answer.into_body().collect().await.unwrap().to_bytes();
    let rest = String::from_utf8_lossy(&rest);
    assert!(
        rest.contains("event: response.completed") && rest.contains("one two"),
        "{rest}"
    );
}

#[tokio::test]
async fn a_default_is_optional() {
    let ask = json!({"input": "x"});
    let without = service(Gateway::new(Registry::new(catalog()).unwrap()));
    let refused = send(&without, &ask).await;
    assert_eq!(
        (refused.status, &refused.body["error"]["param"]),
        (400, &json!("model"))
    );
    let gateway = Gateway::new(Registry::new(catalog()).unwrap());
    let with = OpenResponses::new(gateway, Config::new().default_model("default"));
    let answer = send(&with, &ask).await;
    assert_eq!(
        (&*answer.text(), &answer.body["model"]),
        ("one", &json!("default"))
    );
}

#[test]
fn what_leads_nowhere_is_named() {
    let log = log();
    let good = || Catalog::new().provider("p", actor("p", Act::Answer, &log));
    for (catalog, fault) in [
        (
            good().provider("gateway", actor("g", Act::Answer, &log)),
            "'gateway' cannot be the name of a provider",
        ),
        (
            good().provider("A b", actor("g", Act::Answer, &log)),
            "'A b' cannot be the name of a provider",
        ),
        (good().serve_any("q"), "no provider 'q'"),
        (
            good().model(Model::new("x/y")),
            "the model 'x/y' has no provider",
        ),
        (
            good().model(Model::new("").route(Route::new("p"))),
            "a model without an id",
        ),
        (
            good().alias("a", Vec::<String>::new()),
            "the alias 'a' has no models",
        ),
        (good().alias("a", ["a"]), "the alias 'a': no model 'a'"),
        (
            good().serve("a", "p").alias("a", ["a"]),
            "'a' is an alias and a model",
        ),
    ] {
        assert_eq!(Registry::new(catalog).unwrap_err().to_string(), fault);
    }
}
