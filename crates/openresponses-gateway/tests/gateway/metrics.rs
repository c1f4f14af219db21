use std::collections::BTreeMap;

use http::Request;
use http_body_util::BodyExt;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use openresponses_gateway::Gateway;
use openresponses_gateway::observe::MetricsObserver;
use openresponses_gateway::registry::{Catalog, Model, Route};
use openresponses_tower::{Error, OpenResponses, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::response::Usage;
use openresponses_types::sequence::Delta;
use serde_json::json;
use tower::ServiceExt;

use crate::common::{Act, actor, gateway, log, send, service};

/// Counts tokens, or fails with a unique code.
struct Own(bool);

impl Provider for Own {
    async fn respond(&self, _: Request<Turn>) -> Result<http::Response<OutputStream>, Error> {
        if self.0 {
            return Err(Error::model("req_8231-failed", "The model broke."));
        }
        let deltas = [
            Delta::text("Hi"),
            Delta::usage(Usage::new(3, 4)),
            Delta::complete(),
        ];
        Ok(http::Response::new(OutputStream::from_deltas(deltas)))
    }
}

/// Each metric with its labels; of a histogram, how often something was recorded.
fn taken(snapshotter: &Snapshotter) -> BTreeMap<String, f64> {
    let all = snapshotter.snapshot().into_vec().into_iter();
    all.map(|(key, _, _, value)| {
        let key = key.key();
        let labels: Vec<String> = key
            .labels()
            .map(|label| format!("{}={}", label.key(), label.value()))
            .collect();
        let name = key.name().trim_start_matches("openresponses_");
        let value = match value {
            DebugValue::Counter(count) => f64::from(u32::try_from(count).unwrap()),
            DebugValue::Gauge(value) => value.into_inner(),
            DebugValue::Histogram(all) => f64::from(u32::try_from(all.len()).unwrap()),
        };
        (format!("{name} {}", labels.join(" ")), value)
    })
    .collect()
}

/// What is recorded while `work` runs with a service that is measured.
fn measured<F: Future>(work: impl FnOnce(OpenResponses<Gateway>, Snapshotter) -> F) -> Snapshotter {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let catalog = Catalog::new()
        .provider("down", actor("down", Act::Fail503, &log()))
        .provider("odd", Own(true))
        .provider("counts", Own(false))
        .model(
            Model::new("x/one")
                .route(Route::new("down"))
                .route(Route::new("counts")),
        )
        .serve("x/odd", "odd")
        .serve_any("counts");
    metrics::with_local_recorder(&recorder, || {
        let service = service(gateway(catalog).observer(MetricsObserver));
        runtime.block_on(work(service, snapshotter.clone()));
    });
    snapshotter
}

#[test]
fn a_stream_is_active_until_it_ends_or_its_client_disconnects() {
    let snapshotter = measured(|service, snapshotter| async move {
        let body = json!({"model": "x/one", "input": "x", "stream": true}).to_string();
        let request = Request::post("/v1/responses")
            .header("content-type", "application/json")
            .body(body)
            .unwrap();
        let mut answer = service.oneshot(request).await.unwrap();
        assert!(answer.body_mut().frame().await.is_some());
        assert_eq!(taken(&snapshotter)["active_requests "], 1.0);
        drop(answer);
    });
    // A snapshot takes what it shows, so this is the change since then.
    let found = taken(&snapshotter);
    assert_eq!(found["active_requests "], -1.0);
    let gone = "requests_total model=x/one provider=counts outcome=cancelled";
    assert_eq!(found[gone], 1.0);
}

#[test]
fn labels_are_few() {
    let snapshotter = measured(|service, _| async move {
        for (model, stream) in [
            ("x/one", false),
            ("x/one", true),
            ("x/odd", false),
            ("counts/made-up", false),
            ("unknown/model", true),
        ] {
            let body = json!({"model": model, "input": "x", "stream": stream});
            send(&service, &body).await;
        }
    });
    let expected = [
        ("active_requests ", 0.0),
        (
            "attempts_total model=counts/* provider=counts outcome=ok",
            1.0,
        ),
        ("attempts_total model=x/odd provider=odd outcome=other", 1.0),
        ("attempts_total model=x/one provider=counts outcome=ok", 2.0),
        (
            "attempts_total model=x/one provider=down outcome=overloaded",
            2.0,
        ),
        (
            "request_duration_seconds model=counts/* provider=counts",
            1.0,
        ),
        ("request_duration_seconds model=none provider=none", 1.0),
        ("request_duration_seconds model=x/odd provider=odd", 1.0),
        ("request_duration_seconds model=x/one provider=counts", 2.0),
        (
            "requests_total model=counts/* provider=counts outcome=ok",
            1.0,
        ),
        (
            "requests_total model=none provider=none outcome=model_not_found",
            1.0,
        ),
        ("requests_total model=x/odd provider=odd outcome=other", 1.0),
        ("requests_total model=x/one provider=counts outcome=ok", 2.0),
        (
            "time_to_first_output_seconds model=counts/* provider=counts",
            1.0,
        ),
        (
            "time_to_first_output_seconds model=x/one provider=counts",
            2.0,
        ),
        (
            "tokens_total model=counts/* provider=counts kind=input",
            3.0,
        ),
        (
            "tokens_total model=counts/* provider=counts kind=output",
            4.0,
        ),
        ("tokens_total model=x/one provider=counts kind=input", 6.0),
        ("tokens_total model=x/one provider=counts kind=output", 8.0),
    ];
    let expected: BTreeMap<String, f64> = expected
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    assert_eq!(taken(&snapshotter), expected);
}
