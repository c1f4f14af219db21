//! Decisions where the specification contradicts itself: a test for each row of the page
//! `openresponses_types::docs::decisions`, under its number.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

#[path = "conformance/client.rs"]
mod client;
#[path = "conformance/order.rs"]
mod order;

use client::{Answer, answer, embedded, events, post, response, terminal};
use openresponses_testing::EmbeddedModel;
use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
use openresponses_tower::{OpenResponses, Provider};
use openresponses_types::diagnostics::Leniency;
use openresponses_types::json::Document;
use openresponses_types::normalize::Normalizer;
use openresponses_types::schema::{DocumentKind, validate};
use openresponses_types::{CreateRequest, Profile, Response};
use serde_json::{Value, json};

use DocumentKind as K;

/// The params of the violations, and the leniencies used.
fn check(kind: DocumentKind, profile: Profile, document: &Value) -> (Vec<String>, Vec<Leniency>) {
    let text = document.to_string();
    let report = validate(&Document::parse(text.as_bytes()).unwrap(), kind, profile);
    (
        report
            .violations
            .iter()
            .map(|found| found.param().unwrap_or_default())
            .collect(),
        report
            .warnings
            .iter()
            .map(|warning| warning.leniency)
            .collect(),
    )
}

/// `Strict` refuses the document at `param`; `Compatible` accepts it as `leniency`, and it is kept.
fn lenient(kind: DocumentKind, document: &Value, param: &str, leniency: Leniency) {
    let strict = check(kind, Profile::Strict, document);
    assert_eq!(strict, (vec![param.to_owned()], vec![]), "{document}");
    let compatible = check(kind, Profile::Compatible, document);
    assert_eq!(compatible, (vec![], vec![leniency]), "{document}");
    let text = document.to_string();
    let printed = match kind {
        K::Response => Response::from_json(text.as_bytes()).unwrap().to_json(),
        _ => CreateRequest::from_json(text.as_bytes()).unwrap().to_json(),
    };
    assert_eq!(&serde_json::from_str::<Value>(&printed).unwrap(), document);
}

/// Both profiles accept the document as it is.
fn accepted(kind: DocumentKind, document: &Value) {
    for profile in [Profile::Strict, Profile::Compatible] {
        assert_eq!(
            check(kind, profile, document),
            (vec![], vec![]),
            "{document}"
        );
    }
}

fn input(item: &Value) -> Value {
    json!({"input": [item]})
}

/// A response with every required member.
fn whole() -> Value {
    serde_json::from_str(&Response::new("resp_1", "m", 1).to_json()).unwrap()
}

async fn refused<P: Provider>(service: &OpenResponses<P>, body: &Value) -> Value {
    let Answer { status, body, .. } = answer(service, post(body.to_string())).await;
    assert_eq!(status, 400, "{body}");
    body["error"].clone()
}

const BOTH: [Profile; 2] = [Profile::Strict, Profile::Compatible];

#[tokio::test]
async fn decision_1_required_members_are_written_and_may_be_missing_if_nullable() {
    accepted(K::Response, &whole());
    let request = json!({"model": "m", "input": "Hi"});
    let answered = response(&embedded(Profile::Compatible), &request).await;
    assert_eq!(check(K::Response, Profile::Strict, &answered).0, [""; 0]);
    for member in [
        "usage",
        "completed_at",
        "error",
        "reasoning",
        "safety_identifier",
    ] {
        let mut lacking = whole();
        lacking.as_object_mut().unwrap().remove(member);
        lenient(
            K::Response,
            &lacking,
            member,
            Leniency::MissingNullableMember,
        );
    }
    let mut lacking = whole();
    lacking.as_object_mut().unwrap().remove("output");
    for profile in BOTH {
        assert_eq!(check(K::Response, profile, &lacking).0, ["output"]);
    }
}

#[test]
fn decision_2_a_message_without_type_is_accepted_in_compatible() {
    let message = json!({"role": "user", "content": "x"});
    lenient(
        K::CreateRequest,
        &input(&message),
        "input[0].type",
        Leniency::MessageWithoutType,
    );
}

#[test]
fn decision_3_reasoning_content_is_kept_in_compatible() {
    let content = json!([{"type": "output_text", "text": "x"}]);
    let reasoning = json!({"type": "reasoning", "summary": [], "content": content});
    lenient(
        K::CreateRequest,
        &input(&reasoning),
        "input[0].content",
        Leniency::ReasoningContent,
    );
}

#[tokio::test]
async fn decision_4_the_schema_of_a_format_is_echoed_in_compatible() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let format = json!({"type": "json_schema", "name": "n", "schema": schema});
    let request = json!({"model": "m", "input": "Hi", "text": {"format": format}});
    for (profile, echoed) in [
        (Profile::Compatible, &schema),
        (Profile::Strict, &Value::Null),
    ] {
        let whole = response(&embedded(profile), &request).await;
        assert_eq!(&whole["text"]["format"]["schema"], echoed);
        assert_eq!(check(K::Response, profile, &whole).0, [""; 0]);
    }
}

#[test]
fn decision_5_json_object_is_accepted_in_compatible() {
    let format = json!({"text": {"format": {"type": "json_object"}}});
    lenient(
        K::CreateRequest,
        &format,
        "text.format.type",
        Leniency::JsonObjectFormat,
    );
    let mut answered = whole();
    answered["text"] = format["text"].clone();
    accepted(K::Response, &answered);
}

#[tokio::test]
async fn decision_6_service_tier_is_open_in_compatible() {
    let tier = json!({"service_tier": "standard"});
    lenient(
        K::CreateRequest,
        &tier,
        "service_tier",
        Leniency::OpenServiceTier,
    );
    let request = json!({"model": "m", "input": "Hi", "service_tier": "standard"});
    let whole = response(&embedded(Profile::Compatible), &request).await;
    assert_eq!(whole["service_tier"], "standard");
}

#[tokio::test]
async fn decision_7_a_failed_item_is_read_and_never_written() {
    let output = |status: &str| json!({"type": "function_call_output", "call_id": "c", "output": "", "status": status});
    accepted(K::CreateRequest, &input(&output("failed")));
    lenient(
        K::CreateRequest,
        &input(&output("paused")),
        "input[0].status",
        Leniency::OpenItemStatus,
    );
    // A response that fails has items in progress, never failed ones.
    let events = events(
        &embedded(Profile::Compatible),
        &json!({"model": "fail-midstream", "input": "Hi"}),
    )
    .await;
    let failed = terminal(&events);
    assert_eq!(failed["status"], "failed");
    assert_eq!(failed["output"][0]["status"], "in_progress");
}

#[test]
fn decision_8_a_video_is_accepted_elsewhere_in_compatible() {
    let video = json!([{"type": "input_video", "video_url": "u"}]);
    let output = json!({"type": "function_call_output", "call_id": "c", "output": video});
    accepted(K::CreateRequest, &input(&output));
    let message = json!({"type": "message", "role": "user", "content": video});
    lenient(
        K::CreateRequest,
        &input(&message),
        "input[0].content[0].type",
        Leniency::VideoElsewhere,
    );
}

#[test]
fn decision_9_extensions_are_legal_in_both_profiles() {
    let extension = json!({"type": "acme:x", "id": "x_1", "status": "completed"});
    accepted(
        K::CreateRequest,
        &json!({"input": [extension], "tools": [{"type": "acme:y"}]}),
    );
    let mut answered = whole();
    answered["output"] = json!([extension]);
    accepted(K::Response, &answered);
    accepted(
        K::StreamEvent,
        &json!({"type": "acme:z", "sequence_number": 1}),
    );
    for (document, param, leniency) in [
        (
            input(&json!({"type": "x"})),
            "input[0].type",
            Leniency::UnknownItem,
        ),
        (
            json!({"tools": [{"type": "y"}]}),
            "tools[0].type",
            Leniency::UnknownTool,
        ),
    ] {
        lenient(K::CreateRequest, &document, param, leniency);
    }
}

#[tokio::test]
async fn decision_10_an_invalid_request_is_an_invalid_request_error() {
    let error = refused(&embedded(Profile::Compatible), &json!({"input": 7})).await;
    assert_eq!(error["type"], "invalid_request_error");
    assert_eq!(error["param"], "input");
}

#[test]
fn decision_11_transport_members_are_ignored_on_a_websocket_in_compatible() {
    for member in ["stream", "stream_options", "background"] {
        let value = if member == "stream_options" {
            json!({})
        } else {
            json!(true)
        };
        let message = json!({"type": "response.create", member: value});
        lenient(
            K::WebSocketCreate,
            &message,
            member,
            Leniency::TransportMemberOnWebSocket,
        );
    }
}

#[test]
fn decision_12_bounds_in_descriptions_are_enforced() {
    for (document, param) in [
        (json!({"metadata": {"k".repeat(65): "v"}}), "metadata"),
        (json!({"temperature": 2.1}), "temperature"),
        (json!({"temperature": -0.1}), "temperature"),
        (json!({"top_p": 1.1}), "top_p"),
        (json!({"top_p": -0.1}), "top_p"),
    ] {
        for profile in BOTH {
            let found = check(K::CreateRequest, profile, &document).0;
            assert_eq!(found, [param], "{document}");
        }
    }
    accepted(
        K::CreateRequest,
        &json!({"metadata": {"k".repeat(64): "v"}, "temperature": 2, "top_p": 1}),
    );
}

#[tokio::test]
async fn decision_13_sampling_settings_default_to_the_documented_values() {
    let service = embedded(Profile::Compatible);
    let defaults = response(&service, &json!({"model": "m", "input": "Hi"})).await;
    let members = [
        ("temperature", json!(1.0), json!(0.5)),
        ("top_p", json!(1.0), json!(0.25)),
        ("presence_penalty", json!(0.0), json!(-1.5)),
        ("frequency_penalty", json!(0.0), json!(2.0)),
        ("top_logprobs", json!(0), json!(3)),
    ];
    let mut request = json!({"model": "m", "input": "Hi"});
    for (member, default, given) in &members {
        assert_eq!(defaults[member].as_f64(), default.as_f64(), "{member}");
        request[member] = given.clone();
    }
    let echoed = response(&service, &request).await;
    for (member, _, given) in &members {
        assert_eq!(echoed[member].as_f64(), given.as_f64(), "{member}");
    }
}

#[tokio::test]
async fn decision_14_a_form_is_415() {
    let mut request = post("model=m&input=Hi");
    let form = "application/x-www-form-urlencoded".parse().unwrap();
    request.headers_mut().insert("content-type", form);
    let refused = answer(&embedded(Profile::Compatible), request).await;
    assert_eq!(refused.status, 415);
    assert_eq!(refused.body["error"]["code"], "unsupported_media_type");
}

#[tokio::test]
async fn decision_15_each_refused_status_has_a_type_and_a_code() {
    let service = embedded(Profile::Compatible);
    let mut wrong_method = post("");
    *wrong_method.method_mut() = http::Method::PUT;
    let mut elsewhere = post("{}");
    *elsewhere.uri_mut() = "/v1/responses/compact/more".parse().unwrap();
    for (request, status, code) in [
        (wrong_method, 405, "method_not_allowed"),
        (elsewhere, 404, "unknown_url"),
        (
            post(json!({"model": "rate-limited", "input": "x"}).to_string()),
            429,
            "rate_limit_exceeded",
        ),
    ] {
        let refused = answer(&service, request).await;
        assert_eq!(refused.status, status);
        let error = refused.body["error"].as_object().unwrap();
        assert_eq!(error["code"], code);
        let members: Vec<_> = error.keys().map(String::as_str).collect();
        assert_eq!(members.len(), 4, "{members:?}");
    }
}

#[tokio::test]
async fn decision_16_a_request_without_model_or_input_lacks_a_parameter() {
    accepted(K::CreateRequest, &json!({}));
    for (body, param) in [
        (json!({"input": "x"}), "model"),
        (json!({"model": "m"}), "input"),
    ] {
        let error = refused(&embedded(Profile::Compatible), &body).await;
        assert_eq!(error["code"], "missing_parameter");
        assert_eq!(error["param"], param);
    }
}

#[tokio::test]
async fn decision_18_deltas_are_not_padded_by_default() {
    for (options, padded) in [
        (json!(null), false),
        (json!({}), false),
        (json!({"include_obfuscation": true}), true),
        (json!({"include_obfuscation": false}), false),
    ] {
        let request = json!({"model": "m", "input": "Hi", "stream_options": options});
        let events = events(&embedded(Profile::Compatible), &request).await;
        let deltas: Vec<_> = events
            .iter()
            .filter(|event| event["type"] == "response.output_text.delta")
            .collect();
        assert!(!deltas.is_empty(), "{request}");
        for delta in deltas {
            assert_eq!(delta.get("obfuscation").is_some(), padded, "{request}");
        }
    }
}

#[tokio::test]
async fn decision_19_reasoning_has_a_status() {
    let request =
        json!({"model": "m", "input": "Hi", "reasoning": {"effort": "low", "summary": "auto"}});
    let whole = response(&embedded(Profile::Strict), &request).await;
    assert_eq!(whole["output"][0]["type"], "reasoning");
    assert_eq!(whole["output"][0]["status"], "completed");
    // It may come back as it went.
    let reasoning = json!({"type": "reasoning", "summary": [], "status": "completed"});
    accepted(K::CreateRequest, &input(&reasoning));
}

fn remembering() -> OpenResponses<EmbeddedModel> {
    let store = MemoryStore::new(MemoryStoreLimits::default());
    let config = client::config(Profile::Compatible).store(store);
    OpenResponses::new(EmbeddedModel::new(), config)
}

#[tokio::test]
async fn decision_20_only_items_carry_over_to_the_next_turn() {
    let service = remembering();
    let tools = json!([{"type": "function", "name": "f"}]);
    let first = json!({
        "model": "m", "input": "one", "instructions": "brief", "temperature": 0.5,
        "tools": tools, "tool_choice": "none",
    });
    let first = response(&service, &first).await;
    let second = json!({"model": "m", "input": "two", "previous_response_id": first["id"]});
    let second = response(&service, &second).await;
    assert_eq!(first["tools"][0]["name"], "f");
    assert_eq!(second["instructions"], Value::Null);
    assert_eq!(second["tools"], json!([]));
    assert_eq!(second["tool_choice"], "auto");
    assert_eq!(second["temperature"].as_f64(), Some(1.0));

    // The items do: a call of the first response has its output in the next.
    let items = [openresponses_types::item::FunctionCall::new("c", "f", "{}").into()]
        .map(std::sync::Arc::new);
    let output = json!({"model": "m", "input": [{"type": "function_call_output", "call_id": "c", "output": ""}]});
    let request = CreateRequest::from_json(output.to_string().as_bytes()).unwrap();
    let turn = Normalizer::new(Profile::Compatible)
        .previous(&items)
        .turn(request);
    assert_eq!(turn.unwrap().items.len(), 2);
}

#[tokio::test]
async fn decision_21_an_unknown_previous_response_is_400() {
    let service = remembering();
    let unstored = json!({"model": "m", "input": "x", "store": false});
    let unstored = response(&service, &unstored).await;
    for id in ["resp_unknown", unstored["id"].as_str().unwrap()] {
        let body = json!({"model": "m", "input": "x", "previous_response_id": id});
        let error = refused(&service, &body).await;
        assert_eq!(error["type"], "invalid_request_error");
        assert_eq!(error["code"], "previous_response_not_found");
        assert_eq!(error["param"], "previous_response_id");
    }
}
