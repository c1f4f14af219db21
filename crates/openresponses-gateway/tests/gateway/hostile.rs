//! Hostile `providerOptions`: a request is answered, or refused for `only`.

use openresponses_gateway::Gateway;
use openresponses_gateway::registry::{Catalog, Model, Route};
use openresponses_tower::OpenResponses;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::common::{Act, Answer, actor, gateway, log, send, service};

fn hosted() -> OpenResponses<Gateway> {
    let log = log();
    let catalog = Catalog::new()
        .provider("a", actor("a", Act::Answer, &log))
        .provider("b", actor("b", Act::Answer, &log))
        .model(
            Model::new("x/one")
                .route(Route::new("a"))
                .route(Route::new("b")),
        )
        .serve("x/two", "b")
        .alias("both", ["x/one", "x/two"])
        .serve_any("b");
    service(gateway(catalog))
}

async fn answered(options: &Value) -> Answer {
    let body = json!({"model": "x/one", "input": "x", "providerOptions": options});
    send(&hosted(), &body).await
}

fn warnings(answer: &Answer) -> Vec<(String, String)> {
    let all = answer.report()["warnings"].as_array().cloned();
    let all = all.unwrap_or_default().into_iter();
    all.map(|warning| {
        let text = |name: &str| warning[name].as_str().unwrap().to_owned();
        assert_eq!(text("type"), "unsupported");
        (text("feature"), text("details"))
    })
    .collect()
}

/// Answered, or refused for `only`; reports stay bounded.
fn is_sane(answer: &Answer) {
    match answer.status {
        200 => {
            let warnings = warnings(answer);
            assert!(warnings.len() <= 32);
            for (feature, details) in &warnings {
                assert!(feature.chars().count() <= 90, "{feature}");
                assert!(!details.is_empty() && details.len() <= 400, "{details}");
                assert!(!feature.chars().any(char::is_control), "{feature:?}");
                assert!(!details.chars().any(char::is_control), "{details:?}");
            }
        }
        400 => {
            let error = &answer.body["error"];
            assert_eq!(error["param"], "providerOptions.gateway.only");
            assert_eq!(error["type"], "invalid_request_error");
        }
        other => panic!("{other}: {answer:?}"),
    }
}

fn name() -> impl Strategy<Value = String> {
    let known = [
        "a", "b", "c", "gateway", "x/one", "x/two", "both", "b/any", "one", "",
    ];
    prop_oneof![
        6 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "[a-z]{300}",
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        Just(json!(-1)),
        Just(json!(0)),
        Just(json!(999)),
        Just(json!(1_000)),
        Just(json!(789_000)),
        Just(json!(789_001)),
        Just(json!(1e300)),
        Just(json!(0.5)),
        any::<i64>().prop_map(|number| json!(number)),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number,
        name().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(name().prop_map(Value::from), 0..6).prop_map(Value::from),
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((name(), inner), 0..4)
                .prop_map(|all| Value::Object(all.into_iter().collect())),
        ]
    })
}

fn options() -> impl Strategy<Value = Value> {
    let known = [
        "models",
        "order",
        "only",
        "sort",
        "providerTimeouts",
        "caching",
        "user",
        "tags",
    ];
    let member = prop_oneof![
        4 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    let own = proptest::collection::vec((member, value()), 0..5)
        .prop_map(|all| Value::Object(all.into_iter().collect()));
    let own = prop_oneof![6 => own, 1 => value()];
    let beside = proptest::collection::vec((name(), value()), 0..3);
    let whole = (own, beside).prop_map(|(own, beside)| {
        let mut all: serde_json::Map<String, Value> = beside.into_iter().collect();
        all.insert("gateway".into(), own);
        Value::Object(all)
    });
    prop_oneof![8 => whole, 1 => value()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_at_all(options in options()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        is_sane(&runtime.block_on(answered(&options)));
    }
}

/// Lists and names over the limits are refused.
#[tokio::test]
async fn beyond_all_measure() {
    let many = |count: usize| -> Vec<String> { (0..count).map(|n| format!("p{n}")).collect() };
    for (name, value, count) in [
        ("order", json!(many(64)), 32),
        ("order", json!(many(65)), 1),
        ("order", json!(many(50_000)), 1),
        ("models", json!(many(64)), 32),
        ("models", json!(many(50_000)), 1),
        ("order", json!(["a".repeat(257)]), 1),
        ("sort", json!("c".repeat(10_000)), 1),
        ("x".repeat(10_000).as_str(), json!(1), 1),
    ] {
        let answer = answered(&json!({"gateway": {name: value}})).await;
        is_sane(&answer);
        assert_eq!(
            (answer.status, warnings(&answer).len()),
            (200, count),
            "{name:.20}"
        );
    }
    for only in [
        json!(many(65)),
        json!(many(50_000)),
        json!(["a".repeat(257)]),
    ] {
        let answer = answered(&json!({"gateway": {"only": only}})).await;
        is_sane(&answer);
        assert_eq!(answer.status, 400);
    }
    let object = |count: usize| -> Value {
        Value::Object(
            many(count)
                .into_iter()
                .map(|name| (name, json!(5_000)))
                .collect(),
        )
    };
    for options in [
        json!({"gateway": {"providerTimeouts": object(50_000)}}),
        json!({"gateway": object(50_000)}),
        object(50_000),
    ] {
        let answer = answered(&options).await;
        is_sane(&answer);
        assert_eq!((answer.status, warnings(&answer).len()), (200, 32));
    }
}

/// Compactions that claim many different providers are processed in linear time.
#[tokio::test]
async fn many_makers() {
    let items: Vec<Value> = (0..100_000)
        .map(|n| json!({"type": "compaction", "encrypted_content": format!("via:p{n}:x")}))
        .collect();
    let answer = send(&hosted(), &json!({"model": "x/one", "input": items})).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.body["error"]["param"], "input[0].encrypted_content");
}

#[tokio::test]
async fn names_twice_count_once() {
    let options = json!({"gateway": {
        "order": ["b", "b", "a", "b"], "only": ["a", "b", "a"], "models": ["x/two", "x/one", "x/two"],
    }});
    let answer = answered(&options).await;
    assert_eq!(answer.text(), "b");
    assert_eq!(warnings(&answer), []);
    assert_eq!(
        answer.report()["routing"]["fallbacksAvailable"],
        json!(["a"])
    );
}

#[tokio::test]
async fn timeouts_at_their_bounds() {
    for (given, used) in [
        (json!(1_000), None),
        (json!(789_000), None),
        (json!(1_234.0), None),
        (json!(999), Some("1000")),
        (json!(999.9), Some("1000")),
        (json!(0), Some("1000")),
        (json!(789_000.5), Some("789000")),
        (json!(789_001), Some("789000")),
        (json!(u64::MAX), Some("789000")),
        (json!(1e300), Some("789000")),
    ] {
        let answer = answered(&json!({"gateway": {"providerTimeouts": {"a": given}}})).await;
        let expected = used.map(|used| {
            let details =
                format!("It must lie between 1000 and 789000 milliseconds: {used} is used.");
            (String::from("providerTimeouts.a"), details)
        });
        assert_eq!(warnings(&answer), Vec::from_iter(expected), "{given}");
    }
    for given in [
        json!(-1),
        json!("1000"),
        json!([1_000]),
        json!(true),
        json!({}),
    ] {
        let answer = answered(&json!({"gateway": {"providerTimeouts": {"a": given}}})).await;
        let details = String::from("It must be a number of milliseconds.");
        assert_eq!(
            warnings(&answer),
            [("providerTimeouts.a".into(), details)],
            "{given}"
        );
    }
}

#[tokio::test]
async fn options_for_unknown_providers_are_reported() {
    let options = json!({"a": {"n": 1}, "zed": {"n": 2}, "gateway": {}});
    let answer = answered(&options).await;
    let details = String::from("There is no provider 'zed'.");
    assert_eq!(warnings(&answer), [("providerOptions.zed".into(), details)]);
}

/// A restriction that leaves a provider for one model of an alias is kept.
#[tokio::test]
async fn a_bound_on_an_alias() {
    let log = log();
    let catalog = || {
        Catalog::new()
            .provider("a", actor("a", Act::Answer, &log))
            .provider("b", actor("b", Act::Answer, &log))
            .provider("c", actor("c", Act::Answer, &log))
            .serve("x/one", "a")
            .serve("x/two", "b")
            .serve("x/three", "c")
            .alias("both", ["x/one", "x/two"])
    };
    let service = service(gateway(catalog()));
    let ask = |only: &str| {
        json!({"model": "both", "input": "x",
            "providerOptions": {"gateway": {"only": [only], "models": ["x/three"]}}})
    };
    let answer = send(&service, &ask("b")).await;
    assert_eq!(answer.text(), "b");
    let features: Vec<_> = warnings(&answer)
        .into_iter()
        .map(|(_, details)| details)
        .collect();
    assert_eq!(
        features,
        [
            "No provider remains for the model 'x/one'.",
            "No provider remains for the model 'x/three'."
        ]
    );
    let answer = send(&service, &ask("c")).await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.body["error"]["message"],
        "None of the providers in 'providerOptions.gateway.only' serves the model 'x/one' or 'x/two'. It is served by: a, b."
    );
}
