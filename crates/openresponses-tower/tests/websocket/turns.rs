use std::future::ready;

use http::request::Parts;
use openresponses_tower::authorize::Authorized;
use openresponses_tower::{Error, Scope};
use serde_json::{Value, json};

use crate::client::{Client, create, text};
use crate::model::Model;
use crate::server::{STACKS, config, start, start_on};

fn types(messages: &[Value]) -> Vec<&str> {
    messages
        .iter()
        .map(|message| message["type"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_turn_has_the_events_of_a_stream() {
    let address = start(Model::default(), config()).await;
    let mut client = Client::connect(address).await;
    client
        .create(json!({"model": "words", "input": "one two"}))
        .await;
    let messages = client.turn().await;
    let expected = [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ];
    assert_eq!(types(&messages), expected);
    // Nothing, and above all no `[DONE]`, stands between two turns.
    client.create(json!({"input": "again"})).await;
    assert_eq!(client.next().await.unwrap()["type"], "response.created");
}

/// What carries the response of a large turn is printed on another thread.
#[tokio::test]
async fn a_large_turn_has_the_events_of_a_small_one() {
    let address = start(Model::default(), config()).await;
    let mut client = Client::connect(address).await;
    let tool = |n| json!({"type": "function", "name": format!("f{n}")});
    let mut expected = Vec::new();
    for count in [1, 20_000] {
        let tools: Vec<Value> = (0..count).map(tool).collect();
        client
            .create(json!({"model": "words", "input": "one two", "tools": tools}))
            .await;
        let messages = client.turn().await;
        let carrying = messages
            .iter()
            .filter_map(|it| it["response"]["tools"].as_array());
        assert!(
            carrying.clone().count() == 3 && carrying.clone().all(|tools| tools.len() == count)
        );
        let types: Vec<String> = types(&messages).into_iter().map(String::from).collect();
        if expected.is_empty() {
            expected.clone_from(&types);
        }
        assert_eq!(types, expected);
    }
}

#[tokio::test]
async fn turns_run_one_after_the_other() {
    for stack in STACKS {
        let address = start_on(stack, Model::default(), config()).await;
        let mut client = Client::connect(address).await;
        for n in 0..5 {
            client
                .create(json!({"input": format!("turn {n}"), "model": "words"}))
                .await;
        }
        for n in 0..5 {
            let end = client.turn().await.pop().unwrap();
            assert_eq!(text(&end["response"]), format!("turn {n} "), "{stack:?}");
        }
    }
}

/// Each turn is complete before the next begins, and a message over the queue limit is refused in
/// its turn.
#[tokio::test]
async fn a_flood_does_not_interleave() {
    let address = start(Model::default(), config()).await;
    let mut client = Client::connect(address).await;
    for n in 0..100 {
        client
            .create(json!({"input": format!("{n} b c d e f"), "model": "words"}))
            .await;
    }
    let mut answered = 0;
    let mut next = 0;
    for _ in 0..100 {
        let messages = client.turn().await;
        let end = messages.last().unwrap();
        if end["type"] == "error" {
            assert_eq!(end["status"], 429);
            assert_eq!(end["error"]["code"], "websocket_queue_full");
            continue;
        }
        answered += 1;
        let words = text(&end["response"]);
        let number: usize = words.split(' ').next().unwrap().parse().unwrap();
        assert!(number >= next, "{number}");
        next = number + 1;
        let deltas: String = messages
            .iter()
            .filter_map(|message| message["delta"].as_str())
            .collect();
        assert_eq!(deltas, words);
        for message in &messages {
            if let Some(id) = message["response"]["id"].as_str() {
                assert_eq!(id, end["response"]["id"]);
            }
        }
    }
    assert!(answered >= 17, "{answered}");
    client.respond(json!({})).await;
}

#[tokio::test]
async fn the_queue_is_bounded() {
    let model = Model::default();
    let address = start(model.clone(), config()).await;
    let mut client = Client::connect(address).await;
    client.create(json!({"model": "paused"})).await;
    for _ in 0..20 {
        client.create(json!({})).await;
    }
    client.in_step().await;
    model.permits.add_permits(3);
    while client.next().await.unwrap()["type"] != "response.completed" {}
    for _ in 0..16 {
        assert_eq!(
            client.turn().await.pop().unwrap()["type"],
            "response.completed"
        );
    }
    for _ in 0..4 {
        let refused = client.turn().await.pop().unwrap();
        assert_eq!(refused["error"]["code"], "websocket_queue_full");
    }
    client.respond(json!({})).await;
}

/// Answers are in the order of messages, independent of earlier outcomes.
#[tokio::test]
async fn errors_are_reported_in_their_turn() {
    let model = Model::default();
    let address = start(model.clone(), config()).await;
    let mut client = Client::connect(address).await;
    client.create(json!({"model": "paused"})).await;
    client.create(json!({"input": 7})).await;
    client.create(json!({"input": "one"})).await;
    client.send(vec![1, 2, 3]).await;
    client.send("not JSON").await;
    client
        .create(json!({"previous_response_id": "resp_x"}))
        .await;
    client.create(json!({"model": "missing"})).await;
    client.create(json!({"input": "two"})).await;
    // The error is not sent while the turn runs.
    let came = client.in_step().await;
    assert!(came.len() <= 2, "{came:?}");
    model.permits.add_permits(3);
    while client.next().await.unwrap()["type"] != "response.completed" {}
    let mut outcomes = Vec::new();
    for _ in 0..7 {
        let end = client.turn().await.pop().unwrap();
        outcomes.push(match end["type"].as_str().unwrap() {
            "error" => end["error"]["code"].as_str().unwrap().to_owned(),
            _ => text(&end["response"]).to_owned(),
        });
    }
    let expected = [
        "invalid_type",
        "one",
        "invalid_message",
        "invalid_json",
        "previous_response_not_found",
        "model_not_found",
        "two",
    ];
    assert_eq!(outcomes, expected);
}

#[tokio::test]
async fn bad_messages_leave_the_connection_usable() {
    let address = start(Model::default(), config()).await;
    let mut client = Client::connect(address).await;
    let deep = format!("{}{}", "[".repeat(400), "]".repeat(400));
    let bad: Vec<String> = [
        "",
        "{",
        "null",
        "[]",
        "hello",
        "{}",
        r#"{"type":"response.create"}"#,
        r#"{"type":"response.cancel"}"#,
        r#"{"type":"session.update","model":"m","input":"x"}"#,
        r#"{"type":7,"model":"m","input":"x"}"#,
        r#"{"model":"m","input":"x"}"#,
        r#"{"type":"response.create","model":"m","model":"n","input":"x"}"#,
        r#"{"type":"response.create","model":"m","input":"\ud800"}"#,
        r#"{"type":"response.create","model":"m","input":1e999}"#,
        r#"{"type":"response.create","model":"m","input":[{"type":"message","role":"user"}]}"#,
        r#"{"type":"response.create","model":"m","input":"x","temperature":3}"#,
    ]
    .map(String::from)
    .into_iter()
    .chain([deep])
    .collect();
    for round in 0..11 {
        for text in &bad {
            client.send(text.as_str()).await;
            let error = client.turn().await.pop().unwrap();
            assert_eq!(
                (&error["type"], &error["status"]),
                (&json!("error"), &json!(400)),
                "{text}"
            );
        }
        client.send(vec![round, 1, 2]).await;
        let error = client.turn().await.pop().unwrap();
        assert_eq!(error["error"]["code"], "invalid_message");
    }
    client.respond(json!({})).await;
}

#[tokio::test]
async fn a_violation_names_its_place() {
    let address = start(Model::default(), config()).await;
    let mut client = Client::connect(address).await;
    let part = json!({"type": "input_text", "text": 7});
    let input = json!([{"type": "message", "role": "user", "content": [part]}]);
    let error = client.ask(json!({"input": input})).await;
    assert_eq!(
        error,
        json!({
            "type": "error",
            "status": 400,
            "error": {
                "type": "invalid_request_error",
                "code": "invalid_type",
                "message": error["error"]["message"],
                "param": "input[0].content[0].text",
            },
        })
    );
}

/// A decision about the specification, with `a_failed_continuation_is_forgotten`.
#[tokio::test]
async fn decision_17_a_refused_turn_gets_the_envelope_and_a_failed_one_its_event() {
    let address = start(Model::default(), config()).await;
    let mut client = Client::connect(address).await;
    for (model, last, status) in [
        ("missing", "error", json!(404)),
        ("panic", "error", json!(500)),
        ("fail", "response.failed", Value::Null),
        ("panic-later", "response.failed", Value::Null),
    ] {
        client.create(json!({"model": model})).await;
        let messages = client.turn().await;
        let end = messages.last().unwrap();
        assert_eq!(
            (&end["type"], &end["status"]),
            (&json!(last), &status),
            "{model}"
        );
        if last == "response.failed" {
            assert!(!types(&messages).contains(&"error"), "{model}");
            assert_eq!(end["response"]["status"], "failed");
            assert!(end["response"]["error"]["code"].is_string());
        }
        // Nothing comes after it.
        client.respond(json!({})).await;
    }
}

#[tokio::test]
async fn members_of_http_are_ignored_or_refused() {
    use openresponses_types::Profile;
    let address = start(Model::default(), config()).await;
    let mut client = Client::connect(address).await;
    for members in [
        json!({"stream": true}),
        json!({"stream": false}),
        json!({"background": true}),
        json!({"stream_options": {"include_obfuscation": true}}),
    ] {
        let response = client.respond(members).await;
        assert_eq!(response["background"], false);
    }
    let address = start(Model::default(), config().profile(Profile::Strict)).await;
    let mut client = Client::connect(address).await;
    for (member, value) in [
        ("stream", json!(false)),
        ("background", json!(false)),
        ("stream_options", json!({})),
    ] {
        let error = client.ask(json!({member: value})).await;
        assert_eq!(error["error"]["param"], member);
        assert_eq!(error["error"]["code"], "unknown_parameter");
    }
    client.respond(json!({})).await;
}

#[tokio::test]
async fn the_provider_sees_the_head_of_the_handshake() {
    let address = start(Model::default(), config()).await;
    let headers = [("authorization", "Bearer tenant-7"), ("x-trace", "1")];
    let mut client = Client::try_connect(address, &headers).await.unwrap();
    for _ in 0..2 {
        let response = client.respond(json!({"model": "tenant"})).await;
        assert_eq!(text(&response), "tenant-7");
        let response = client.respond(json!({"model": "headers"})).await;
        let mut names: Vec<_> = text(&response).split(' ').collect();
        names.sort_unstable();
        assert_eq!(names, ["authorization", "host", "x-trace"]);
    }
}

#[tokio::test]
async fn large_messages_and_events_pass_whole() {
    let address = start(Model::default(), config()).await;
    let mut client = Client::connect(address).await;
    for _ in 0..3 {
        let long = "0123456789".repeat(20_000);
        let response = client.respond(json!({"input": long})).await;
        assert_eq!(text(&response), long);
        let response = client.respond(json!({"input": "short"})).await;
        assert_eq!(text(&response), "short");
        // Half a message is there already when the turn before ends.
        client.send(create(json!({"input": long}))).await;
        client.send(create(json!({"input": long}))).await;
        for _ in 0..2 {
            assert_eq!(text(&client.turn().await.pop().unwrap()["response"]), long);
        }
    }
}

#[tokio::test]
async fn an_upstream_is_relayed() {
    let address = start(Model::default(), config()).await;
    let mut client = Client::connect(address).await;
    client.create(json!({"model": "relay"})).await;
    let messages = client.turn().await;
    assert_eq!(
        types(&messages),
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.failed",
        ]
    );
    client.respond(json!({})).await;
}

/// A value for providers that panics when it is copied.
struct Uncopied;

impl Clone for Uncopied {
    fn clone(&self) -> Self {
        panic!("a panic in the copy of an extension");
    }
}

#[tokio::test]
async fn a_panic_in_the_copy_of_an_extension_refuses_a_turn_only() {
    let authorize = |_: &Parts| {
        let caller = Authorized::new(Scope::new("a")).with_extension(Uncopied);
        ready(Ok::<_, Error>(caller))
    };
    let address = start(Model::default(), config().authorize(authorize)).await;
    let mut client = Client::connect(address).await;
    for _ in 0..2 {
        assert_eq!(client.refused(json!({})).await, "server_error");
    }
}
