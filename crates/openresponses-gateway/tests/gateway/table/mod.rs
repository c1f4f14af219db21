//! Every combination of what providers do and what a request asks for, against the rules written
//! down a second time.

mod oracle;

use std::time::Duration;

use openresponses_gateway::Gateway;
use openresponses_gateway::registry::{Catalog, Model, ProviderEntry, Route};
use openresponses_tower::OpenResponses;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::common::{Act, Answer, Log, actor, gateway, log, send, service};
use oracle::{Asks, CLIENTS, HOSTS, Sees, sees};

const SLUGS: [&str; 3] = ["a", "b", "c"];

fn body(asks: &Asks) -> Value {
    let mut options = json!({});
    if !asks.order.is_empty() {
        options["order"] = json!(asks.order);
    }
    if let Some(only) = &asks.only {
        options["only"] = json!(only);
    }
    if let Some(models) = &asks.models {
        options["models"] = json!(models);
    }
    if asks.sort {
        options["sort"] = "cost".into();
    }
    if asks.timeouts {
        options["providerTimeouts"] = CLIENTS
            .iter()
            .map(|(slug, time)| ((*slug).to_owned(), json!(time)))
            .collect();
    }
    json!({
        "model": "x/one", "input": "Hello", "stream": asks.stream,
        "providerOptions": {"gateway": options},
    })
}

fn hosted(acts: [Act; 3], log: &Log) -> OpenResponses<Gateway> {
    let mut catalog = Catalog::new();
    for ((slug, act), (_, time)) in SLUGS.into_iter().zip(acts).zip(HOSTS) {
        let entry = ProviderEntry::new(actor(slug, act, log)).timeout(Duration::from_millis(time));
        catalog = catalog.provider(slug, entry);
    }
    let one = Model::new("x/one")
        .route(Route::new("a").cost(3.0))
        .route(Route::new("b").cost(1.0))
        .route(Route::new("c").cost(2.0));
    let two = Model::new("x/two")
        .route(Route::new("b"))
        .route(Route::new("c"));
    service(gateway(catalog.model(one).model(two)))
}

/// The report agrees with the oracle and is consistent.
fn check_report(answer: &Answer, expected: &Sees, shown: &str) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let routing = &answer.report()["routing"];
    assert_eq!(routing["originalModelId"], "x/one", "{shown}");
    assert_eq!(
        routing["fallbacksAvailable"],
        json!(expected.fallbacks),
        "{shown}"
    );
    assert_eq!(
        routing["totalProviderAttemptCount"],
        expected.attempts.len(),
        "{shown}"
    );
    let (_, first, named, _) = expected.attempts[0];
    assert_eq!(routing["resolvedProvider"], first, "{shown}");
    assert_eq!(routing["resolvedProviderApiModelId"], named, "{shown}");
    let (_, last, ..) = expected.attempts.last().unwrap();
    assert_eq!(routing["finalProvider"], *last, "{shown}");
    let mut found = Vec::new();
    let models = routing["modelAttempts"].as_array().unwrap();
    assert_eq!(routing["modelAttemptCount"], models.len(), "{shown}");
    let mut before = 0;
    for (at, model) in models.iter().enumerate() {
        let attempts = model["providerAttempts"].as_array().unwrap();
        assert_eq!(model["providerAttemptCount"], attempts.len(), "{shown}");
        let succeeds = expected.code.is_none() && at + 1 == models.len();
        assert_eq!(model["success"], succeeds, "{shown}");
        for (number, attempt) in (1..).zip(attempts) {
            assert_eq!(attempt["attemptNumber"], number, "{shown}");
            assert_eq!(
                attempt["success"],
                attempt.get("error").is_none(),
                "{shown}"
            );
            let [start, end] = ["startTime", "endTime"].map(|name| attempt[name].as_u64().unwrap());
            assert!(before <= start && start <= end, "{shown}");
            before = end;
            let failed = attempt.get("error").map(text);
            let status = attempt["statusCode"].as_u64().unwrap();
            assert!(failed.is_some() || status == 200, "{shown}");
            found.push((
                text(&model["modelId"]),
                text(&attempt["provider"]),
                text(&attempt["providerApiModelId"]),
                failed.map(|code| (code, status)),
            ));
        }
    }
    let expected_attempts: Vec<_> = expected
        .attempts
        .iter()
        .map(|(model, slug, named, failed)| {
            let failed = failed.map(|(code, status)| (code.to_owned(), status));
            (
                (*model).to_owned(),
                (*slug).to_owned(),
                (*named).to_owned(),
                failed,
            )
        })
        .collect();
    assert_eq!(found, expected_attempts, "{shown}");
    let warnings = answer.report()["warnings"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let mut warnings: Vec<_> = warnings
        .iter()
        .map(|warning| (text(&warning["feature"]), text(&warning["details"])))
        .collect();
    warnings.sort();
    let expected: Vec<_> = expected
        .warnings
        .iter()
        .map(|(feature, details)| ((*feature).to_owned(), details.clone()))
        .collect();
    assert_eq!(warnings, expected, "{shown}");
}

async fn check(service: &OpenResponses<Gateway>, log: &Log, acts: &[Act; 3], asks: &Asks) {
    let expected = sees(acts, asks);
    log.lock().unwrap().clear();
    let start = Instant::now();
    let answer = send(service, &body(asks)).await;
    let shown = format!("{acts:?} {} -> {answer:?}", body(asks));
    assert_eq!(start.elapsed(), expected.waited, "{shown}");
    assert_eq!(u64::from(answer.status), expected.status, "{shown}");
    assert_eq!(
        answer.body["error"]["code"].as_str(),
        expected.code,
        "{shown}"
    );
    let asked: Vec<(String, &str)> = {
        let log = log.lock().unwrap();
        log.iter()
            .map(|(slug, turn)| (turn.model.clone(), *slug))
            .collect()
    };
    let tried: Vec<(String, &str)> = expected
        .attempts
        .iter()
        .map(|(_, slug, named, _)| ((*named).to_owned(), *slug))
        .collect();
    assert_eq!(asked, tried, "{shown}");
    if answer.status == 200 {
        assert_eq!(answer.text(), expected.text, "{shown}");
        assert_eq!(answer.body["model"], "x/one");
        check_report(&answer, &expected, &shown);
    } else {
        // The documented envelope and nothing beside it.
        assert_eq!(answer.body.as_object().unwrap().len(), 1, "{shown}");
    }
}

/// Panics on purpose are not printed.
fn hush() {
    std::panic::set_hook(Box::new(|info| {
        let on_purpose = |place: &std::panic::Location<'_>| place.file().ends_with("common.rs");
        if !info.location().is_some_and(on_purpose) {
            eprintln!("{info}");
        }
    }));
}

/// What a client sees differs between these; the others fail as one of them does.
const DISTINCT: [Act; 5] = [
    Act::Answer,
    Act::Refuse400,
    Act::Fail503,
    Act::Hang,
    Act::FailMid,
];

/// All behaviors of providers, with some options of requests.
#[tokio::test(start_paused = true)]
async fn every_combination_of_providers() {
    hush();
    let mut all: Vec<[Act; 3]> = Vec::new();
    for a in DISTINCT {
        for b in DISTINCT {
            all.extend(DISTINCT.map(|c| [a, b, c]));
        }
    }
    for a in Act::ALL {
        all.extend(Act::ALL.map(|b| [a, b, Act::Answer]));
    }
    let mut cases = 0;
    for acts in all {
        let log = log();
        let service = hosted(acts, &log);
        for order in [&[][..], &["c", "b"]] {
            for only in [None, Some(&["b", "a"][..])] {
                for models in [None, Some(&["x/one", "x/two"][..])] {
                    for stream in [false, true] {
                        let asks = Asks {
                            order: order.to_vec(),
                            only: only.map(<[_]>::to_vec),
                            models: models.map(<[_]>::to_vec),
                            sort: false,
                            timeouts: true,
                            stream,
                        };
                        check(&service, &log, &acts, &asks).await;
                        cases += 1;
                    }
                }
            }
        }
    }
    assert_eq!(cases, (125 + 100) * 16);
}

/// Every list of some of the three, in every order.
fn orders() -> Vec<Vec<&'static str>> {
    let mut all = vec![Vec::new()];
    let mut at = 0;
    while at < all.len() {
        for slug in SLUGS {
            if !all[at].contains(&slug) {
                let mut longer = all[at].clone();
                longer.push(slug);
                all.push(longer);
            }
        }
        at += 1;
    }
    all
}

/// All options of requests, with some behaviors of providers.
#[tokio::test(start_paused = true)]
async fn every_combination_of_options() {
    hush();
    let orders: Vec<_> = orders().into_iter().chain([vec!["z", "b"]]).collect();
    let onlys = [
        None,
        Some(vec!["a"]),
        Some(vec!["b", "c"]),
        Some(vec!["c", "z"]),
        Some(vec!["c", "b", "a"]),
        Some(vec!["z"]),
        Some(vec![]),
    ];
    let models = [
        None,
        Some(vec!["x/two"]),
        Some(vec!["x/two", "x/one"]),
        Some(vec!["x/zero", "x/two", "x/two"]),
    ];
    let mut cases = 0;
    for acts in [
        // All providers are tried, and any of them may be the last.
        [Act::Fail503, Act::FailFirst, Act::Fail429],
        [Act::Hang, Act::Fail503, Act::FailMid],
        [Act::Hang, Act::Hang, Act::Answer],
    ] {
        let log = log();
        let service = hosted(acts, &log);
        for order in &orders {
            for only in &onlys {
                for models in &models {
                    for bits in 0..8 {
                        let asks = Asks {
                            order: order.clone(),
                            only: only.clone(),
                            models: models.clone(),
                            sort: bits & 1 != 0,
                            timeouts: bits & 2 != 0,
                            stream: bits & 4 != 0,
                        };
                        check(&service, &log, &acts, &asks).await;
                        cases += 1;
                    }
                }
            }
        }
    }
    assert_eq!(cases, 3 * 17 * 7 * 4 * 8);
}
