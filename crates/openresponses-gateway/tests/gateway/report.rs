use http::{Request, Response};
use openresponses_gateway::registry::{Catalog, Model, Route};
use openresponses_tower::{Error, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::json::RawJson;
use openresponses_types::sequence::{CountingIds, Delta};
use serde_json::{Value, json};

use crate::common::{Act, actor, gateway, log, send, service};
use crate::socket::{open, serve, turn_on};

/// Answers with a `provider_metadata` of its own.
struct Talkative;

impl Provider for Talkative {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let own = r#"{"talkative":{"cost":1.50},"gateway":{"forged":true}}"#;
        let member = Delta::Member {
            name: "provider_metadata".into(),
            value: RawJson::parse(own).unwrap(),
        };
        let deltas = [member, Delta::text("Hi"), Delta::complete()];
        Ok(Response::new(OutputStream::from_deltas(deltas)))
    }
}

fn catalog() -> Catalog {
    let log = log();
    Catalog::new()
        .provider("down", actor("down", Act::Fail503, &log))
        .provider("late", actor("late", Act::Fail429, &log))
        .provider("talkative", Talkative)
        .model(
            Model::new("x/one")
                .route(Route::new("down").model("uno"))
                .route(Route::new("late")),
        )
        .model(Model::new("x/two").route(Route::new("talkative").model("dos")))
        .alias("best", ["x/one", "x/two"])
}

fn without_times(mut value: Value) -> Value {
    for model in value["routing"]["modelAttempts"].as_array_mut().unwrap() {
        for attempt in model["providerAttempts"].as_array_mut().unwrap() {
            let attempt = attempt.as_object_mut().unwrap();
            assert!(attempt.remove("startTime").unwrap().is_u64());
            assert!(attempt.remove("endTime").unwrap().is_u64());
        }
    }
    value
}

#[tokio::test]
async fn the_whole_of_it() {
    for stream in [false, true] {
        let service = service(gateway(catalog()).ids(CountingIds::default()));
        let answer = send(
            &service,
            &json!({"model": "best", "input": "x", "stream": stream}),
        )
        .await;
        assert_eq!(answer.body["model"], "best");
        assert_eq!(
            answer.body["provider_metadata"]["talkative"],
            json!({"cost": 1.5})
        );
        let expected = json!({
            "generationId": "gen_1",
            "routing": {
                "originalModelId": "best",
                "resolvedProvider": "down",
                "resolvedProviderApiModelId": "uno",
                "fallbacksAvailable": ["late", "talkative"],
                "finalProvider": "talkative",
                "modelAttemptCount": 2,
                "totalProviderAttemptCount": 3,
                "modelAttempts": [
                    {
                        "modelId": "x/one", "success": false, "providerAttemptCount": 2,
                        "providerAttempts": [
                            {"attemptNumber": 1, "provider": "down", "providerApiModelId": "uno",
                             "success": false, "error": "overloaded", "statusCode": 503},
                            {"attemptNumber": 2, "provider": "late", "providerApiModelId": "one",
                             "success": false, "error": "rate_limit_exceeded", "statusCode": 429},
                        ],
                    },
                    {
                        "modelId": "x/two", "success": true, "providerAttemptCount": 1,
                        "providerAttempts": [
                            {"attemptNumber": 1, "provider": "talkative", "providerApiModelId": "dos",
                             "success": true, "statusCode": 200},
                        ],
                    },
                ],
            },
        });
        assert_eq!(without_times(answer.report().clone()), expected);
    }
}

#[tokio::test]
async fn it_can_be_left_out() {
    let service = service(gateway(catalog()).report(false));
    let ask = |model: &str| json!({"model": model, "input": "x", "providerOptions": {"gateway": {"tags": []}}});
    let answer = send(&service, &ask("best")).await;
    assert_eq!(
        answer.body["provider_metadata"]["talkative"],
        json!({"cost": 1.5})
    );
    assert!(
        answer.body["provider_metadata"]["gateway"]
            .get("routing")
            .is_none()
    );
}

#[tokio::test]
async fn a_failing_request_is_answered_with_the_plain_envelope() {
    let service = service(gateway(catalog()));
    let answer = send(&service, &json!({"model": "x/one", "input": "x"})).await;
    assert_eq!(answer.status, 429);
    let members: Vec<_> = answer.body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["error"]);
    assert_eq!(answer.body["error"].as_object().unwrap().len(), 4);
}

/// An upstream that speaks the protocol, with a `provider_metadata` of its own.
struct Relayed {
    end: &'static str,
    /// Some upstreams omit the names of events.
    named: bool,
}

impl Provider for Relayed {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let response = |status: &str, output: &str| {
            let mut response = openresponses_types::Response::new("resp_up", "up", 1);
            response.status = openresponses_types::response::ResponseStatus::from(status).into();
            let text = response.to_json();
            text.replacen(
                '{',
                &format!(r#"{{"provider_metadata":{{"up":{{"n":1}}}},"output":{output},"#),
                1,
            )
            .replace(r#""output":[],"#, "")
        };
        let item = r#"{"type":"message","id":"m1","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hi","annotations":[],"logprobs":[]}]}"#;
        let event = |name: &str, rest: String| {
            let data = format!("data: {{\"type\":\"{name}\",{rest}}}\n\n");
            if self.named {
                format!("event: {name}\n{data}")
            } else {
                data
            }
        };
        let mut body = event(
            "response.created",
            format!(
                r#""sequence_number":0,"response":{}"#,
                response("in_progress", "[]")
            ),
        );
        if self.end == "early" {
            body += &event(
                "response.failed",
                format!(
                    r#""sequence_number":1,"response":{}"#,
                    response("failed", "[]")
                ),
            );
        } else {
            body += &event("response.output_item.added", r#""sequence_number":1,"output_index":0,"item":{"type":"message","id":"m1","status":"in_progress","role":"assistant","content":[]}"#.into());
            body += &event(
                "response.output_item.done",
                format!(r#""sequence_number":2,"output_index":0,"item":{item}"#),
            );
            body += &event(
                "response.completed",
                format!(
                    r#""sequence_number":3,"response":{}"#,
                    response("completed", &format!("[{item}]"))
                ),
            );
        }
        let mode = openresponses_tower::output::RelayMode::Repair;
        Ok(Response::new(OutputStream::relay(body, mode)))
    }
}

#[tokio::test]
async fn a_relayed_upstream_is_an_attempt_like_any_other() {
    for (named, stream) in [(true, false), (true, true), (false, false), (false, true)] {
        let catalog = Catalog::new()
            .provider(
                "early",
                Relayed {
                    end: "early",
                    named,
                },
            )
            .provider("good", Relayed { end: "well", named })
            .model(
                Model::new("x/one")
                    .route(Route::new("early"))
                    .route(Route::new("good")),
            );
        let service = service(gateway(catalog));
        let answer = send(
            &service,
            &json!({"model": "x/one", "input": "x", "stream": stream}),
        )
        .await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.text(), "Hi");
        assert_eq!(answer.body["provider_metadata"]["up"], json!({"n": 1}));
        let routing = &answer.report()["routing"];
        assert_eq!(routing["finalProvider"], "good", "{routing}");
        assert_eq!(routing["totalProviderAttemptCount"], 2);
        assert_eq!(routing["modelAttempts"][0]["success"], true);
    }
}

/// Over a WebSocket an answer is always streamed, and the report is in its last event.
#[tokio::test]
async fn over_a_websocket_as_well() {
    let log = log();
    let catalog = Catalog::new()
        .provider("down", actor("down", Act::Fail503, &log))
        .provider("up", actor("up", Act::Answer, &log))
        .provider("half", actor("half", Act::FailMid, &log))
        .model(
            Model::new("x/one")
                .route(Route::new("down"))
                .route(Route::new("up")),
        )
        .model(
            Model::new("x/two")
                .route(Route::new("half"))
                .route(Route::new("up")),
        )
        .serve("x/three", "down");
    let address = serve(service(gateway(catalog))).await;
    let mut socket = open(address, &[]).await;
    let options = json!({"gateway": {"tags": ["a"]}});
    let ask = |model: &str| json!({"model": model, "input": "x", "providerOptions": options});
    for (model, end, tried, last) in [
        ("x/one", "response.completed", 2, "up"),
        // Output was sent, so no other provider is tried.
        ("x/two", "response.failed", 1, "half"),
    ] {
        let events = turn_on(&mut socket, ask(model)).await;
        let (terminal, before) = events.split_last().unwrap();
        assert_eq!(terminal["type"], end);
        let report = &terminal["response"]["provider_metadata"]["gateway"];
        assert_eq!(report["routing"]["totalProviderAttemptCount"], tried);
        assert_eq!(report["routing"]["finalProvider"], last);
        assert_eq!(report["warnings"][0]["feature"], "tags");
        assert!(
            before
                .iter()
                .all(|event| !event.to_string().contains("provider_metadata"))
        );
        let is_delta = |event: &&Value| event["type"] == "response.output_text.delta";
        assert!(before.iter().filter(is_delta).count() > 0);
    }
    // Before its start it is refused in the envelope.
    let refused = turn_on(&mut socket, ask("x/three")).await;
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0]["status"], 503);
    assert_eq!(refused[0]["error"]["code"], "overloaded");
}
