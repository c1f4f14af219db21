use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{Request, Response};
use http_body_util::BodyExt;
use openresponses_gateway::Gateway;
use openresponses_gateway::capability::{Capabilities, Capability, CapabilityPolicy, Unsupported};
use openresponses_gateway::health::RetryBudget;
use openresponses_gateway::registry::{Catalog, Model, ProviderEntry, Route};
use openresponses_tower::provider::CompactedWindow;
use openresponses_tower::{Error, OpenResponses, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::item::Compaction;
use openresponses_types::json::RawJson;
use openresponses_types::normalize::ContextWindow;
use openresponses_types::response::Usage;
use openresponses_types::sequence::CountingIds;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::common::{Act, actor, gateway, log, service};

struct Compacts;

impl Provider for Compacts {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        Err(Error::overloaded())
    }

    async fn compact(
        &self,
        window: Request<ContextWindow>,
    ) -> Result<Response<CompactedWindow>, Error> {
        let window = window.into_body();
        let own = window.extra.get("providerOptions").map(|own| own.get());
        let text = format!("{} {}", window.model, own.unwrap_or("-"));
        let mut compacted =
            CompactedWindow::new(vec![Compaction::new(text).into()], Usage::new(3, 4));
        let own = RawJson::parse(r#"{"compacts":{"ratio":0.50},"gateway":{"forged":1}}"#);
        compacted.extra.insert("provider_metadata", own.unwrap());
        Ok(Response::new(compacted))
    }
}

struct Fails;

impl Provider for Fails {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        Err(Error::overloaded())
    }

    async fn compact(&self, _: Request<ContextWindow>) -> Result<Response<CompactedWindow>, Error> {
        Err(Error::upstream("down"))
    }
}

/// Counts, and does not compact.
struct Counts;

impl Provider for Counts {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        Err(Error::overloaded())
    }

    async fn count_input_tokens(&self, _: Request<Turn>) -> Result<Response<u64>, Error> {
        Ok(Response::new(7))
    }
}

#[tokio::test]
async fn a_provider_that_does_not_offer_the_operation_is_skipped() {
    let catalog = Catalog::new()
        .provider("neither", actor("neither", Act::Answer, &log()))
        .provider("compacts", Compacts)
        .provider("counts", Counts)
        .provider("fails", Fails)
        .model(
            Model::new("x/one")
                .route(Route::new("neither"))
                .route(Route::new("compacts"))
                .route(Route::new("counts")),
        )
        .model(
            Model::new("x/two")
                .route(Route::new("fails"))
                .route(Route::new("neither")),
        );
    // Skipping takes no attempt and nothing of the budget.
    let gateway = gateway(catalog)
        .max_attempts(1)
        .retry_budget(RetryBudget::new(0.0, 0.0))
        .failover(|_| false);
    let service = service(gateway);
    for (path, model, status) in [
        ("compact", "x/one", 200),
        ("input_tokens", "x/one", 200),
        // Why the one that has it failed.
        ("compact", "x/two", 502),
    ] {
        let request = Request::post(format!("/v1/responses/{path}"))
            .header("content-type", "application/json")
            .body(json!({"model": model, "input": "a"}).to_string())
            .unwrap();
        let answer = service.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), status, "{path} {model}");
    }
}

/// A server without the operation, which says so only when it is called.
struct Lacks(Arc<AtomicUsize>);

impl Provider for Lacks {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        Err(Error::overloaded())
    }

    async fn compact(&self, _: Request<ContextWindow>) -> Result<Response<CompactedWindow>, Error> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Err(Error::compaction_not_supported().answered())
    }
}

#[tokio::test]
async fn a_server_that_does_not_offer_the_operation_is_called_once_and_its_call_counts() {
    let called = Arc::new(AtomicUsize::new(0));
    let mut catalog = Catalog::new()
        .provider("any", Lacks(Arc::clone(&called)))
        .serve_any("any");
    let mut model = Model::new("x/one");
    for number in 0..10 {
        let slug = format!("p{number}");
        model = model.route(Route::new(&slug));
        catalog = catalog.provider(slug, Lacks(Arc::clone(&called)));
    }
    let service = service(gateway(catalog.model(model)));
    let names: Vec<String> = (0..60).map(|number| format!("any/{number}")).collect();
    for (body, calls) in [
        (
            json!({"model": "any/x", "input": "a", "providerOptions": {"gateway": {"models": names}}}),
            1,
        ),
        // As many as a request may make.
        (json!({"model": "x/one", "input": "a"}), 8),
    ] {
        called.store(0, Ordering::Relaxed);
        let request = Request::post("/v1/responses/compact")
            .header("content-type", "application/json")
            .body(body.to_string())
            .unwrap();
        let answer = service.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 400);
        assert_eq!(called.load(Ordering::Relaxed), calls);
    }
}

#[tokio::test]
async fn compaction_takes_the_same_road() {
    let catalog = Catalog::new()
        .provider("fails", Fails)
        .provider("compacts", Compacts)
        .provider("cannot", actor("cannot", Act::Answer, &log()))
        .model(
            Model::new("x/one")
                .route(Route::new("fails"))
                .route(Route::new("compacts").model("uno")),
        )
        .serve("x/two", "cannot");
    let service = service(gateway(catalog));
    for (body, status, text) in [
        (json!({"model": "x/one", "input": "a"}), 200, "uno -"),
        (
            json!({"model": "x/one", "input": "a", "providerOptions": {"compacts": 1, "gateway": {"order": ["fails"]}}}),
            200,
            r#"uno {\"compacts\":1}"#,
        ),
        (
            json!({"model": "x/one", "input": "a", "providerOptions": {"gateway": {"only": ["fails"]}}}),
            502,
            "upstream_error",
        ),
        (
            json!({"model": "x/two", "input": "a"}),
            400,
            "compaction_not_supported",
        ),
        (
            json!({"model": "x/none", "input": "a"}),
            404,
            "model_not_found",
        ),
    ] {
        let request = Request::post("/v1/responses/compact")
            .header("content-type", "application/json")
            .body(body.to_string())
            .unwrap();
        let answer = service.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), status);
        let bytes = http_body_util::BodyExt::collect(answer.into_body())
            .await
            .unwrap()
            .to_bytes();
        let shown = String::from_utf8_lossy(&bytes);
        assert!(shown.contains(text), "{shown}");
    }
}

async fn compacted(service: &OpenResponses<Gateway>, body: &Value) -> (u16, Value) {
    let request = Request::post("/v1/responses/compact")
        .header("content-type", "application/json")
        .body(body.to_string())
        .unwrap();
    let answer = service.clone().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap())
}

fn catalog() -> Catalog {
    Catalog::new()
        .provider("fails", Fails)
        .provider("compacts", Compacts)
        .model(
            Model::new("x/one")
                .route(Route::new("fails"))
                .route(Route::new("compacts").model("uno")),
        )
}

#[tokio::test]
async fn a_compaction_has_a_report() {
    let body = json!({"model": "x/one", "input": "a", "providerOptions": {"gateway": {"caching": "auto"}}});
    let reporting = service(gateway(catalog()).ids(CountingIds::default()));
    let (status, mut answer) = compacted(&reporting, &body).await;
    assert_eq!(status, 200);
    let metadata = answer["provider_metadata"].take();
    assert_eq!(metadata["compacts"], json!({"ratio": 0.5}));
    let mut report = metadata["gateway"].clone();
    for attempt in report["routing"]["modelAttempts"][0]["providerAttempts"]
        .as_array_mut()
        .unwrap()
    {
        let attempt = attempt.as_object_mut().unwrap();
        let times = [attempt.remove("startTime"), attempt.remove("endTime")];
        let [Some(start), Some(end)] = times.map(|time| time.unwrap().as_u64()) else {
            panic!("{attempt:?}")
        };
        assert!(start <= end);
    }
    let expected = json!({
        "generationId": "gen_1",
        "routing": {
            "originalModelId": "x/one",
            "resolvedProvider": "fails",
            "resolvedProviderApiModelId": "one",
            "fallbacksAvailable": ["compacts"],
            "finalProvider": "compacts",
            "modelAttemptCount": 1,
            "totalProviderAttemptCount": 2,
            "modelAttempts": [{
                "modelId": "x/one", "success": true, "providerAttemptCount": 2,
                "providerAttempts": [
                    {"attemptNumber": 1, "provider": "fails", "providerApiModelId": "one",
                     "success": false, "error": "upstream_error", "statusCode": 502},
                    {"attemptNumber": 2, "provider": "compacts", "providerApiModelId": "uno",
                     "success": true, "statusCode": 200},
                ],
            }],
        },
        "warnings": [{"type": "unsupported", "feature": "caching",
            "details": "This gateway does not know the option."}],
    });
    assert_eq!(report, expected);

    let silent = service(gateway(catalog()).report(false));
    let (_, answer) = compacted(&silent, &body).await;
    let own = json!({"compacts": {"ratio": 0.5}, "gateway": {"forged": 1}});
    assert_eq!(answer["provider_metadata"], own);
}

#[tokio::test]
async fn what_a_provider_cannot_read_is_refused_or_left_out_here_as_well() {
    let poor =
        ProviderEntry::new(Compacts).capabilities(Capabilities::all().without(Capability::Images));
    let catalog = Catalog::new().provider("poor", poor).serve("x/one", "poor");
    let body = json!({"model": "x/one", "input": [
        {"type": "message", "role": "user", "content": [
            {"type": "input_text", "text": "Look."},
            {"type": "input_image", "image_url": "https://example.org/a.png"},
        ]},
    ]});
    let refusing = service(gateway(catalog.clone()));
    let (status, answer) = compacted(&refusing, &body).await;
    assert_eq!(status, 400);
    assert_eq!(answer["error"]["param"], "input[0].content[1]");
    assert_eq!(answer["error"]["code"], "unsupported_parameter");
    let policy = CapabilityPolicy::new().on(Capability::Images, Unsupported::Strip);
    let stripping = service(gateway(catalog).capability_policy(policy));
    let (status, answer) = compacted(&stripping, &body).await;
    assert_eq!(status, 200);
    let warnings = &answer["provider_metadata"]["gateway"]["warnings"];
    assert_eq!(warnings[0]["feature"], "images");
    // A compaction of another provider is named by its path.
    let foreign = json!({"model": "x/one", "input": [
        {"type": "compaction", "encrypted_content": "via:other:all"},
    ]});
    let (status, answer) = compacted(&stripping, &foreign).await;
    assert_eq!(
        (status, &answer["error"]["param"]),
        (400, &json!("input[0].encrypted_content"))
    );
}
