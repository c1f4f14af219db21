//! Every combination of what providers do and what a request asks for, against the rules written
//! down a second time.

use std::time::Duration;

use openresponses_gateway::registry::{Catalog, Model, Route};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::common::{Act, Answer, actor, gateway, log, send, service};

/// Two models: the first is served by a and b, the second by b and c.
const MODELS: [(&str, [&str; 2]); 2] = [("x/one", ["a", "b"]), ("x/two", ["b", "c"])];
const SLUGS: [&str; 3] = ["a", "b", "c"];
const TIMEOUTS: [u64; 3] = [1_000, 2_000, 3_000];

#[derive(Debug, PartialEq)]
struct Expected {
    status: u16,
    /// `error.code`, or that of a response that failed on its way.
    code: Option<&'static str>,
    text: String,
    tried: Vec<(&'static str, &'static str, Option<&'static str>)>,
    waited: Duration,
}

struct Case<'c> {
    acts: &'c [Act; 3],
    order: &'c [&'c str],
    only: Option<&'c [&'c str]>,
    fallback: bool,
    stream: bool,
}

fn planned(case: &Case<'_>) -> Vec<(&'static str, &'static str)> {
    let count = if case.fallback { 2 } else { 1 };
    let mut all = Vec::new();
    for (model, providers) in MODELS.iter().take(count) {
        let allowed = |slug: &&str| case.only.is_none_or(|only| only.contains(slug));
        let first = case.order.iter().filter(|slug| providers.contains(slug));
        let rest = providers.iter().filter(|slug| !case.order.contains(slug));
        for slug in first.chain(rest).filter(|slug| allowed(slug)) {
            let slug = SLUGS.iter().find(|known| *known == slug).unwrap();
            all.push((*model, *slug));
        }
    }
    all
}

fn expected(case: &Case<'_>) -> Expected {
    let planned = planned(case);
    let mut expected = Expected {
        status: 400,
        code: Some("invalid_value"),
        text: String::new(),
        tried: Vec::new(),
        waited: Duration::ZERO,
    };
    if planned.first().is_none_or(|(model, _)| *model != "x/one") {
        return expected;
    }
    for (at, (model, slug)) in planned.iter().enumerate() {
        let index = SLUGS.iter().position(|known| known == slug).unwrap();
        let is_last = at + 1 == planned.len();
        let act = case.acts[index];
        let (status, code) = match act {
            Act::Answer => {
                expected.tried.push((model, slug, None));
                return Expected {
                    status: 200,
                    code: None,
                    text: (*slug).into(),
                    ..expected
                };
            }
            Act::Refuse400 => {
                expected.tried.push((model, slug, Some("invalid_value")));
                return expected;
            }
            Act::FailMid if case.stream => {
                expected.tried.push((model, slug, Some("broke")));
                let text = format!("half of {slug}");
                return Expected {
                    status: 200,
                    code: Some("broke"),
                    text,
                    ..expected
                };
            }
            Act::Fail429 => (429, "rate_limit_exceeded"),
            Act::Fail503 => (503, "overloaded"),
            Act::FailFirst | Act::FailMid => (500, "broke"),
            Act::Silence => (500, "stream_ended_early"),
            Act::Panic => (500, "server_error"),
            Act::Hang => {
                expected.waited += Duration::from_millis(TIMEOUTS[index]);
                (504, "timeout")
            }
        };
        expected.tried.push((model, slug, Some(code)));
        if is_last {
            expected.status = status;
            expected.code = Some(code);
        }
    }
    expected
}

fn body(case: &Case<'_>) -> Value {
    let mut options = json!({"providerTimeouts": {"a": 1000, "b": 2000, "c": 3000}});
    if !case.order.is_empty() {
        options["order"] = json!(case.order);
    }
    if let Some(only) = case.only {
        options["only"] = json!(only);
    }
    if case.fallback {
        // The primary model may stand in the list as well.
        options["models"] = json!(["x/one", "x/two"]);
    }
    json!({
        "model": "x/one", "input": "Hello", "stream": case.stream,
        "providerOptions": {"gateway": options},
    })
}

fn reported(answer: &Answer) -> Vec<(String, String, Option<String>)> {
    let mut all = Vec::new();
    let routing = &answer.report()["routing"];
    for model in routing["modelAttempts"].as_array().unwrap() {
        let attempts = model["providerAttempts"].as_array().unwrap();
        assert_eq!(model["providerAttemptCount"], attempts.len());
        for (number, attempt) in (1..).zip(attempts) {
            assert_eq!(attempt["attemptNumber"], number);
            assert_eq!(attempt["success"], attempt.get("error").is_none());
            assert!(attempt["startTime"].as_u64() <= attempt["endTime"].as_u64());
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let error = attempt.get("error").map(text);
            all.push((text(&model["modelId"]), text(&attempt["provider"]), error));
        }
    }
    assert_eq!(routing["totalProviderAttemptCount"], all.len());
    assert_eq!(routing["originalModelId"], "x/one");
    assert_eq!(
        routing["finalProvider"].as_str(),
        all.last().map(|(_, slug, _)| slug.as_str())
    );
    all
}

async fn check(acts: [Act; 3]) -> usize {
    let log = log();
    let mut catalog = Catalog::new();
    for (slug, act) in SLUGS.into_iter().zip(acts) {
        catalog = catalog.provider(slug, actor(slug, act, &log));
    }
    for (id, providers) in MODELS {
        let model = Model::new(id);
        let routes = providers.map(Route::new).into_iter();
        catalog = catalog.model(routes.fold(model, Model::route));
    }
    let service = service(gateway(catalog));
    let mut cases = 0;
    for order in [&[][..], &["b"], &["c", "b"]] {
        for only in [None, Some(&["a"][..]), Some(&["c", "b"]), Some(&["z"])] {
            for fallback in [false, true] {
                for stream in [false, true] {
                    let case = Case {
                        acts: &acts,
                        order,
                        only,
                        fallback,
                        stream,
                    };
                    let expected = expected(&case);
                    log.lock().unwrap().clear();
                    let start = Instant::now();
                    let answer = send(&service, &body(&case)).await;
                    let shown = format!("{acts:?} {} -> {answer:?}", body(&case));
                    assert_eq!(start.elapsed(), expected.waited, "{shown}");
                    assert_eq!(answer.status, expected.status, "{shown}");
                    assert_eq!(
                        answer.body["error"]["code"].as_str(),
                        expected.code,
                        "{shown}"
                    );
                    let asked = log.lock().unwrap();
                    let asked: Vec<&str> = asked.iter().map(|(slug, _)| *slug).collect();
                    let tried: Vec<&str> =
                        expected.tried.iter().map(|(_, slug, _)| *slug).collect();
                    assert_eq!(asked, tried, "{shown}");
                    if answer.status == 200 {
                        assert_eq!(answer.text(), expected.text, "{shown}");
                        assert_eq!(answer.body["model"], "x/one");
                        let reported = reported(&answer);
                        let reported: Vec<_> = reported
                            .iter()
                            .map(|(model, slug, error)| (&model[..], &slug[..], error.as_deref()))
                            .collect();
                        assert_eq!(reported, expected.tried, "{shown}");
                    }
                    cases += 1;
                }
            }
        }
    }
    cases
}

/// What a client sees differs between these; the others fail as one of them does.
const DISTINCT: [Act; 5] = [
    Act::Answer,
    Act::Refuse400,
    Act::Fail503,
    Act::Hang,
    Act::FailMid,
];

#[tokio::test(start_paused = true)]
async fn every_combination() {
    // What is thrown on purpose need not be read.
    std::panic::set_hook(Box::new(|info| {
        let on_purpose = |place: &std::panic::Location<'_>| place.file().ends_with("common.rs");
        if !info.location().is_some_and(on_purpose) {
            eprintln!("{info}");
        }
    }));
    let mut cases = 0;
    for a in DISTINCT {
        for b in DISTINCT {
            for c in DISTINCT {
                cases += check([a, b, c]).await;
            }
        }
    }
    for a in Act::ALL {
        for b in Act::ALL {
            cases += check([a, b, Act::Answer]).await;
        }
    }
    assert_eq!(cases, (125 + 81) * 48);
}
