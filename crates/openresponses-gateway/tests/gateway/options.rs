use std::time::Duration;

use openresponses_gateway::registry::{Catalog, Model, ProviderEntry, Route};
use serde_json::{Value, json};

use crate::common::{Act, Log, actor, gateway, log, send, send_text, service};

fn catalog(log: &Log) -> Catalog {
    let catalog = Catalog::new()
        .provider("cheap", actor("cheap", Act::Answer, log))
        .provider("fast", actor("fast", Act::Answer, log))
        .provider("plain", actor("plain", Act::Answer, log));
    let model = Model::new("x/one")
        .route(Route::new("plain"))
        .route(
            Route::new("cheap")
                .cost(1.0)
                .ttft(Duration::from_secs(2))
                .tps(10.0),
        )
        .route(
            Route::new("fast")
                .model("one-turbo")
                .cost(5.0)
                .ttft(Duration::from_secs(1))
                .tps(99.0),
        );
    catalog.model(model).serve("x/bare", "plain")
}

fn asking(options: Value) -> Value {
    json!({"model": "x/one", "input": "Hello", "providerOptions": options})
}

#[tokio::test]
async fn sorting() {
    let log = log();
    let service = service(gateway(catalog(&log)));
    for (options, first) in [
        (json!({}), "plain"),
        (json!({"sort": "cost"}), "cheap"),
        (json!({"sort": "ttft"}), "fast"),
        (json!({"sort": "tps"}), "fast"),
        // Named providers come before sorted ones.
        (json!({"sort": "cost", "order": ["plain"]}), "plain"),
        (json!({"sort": "cost", "only": ["plain", "fast"]}), "fast"),
    ] {
        let answer = send(&service, &asking(json!({"gateway": options}))).await;
        assert_eq!(answer.text(), first, "{options}");
        assert_eq!(answer.report().get("warnings"), None);
    }
}

#[tokio::test]
async fn each_provider_gets_its_own_options_unchanged_and_no_others() {
    let log = log();
    let failing = catalog(&log)
        .provider("plain", actor("plain", Act::Fail503, &log))
        .provider("cheap", actor("cheap", Act::Fail503, &log));
    let service = service(gateway(failing));
    let body = r#"{"model":"x/one","input":"Hello","providerOptions":{"fast":{"n":1.50,"deep":[{"a":null}]},"cheap":7,
        "gateway":{"order":["plain"]},"other":{"secret":1}},"x_own":true}"#;
    let answer = send_text(&service, body).await;
    assert_eq!(answer.text(), "fast");
    let asked = log.lock().unwrap();
    let got: Vec<_> = asked
        .iter()
        .map(|(slug, turn)| {
            let own = turn
                .extra
                .get("providerOptions")
                .map(|raw| raw.get().to_owned());
            assert_eq!(turn.extra.get("x_own").unwrap().get(), "true");
            (*slug, turn.model.as_str(), own)
        })
        .collect();
    assert_eq!(
        got,
        [
            ("plain", "one", None),
            ("cheap", "one", Some(r#"{"cheap":7}"#.into())),
            (
                "fast",
                "one-turbo",
                Some(r#"{"fast":{"n":1.50,"deep":[{"a":null}]}}"#.into())
            ),
        ]
    );
}

#[tokio::test]
async fn options_that_cannot_be_applied_are_warnings() {
    let service = service(gateway(catalog(&log())));
    for stream in [false, true] {
        for (options, feature, details) in [
            (
                json!({"caching": "auto"}),
                "caching",
                "This gateway does not know the option.",
            ),
            (
                json!({"models": ["x/zero"]}),
                "models",
                "There is no model 'x/zero'.",
            ),
            (
                json!({"models": 7}),
                "models",
                "It must be a list of up to 64 names.",
            ),
            (
                json!({"order": ["zed"]}),
                "order",
                "The provider 'zed' serves none of the models.",
            ),
            (
                json!({"only": ["plain", "zed"]}),
                "only",
                "The provider 'zed' serves none of the models.",
            ),
            (
                json!({"only": ["fast"], "models": ["x/bare"]}),
                "only",
                "No provider remains for the model 'x/bare'.",
            ),
            (
                json!({"providerTimeouts": {"plain": 5}}),
                "providerTimeouts.plain",
                "It must lie between 1000 and 789000 milliseconds: 1000 is used.",
            ),
        ] {
            let mut body = asking(json!({"gateway": options}));
            body["stream"] = stream.into();
            let answer = send(&service, &body).await;
            assert_eq!(answer.status, 200, "{options}");
            let expected = json!([{"type": "unsupported", "feature": feature, "details": details}]);
            assert_eq!(answer.report()["warnings"], expected);
        }
        let mut body = asking(json!({"gateway": {"sort": "tps"}}));
        body["model"] = "x/bare".into();
        let answer = send(&service, &body).await;
        assert_eq!(answer.report()["warnings"][0]["feature"], "sort");
    }
}

#[tokio::test]
async fn a_bound_is_never_ignored() {
    let log = log();
    let service = service(gateway(catalog(&log)));
    for (only, code) in [
        (json!([]), "invalid_value"),
        (json!(["zed"]), "invalid_value"),
        (json!("plain"), "invalid_value"),
        (json!([1]), "invalid_value"),
    ] {
        // Refused even if a further model fits: the restriction applies to the requested model.
        let options = json!({"gateway": {"only": only, "models": ["x/bare"]}});
        let answer = send(&service, &asking(options)).await;
        assert_eq!(answer.status, 400);
        assert_eq!(
            answer.body["error"]["param"],
            "providerOptions.gateway.only"
        );
        assert_eq!(answer.body["error"]["code"], code);
    }
    assert!(log.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn timeouts_of_the_host_and_of_the_client() {
    let log = log();
    let slow = ProviderEntry::new(actor("plain", Act::Hang, &log)).timeout(Duration::from_secs(20));
    let service = service(gateway(catalog(&log).provider("plain", slow)));
    for (options, seconds) in [
        (json!({}), 20),
        (json!({"gateway": {"providerTimeouts": {"plain": 3000}}}), 3),
        // A client cannot extend the host's limit.
        (
            json!({"gateway": {"providerTimeouts": {"plain": 700000}}}),
            20,
        ),
    ] {
        let start = tokio::time::Instant::now();
        assert_eq!(send(&service, &asking(options)).await.text(), "cheap");
        assert_eq!(start.elapsed(), Duration::from_secs(seconds));
    }
}

#[tokio::test]
async fn the_host_decides_what_is_retried_and_how_often() {
    let log = log();
    let failing = || {
        catalog(&log)
            .provider("plain", actor("plain", Act::Fail503, &log))
            .provider("cheap", actor("cheap", Act::Fail429, &log))
    };
    let never = service(gateway(failing()).failover(|_| false));
    assert_eq!(send(&never, &asking(json!({}))).await.status, 503);
    let twice = service(gateway(failing()).max_attempts(2));
    let answer = send(&twice, &asking(json!({}))).await;
    assert_eq!(answer.status, 429);
    assert_eq!(answer.body["error"]["type"], "too_many_requests");
    assert_eq!(log.lock().unwrap().len(), 3);
}
