use std::sync::{Arc, Mutex};

use http::{Request, Response};
use http_body_util::BodyExt;
use openresponses_gateway::Gateway;
use openresponses_gateway::capability::{Capabilities, Capability, CapabilityPolicy, Unsupported};
use openresponses_gateway::registry::{Catalog, Model, ProviderEntry, Route};
use openresponses_tower::output::RelayMode;
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::sequence::Delta;
use openresponses_types::{Item, Turn};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::common::{Act, Log, actor, gateway, log, send, service};

fn everything() -> Value {
    json!({
        "model": "x/one",
        "input": [
            {"type": "message", "role": "user", "content": [
                {"type": "input_text", "text": "Look."},
                {"type": "input_image", "image_url": "https://example.org/a.png"},
                {"type": "input_file", "file_url": "https://example.org/a.pdf"},
            ]},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": [
                {"type": "input_video", "video_url": "https://example.org/a.mp4"},
            ]},
        ],
        "tools": [{"type": "function", "name": "f"}],
        "text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}},
        "reasoning": {"effort": "low"},
        "top_logprobs": 2,
        "include": ["message.output_text.logprobs", "reasoning.encrypted_content"],
    })
}

const PLACES: [(Capability, &str); 9] = [
    (Capability::Images, "input[0].content[1]"),
    (Capability::Files, "input[0].content[2]"),
    (Capability::Video, "input[2].output[0]"),
    (Capability::Tools, "tools"),
    (Capability::ParallelTools, "parallel_tool_calls"),
    (Capability::StructuredOutput, "text.format"),
    (Capability::Reasoning, "reasoning"),
    (Capability::EncryptedReasoning, "include[1]"),
    (Capability::Logprobs, "top_logprobs"),
];

fn lacking(log: &Log, capabilities: Capabilities) -> Gateway {
    let poor = ProviderEntry::new(actor("poor", Act::Answer, log)).capabilities(capabilities);
    gateway(Catalog::new().provider("poor", poor).serve("x/one", "poor"))
}

#[tokio::test]
async fn refused_stripped_or_passed() {
    for (capability, path) in PLACES {
        let lacking = |log| lacking(log, Capabilities::all().without(capability));
        let policy = |then| CapabilityPolicy::new().on(capability, then);

        let first = log();
        let refusing = lacking(&first).capability_policy(policy(Unsupported::Refuse));
        let answer = send(&service(refusing), &everything()).await;
        assert_eq!(answer.status, 400, "{capability:?}");
        assert_eq!(answer.body["error"]["param"], path);
        assert_eq!(answer.body["error"]["code"], "unsupported_parameter");
        assert!(first.lock().unwrap().is_empty());

        let second = log();
        let passing = lacking(&second).capability_policy(policy(Unsupported::Pass));
        let answer = send(&service(passing), &everything()).await;
        assert_eq!(answer.report().get("warnings"), None, "{capability:?}");
        let passed = second.lock().unwrap()[0].1.clone();

        let third = log();
        let stripping = lacking(&third).capability_policy(policy(Unsupported::Strip));
        let answer = send(&service(stripping), &everything()).await;
        let details = format!("The provider 'poor' does not support it: '{path}' was removed.");
        let warning =
            json!([{"type": "unsupported", "feature": capability.as_str(), "details": details}]);
        assert_eq!(answer.report()["warnings"], warning);
        let stripped = third.lock().unwrap()[0].1.clone();
        assert_ne!(
            format!("{passed:?}"),
            format!("{stripped:?}"),
            "{capability:?}"
        );
    }
}

#[tokio::test]
async fn a_provider_that_lacks_encrypted_reasoning_is_not_asked_for_it_by_its_translator() {
    let body = json!({"model": "x/one", "input": "Hi", "reasoning": {"effort": "low"}});
    let poor = Capabilities::all().without(Capability::EncryptedReasoning);
    for (capabilities, is_asked) in [(Capabilities::all(), true), (poor, false)] {
        let log = log();
        let answer = send(&service(lacking(&log, capabilities)), &body).await;
        assert_eq!(answer.report().get("warnings"), None);
        assert_eq!(log.lock().unwrap()[0].1.encrypted_reasoning, is_asked);
    }
}

#[tokio::test]
async fn what_is_stripped_and_what_stays() {
    let log = log();
    let all = Capability::ALL
        .into_iter()
        .fold(CapabilityPolicy::new(), |policy, capability| {
            policy.on(capability, Unsupported::Strip)
        });
    let stripping = lacking(&log, Capabilities::none()).capability_policy(all);
    let mut body = everything();
    let only_image = json!({"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": "https://example.org/b.png"}]});
    body["input"].as_array_mut().unwrap().push(only_image);
    let answer = send(&service(stripping), &body).await;
    assert_eq!(answer.report()["warnings"].as_array().unwrap().len(), 9);
    let turn = log.lock().unwrap()[0].1.clone();
    // The message with an image only is removed; the call keeps an output.
    assert_eq!(turn.items.len(), 3);
    let Item::Message(message) = &*turn.items[0] else {
        panic!()
    };
    assert_eq!(message.content.parts().len(), 1);
    let Item::FunctionCallOutput(output) = &*turn.items[2] else {
        panic!()
    };
    assert!(output.output.parts().is_empty());
    assert!(turn.tools.is_empty() && turn.include.is_empty() && !turn.parallel_tool_calls);
    assert!(turn.reasoning.is_none() && turn.top_logprobs.is_none());
}

#[tokio::test]
async fn another_provider_that_can_do_it_is_asked_instead() {
    let log = log();
    let poor =
        ProviderEntry::new(actor("poor", Act::Answer, &log)).capabilities(Capabilities::none());
    let rich = actor("rich", Act::Answer, &log);
    let catalog = Catalog::new()
        .provider("poor", poor)
        .provider("rich", rich)
        .model(
            Model::new("x/one")
                .route(Route::new("poor"))
                .route(Route::new("rich")),
        )
        .model(Model::new("x/two").route(Route::new("rich").capabilities(Capabilities::none())));
    let service = service(gateway(catalog));
    let answer = send(&service, &everything()).await;
    assert_eq!(answer.text(), "rich");
    assert_eq!(answer.report().get("warnings"), None);
    let plain = json!({"model": "x/one", "input": "Hello"});
    assert_eq!(send(&service, &plain).await.text(), "poor");
    // A request that names the provider gets the reason in a warning.
    let mut body = everything();
    body["providerOptions"] = json!({"gateway": {"order": ["poor"], "models": ["x/two"]}});
    let answer = send(&service, &body).await;
    assert_eq!(answer.text(), "rich");
    let details =
        |name: &str| format!("{name} cannot do what 'input[0].content[1]' needs: images.");
    assert_eq!(
        answer.report()["warnings"],
        json!([
            {"type": "unsupported", "feature": "order", "details": details("The provider 'poor'")},
            {"type": "unsupported", "feature": "models", "details": details("The model 'x/two'")},
        ])
    );
    // The model that was asked for cannot do it, and a further one can.
    body["model"] = "x/two".into();
    body["providerOptions"] = json!({"gateway": {"models": ["x/one"]}});
    let answer = send(&service, &body).await;
    assert_eq!(answer.text(), "rich");
    assert_eq!(
        answer.report()["routing"]["modelAttempts"][0]["modelId"],
        "x/one"
    );
    assert_eq!(
        answer.report()["warnings"],
        json!([{"type": "unsupported", "feature": "models", "details": details("The model 'x/two'")}])
    );
    // A route may override the capabilities of its provider.
    let mut body = everything();
    body["model"] = "x/two".into();
    assert_eq!(send(&service, &body).await.status, 400);
}

/// Makes encrypted reasoning, and keeps what it gets.
struct Thinker(&'static str, Arc<Mutex<Vec<String>>>);

impl Provider for Thinker {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let got = turn
            .body()
            .items
            .iter()
            .map(|item| item.to_json())
            .collect();
        self.1.lock().unwrap().push(got);
        Ok(Response::new(OutputStream::from_deltas([
            Delta::Summary("Hm.".into()),
            Delta::EncryptedReasoning(format!("secret:of:{}", self.0)),
            Delta::text("Hi"),
            Delta::complete(),
        ])))
    }
}

fn thinkers(got: &Arc<Mutex<Vec<String>>>) -> Catalog {
    Catalog::new()
        .provider("a", Thinker("a", Arc::clone(got)))
        .provider("b", Thinker("b", Arc::clone(got)))
        .model(
            Model::new("x/one")
                .route(Route::new("a"))
                .route(Route::new("b")),
        )
}

#[tokio::test]
async fn encrypted_reasoning_goes_back_to_its_maker_only() {
    let got = Arc::default();
    let service = service(gateway(thinkers(&got)));
    let answer = send(&service, &json!({"model": "x/one", "input": "x"})).await;
    let reasoning = answer.body["output"][0].clone();
    assert_eq!(reasoning["encrypted_content"], "via:a:secret:of:a");
    let mut bare = reasoning.clone();
    bare["summary"] = json!([]);
    for (order, item, expected, warned) in [
        (
            "a",
            &reasoning,
            r#""encrypted_content":"secret:of:a""#,
            false,
        ),
        ("b", &reasoning, r#""text":"Hm.""#, true),
        // Nothing is left of it.
        ("b", &bare, r#""text":"next""#, true),
    ] {
        got.lock().unwrap().clear();
        let next = json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "next"}]});
        let body = json!({
            "model": "x/one", "input": [item, next],
            "providerOptions": {"gateway": {"order": [order]}},
        });
        let answer = send(&service, &body).await;
        let seen = got.lock().unwrap().concat();
        assert!(seen.contains(expected) && !seen.contains("via:"), "{seen}");
        assert_eq!(seen.contains("secret"), !warned, "{seen}");
        assert_eq!(answer.report().get("warnings").is_some(), warned);
    }
    assert_eq!(got.lock().unwrap().concat().matches("\"type\":").count(), 2);
}

/// The same behind an upstream server that is relayed.
struct Relayed(&'static str, Arc<Mutex<Vec<String>>>, RelayMode);

impl Provider for Relayed {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let thinker = Thinker(self.0, Arc::clone(&self.1));
        let upstream = OpenResponses::new(thinker, Config::new());
        let items: Vec<Value> = turn
            .body()
            .items
            .iter()
            .map(|item| serde_json::from_str(&item.to_json()).unwrap())
            .collect();
        let body = json!({"model": "m", "input": items, "stream": true}).to_string();
        let request = Request::post("/v1/responses")
            .header("content-type", "application/json")
            .body(body)
            .unwrap();
        let answer = upstream.oneshot(request).await.unwrap();
        let events = answer.into_body().collect().await.unwrap().to_bytes();
        let body = http_body_util::Full::new(events);
        Ok(Response::new(OutputStream::relay(body, self.2)))
    }
}

#[tokio::test]
async fn what_is_relayed_is_bound_as_well() {
    for mode in [RelayMode::Observe, RelayMode::Enforce, RelayMode::Repair] {
        let got = Arc::default();
        let catalog = Catalog::new()
            .provider("a", Relayed("a", Arc::clone(&got), mode))
            .provider("b", Relayed("b", Arc::clone(&got), mode))
            .model(
                Model::new("x/one")
                    .route(Route::new("a"))
                    .route(Route::new("b")),
            );
        let service = service(gateway(catalog));
        let body = json!({"model": "x/one", "input": "x", "stream": true});
        let request = Request::post("/v1/responses")
            .header("content-type", "application/json")
            .body(body.to_string())
            .unwrap();
        let answer = service.clone().oneshot(request).await.unwrap();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        // In the item's last event and in the response; nowhere else, and never bare.
        assert_eq!(text.matches("via:a:secret:of:a").count(), 2, "{text}");
        assert_eq!(text.matches("secret:of:a").count(), 2);

        let whole = send(&service, &json!({"model": "x/one", "input": "x"})).await;
        let reasoning = whole.body["output"][0].clone();
        assert_eq!(reasoning["encrypted_content"], "via:a:secret:of:a");
        for (order, reads) in [("a", true), ("b", false)] {
            got.lock().unwrap().clear();
            let next = json!({"type": "message", "role": "user", "content": "next"});
            let body = json!({
                "model": "x/one", "input": [reasoning, next],
                "providerOptions": {"gateway": {"order": [order]}},
            });
            let answer = send(&service, &body).await;
            let seen = got.lock().unwrap().concat();
            assert!(!seen.contains("via:"), "{seen}");
            assert_eq!(seen.contains("secret:of:a"), reads, "{seen}");
            assert_eq!(answer.report().get("warnings").is_some(), !reads);
        }
    }
}

#[tokio::test]
async fn a_compaction_keeps_the_request_at_its_makers() {
    let got = Arc::default();
    let service = service(gateway(thinkers(&got)));
    let ask = |maker: &str| {
        json!({"model": "x/one", "input": [
            {"type": "compaction", "encrypted_content": format!("via:{maker}:all")},
            {"type": "message", "role": "user", "content": "x"},
        ]})
    };
    let answer = send(&service, &ask("b")).await;
    assert_eq!(answer.report()["routing"]["finalProvider"], "b");
    assert!(got.lock().unwrap()[0].contains(r#""encrypted_content":"all""#));
    let answer = send(&service, &ask("c")).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.body["error"]["param"], "input[0].encrypted_content");
}

#[tokio::test]
async fn unbound_content_passes() {
    let got = Arc::default();
    let service = service(gateway(thinkers(&got)).bind_encrypted(false));
    let answer = send(&service, &json!({"model": "x/one", "input": "x"})).await;
    assert_eq!(answer.body["output"][0]["encrypted_content"], "secret:of:a");
    let body = json!({
        "model": "x/one", "input": [answer.body["output"][0]],
        "providerOptions": {"gateway": {"order": ["b"]}},
    });
    send(&service, &body).await;
    assert!(got.lock().unwrap()[1].contains("secret:of:a"));
}
