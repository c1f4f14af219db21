//! Who runs what.

use openresponses_types::json::RawJson;
use openresponses_types::sequence::Delta;
use openresponses_types::{Item, StreamEvent};
use serde_json::{Value, json};

use super::stack::{Script, Stack, ask_both, call, round, text};

/// A function of the client's.
fn theirs() -> Value {
    json!([{"type": "function", "name": "book", "parameters": {"type": "object"}}])
}

#[tokio::test]
async fn a_hidden_call_runs_here_and_is_not_seen() {
    let (answer, script) = ask_both(
        vec![
            round([
                text("Let me look."),
                call(1, "weather", r#"{"city":"Paris"}"#),
            ]),
            round([text("It is warm.")]),
        ],
        json!({}),
    )
    .await;
    assert_eq!(answer.status(), "completed");
    assert_eq!(
        answer.summary(),
        "assistant 'Let me look.'; assistant 'It is warm.'"
    );
    assert_eq!(
        script.last_context(),
        "user 'How warm is it?'; assistant 'Let me look.'; call call_1 weather({\"city\":\"Paris\"}); \
         output call_1 '22 degrees in Paris'"
    );
    let usage = answer.response.usage.value().unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens), (2, 4));
    let metadata = answer.response.extra.get("provider_metadata").unwrap();
    assert!(
        metadata
            .get()
            .starts_with(r#"{"tool_loop":{"rounds":[{"calls":1,"usage":{"#)
    );
}

#[tokio::test]
async fn every_mix_of_calls() {
    let paris = r#"{"city":"Paris"}"#;
    // What the model does in its first round; what the client gets; what the model is asked next, if it
    // is asked again.
    let cases: [(&str, Vec<_>, &str, Option<&str>); 8] = [
        (
            "theirs alone",
            vec![call(1, "book", "{}")],
            "call call_1 book({})",
            None,
        ),
        (
            "theirs before ours",
            vec![call(1, "book", "{}"), call(2, "weather", paris)],
            "call call_1 book({})",
            None,
        ),
        (
            "theirs between two shown ones",
            vec![
                call(1, "shout", r#"{"text":"a"}"#),
                call(2, "book", "{}"),
                call(3, "shout", r#"{"text":"b"}"#),
            ],
            "acme:shout completed {\"text\":\"a\"} A / -; acme:shout completed {\"text\":\"b\"} B / -; \
             call call_2 book({})",
            None,
        ),
        (
            "ours, hidden and shown",
            vec![
                call(1, "weather", paris),
                call(2, "shout", r#"{"text":"a"}"#),
            ],
            "acme:shout completed {\"text\":\"a\"} A / -; assistant 'Done.'",
            Some(
                "user 'How warm is it?'; call call_1 weather({\"city\":\"Paris\"}); \
                 call call_2 shout({\"text\":\"a\"}); output call_1 '22 degrees in Paris'; output call_2 'A'",
            ),
        ),
        (
            "ours that fails",
            vec![call(1, "weather", r#"{"city":"Atlantis"}"#)],
            "assistant 'Done.'",
            Some(
                "user 'How warm is it?'; call call_1 weather({\"city\":\"Atlantis\"}); \
                 output call_1 'Error: There is no city named 'Atlantis'.'",
            ),
        ),
        (
            "ours with arguments that its schema forbids",
            vec![call(1, "weather", r#"{"city":1}"#)],
            "assistant 'Done.'",
            Some(
                "user 'How warm is it?'; call call_1 weather({\"city\":1}); output call_1 \
                 'Error: The arguments do not match the schema: /city: 1 is not of type \"string\"'",
            ),
        ),
        (
            "a tool that is not there",
            vec![call(1, "wether", "{}")],
            "assistant 'Done.'",
            Some(
                "user 'How warm is it?'; call call_1 wether({}); \
                 output call_1 'Error: There is no tool named 'wether'.'",
            ),
        ),
        (
            "a hosted tool that the client did not ask for",
            vec![call(1, "search", "{}")],
            "assistant 'Done.'",
            Some(
                "user 'How warm is it?'; call call_1 search({}); \
                 output call_1 'Error: There is no tool named 'search'.'",
            ),
        ),
    ];
    for (name, first, output, context) in cases {
        let rounds = vec![round(first), round([text("Done.")])];
        let (answer, script) = ask_both(rounds, json!({"tools": theirs()})).await;
        assert_eq!(answer.status(), "completed", "{name}");
        assert_eq!(answer.summary(), output, "{name}");
        match context {
            Some(context) => assert_eq!(script.last_context(), context, "{name}"),
            None => assert_eq!(script.turns.lock().unwrap().len(), 1, "{name}"),
        }
    }
}

#[tokio::test]
async fn results_come_in_the_order_of_the_calls() {
    // The first call takes longest.
    let script = Script::new(vec![
        round([
            call(1, "slow", r#"{"ms":60}"#),
            call(2, "slow", r#"{"ms":30}"#),
            call(3, "slow", r#"{"ms":1}"#),
        ]),
        round([text("Done.")]),
    ]);
    let mut stack = Stack::new(script.clone());
    stack.tools = openresponses_tools::Tools::new().tool(
        openresponses_tools::Tool::raw("slow", json!({}), |args: Value, _| async move {
            let time = args["ms"].as_u64().unwrap_or(0);
            tokio::time::sleep(std::time::Duration::from_millis(time)).await;
            Ok(openresponses_tools::ToolOutput::new(time.to_string()))
        })
        .shown_as(openresponses_types::wire::ExtensionType::new("acme:slow").unwrap()),
    );
    for concurrent in [1, 2, 8] {
        stack.limits = openresponses_tools::Limits::new().concurrent_calls(concurrent);
        stack.script = Script::new(vec![
            round([
                call(1, "slow", r#"{"ms":60}"#),
                call(2, "slow", r#"{"ms":30}"#),
                call(3, "slow", r#"{"ms":1}"#),
            ]),
            round([text("Done.")]),
        ]);
        let answer = stack.ask(json!({})).await;
        assert_eq!(
            answer.summary(),
            "acme:slow completed {\"ms\":60} 60 / -; acme:slow completed {\"ms\":30} 30 / -; \
             acme:slow completed {\"ms\":1} 1 / -; assistant 'Done.'"
        );
    }
}

#[tokio::test]
async fn a_function_of_the_clients_has_precedence() {
    let tools = json!([{"type": "function", "name": "weather", "parameters": {"type": "object"}}]);
    let rounds = vec![round([call(1, "weather", "{}")])];
    let (answer, script) = ask_both(rounds, json!({"tools": tools})).await;
    assert_eq!(answer.summary(), "call call_1 weather({})");
    let turns = script.turns.lock().unwrap();
    let names = |name: &str| {
        let named = turns[0].tools.iter().filter(|tool| {
            matches!(tool, openresponses_types::tool::Tool::Function(function) if function.name == name)
        });
        named.count()
    };
    assert_eq!((names("weather"), names("shout")), (1, 1));
}

#[tokio::test]
async fn interleaved_calls_of_both_kinds_keep_their_arguments() {
    use openresponses_types::sequence::Delta;
    let begin = |key: u32, name: &str| Delta::Call {
        key,
        call_id: Some(format!("call_{key}")),
        name: name.into(),
    };
    let arguments = |key: u32, delta: &str| Delta::Arguments {
        key,
        delta: delta.into(),
    };
    let first = vec![
        begin(1, "book"),
        begin(2, "weather"),
        arguments(1, r#"{"a""#),
        arguments(2, r#"{"city":"#),
        arguments(1, ":1}"),
        arguments(2, r#""Rome"}"#),
    ];
    let (answer, _) = ask_both(vec![round([first])], json!({"tools": theirs()})).await;
    assert_eq!(answer.summary(), "call call_1 book({\"a\":1})");
}

/// What the client gets, and what the model is asked last, when it calls `g` in the first round.
async fn calling_g(mut body: Value) -> (String, String) {
    let user = json!({"role": "user", "content": "x"});
    match &mut body["input"] {
        Value::Array(items) => items.push(user),
        other => *other = json!([user]),
    }
    let script = Script::new(vec![round([call(1, "g", "{}")]), round([text("Done.")])]);
    let answer = Stack::new(script.clone()).ask(body).await;
    (answer.summary(), script.last_context())
}

#[tokio::test]
async fn functions_that_the_conversation_declares_or_may_declare_are_the_clients() {
    let g = json!([{"type": "function", "name": "g"}]);
    for body in [
        json!({"tools": [], "input": [{"type": "additional_tools", "tools": g}]}),
        json!({"tools": theirs(), "input": [{"type": "additional_tools", "tools": g}]}),
        json!({"input": [{"type": "tool_search_output", "call_id": "t", "tools": g}]}),
        json!({"input": [{"type": "compaction", "encrypted_content": "x"}]}),
        json!({"input": [{"type": "mcp_list_tools", "server_label": "s", "tools": [{"name": "g"}]}]}),
        json!({"tools": [{"type": "web_search"}]}),
    ] {
        let (answer, _) = calling_g(body.clone()).await;
        assert_eq!(answer, "call call_1 g({})", "{body}");
    }
}

#[tokio::test]
async fn other_functions_are_mistakes_and_declared_ones_have_precedence() {
    let declares = |name: &str| {
        json!({"input": [
            {"type": "additional_tools", "tools": [{"type": "function", "name": name}]}]})
    };
    // What the loop's own tools and items bring is known.
    let shouted = json!({"type": "acme:shout", "id": "i", "status": "completed", "call_id": "c",
        "name": "shout", "arguments": "{}", "output": "x", "tools": [{"type": "namespace"}]});
    for body in [
        declares("h"),
        json!({"tools": [{"type": "acme:search"}]}),
        json!({"input": [shouted]}),
    ] {
        let (answer, context) = calling_g(body.clone()).await;
        assert_eq!(answer, "assistant 'Done.'", "{body}");
        assert!(
            context.ends_with("'Error: There is no tool named 'g'.'"),
            "{context}"
        );
    }
    let script = Script::new(vec![round([call(1, "weather", "{}")])]);
    let answer = Stack::new(script).ask(declares("weather")).await;
    assert_eq!(answer.summary(), "call call_1 weather({})");
}

#[tokio::test]
async fn a_tool_without_arguments_runs() {
    for arguments in ["", "{}"] {
        let script = Script::new(vec![
            round([call(1, "now", arguments)]),
            round([text("Done.")]),
        ]);
        let mut stack = Stack::new(script.clone());
        stack.tools = openresponses_tools::Tools::new().function(
            "now",
            |(): (), _: openresponses_tools::CallContext| async {
                Ok::<_, openresponses_tools::ToolError>("noon")
            },
        );
        stack.ask(json!({})).await;
        assert!(script.last_context().ends_with("output call_1 'noon'"));
    }
}

#[tokio::test]
async fn a_call_gets_an_id_that_no_other_of_the_conversation_has() {
    let weather = || round([call(1, "weather", r#"{"city":"Rome"}"#)]);
    let script = Script::new(vec![
        weather(),
        round([text("Warm.")]),
        weather(),
        round([text("Warm.")]),
    ]);
    let stack = Stack::new(script.clone());
    let service = stack.service();
    let first = stack.ask_with(&service, json!({})).await;
    let next = json!({"input": "And now?", "previous_response_id": first.response.id});
    stack.ask_with(&service, next).await;
    let context = script.last_context();
    assert!(
        context.ends_with("output call_1_2 '22 degrees in Rome'"),
        "{context}"
    );
}

fn item(json: Value) -> Item {
    RawJson::parse(&json.to_string())
        .unwrap()
        .read_as()
        .unwrap()
}

#[tokio::test]
async fn a_call_in_a_namespace_is_the_clients() {
    let called = item(json!({
        "type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather",
        "arguments": r#"{"city":"Paris"}"#, "namespace": "theirs", "status": "completed",
    }));
    let function = json!({"type": "function", "name": "weather", "parameters": {"type": "object"}});
    let tools = json!([{"type": "namespace", "name": "theirs", "tools": [function]}]);
    let rounds = vec![round([vec![Delta::item(called.clone())]])];
    let (answer, script) = ask_both(rounds, json!({"tools": tools})).await;
    assert_eq!(answer.response.output_items(), [called]);
    assert_eq!(script.turns.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn the_clients_calls_that_are_no_functions_are_the_last_items_and_end_the_turn() {
    let tools = json!([{"type": "custom", "name": "apply"}]);
    let call_of = |kind: &str| {
        item(json!({"type": kind, "id": "item_1", "call_id": "c", "name": "apply", "input": "x"}))
    };
    let shouted = "acme:shout completed {\"text\":\"a\"} A / -";
    let shout = || call(1, "shout", r#"{"text":"a"}"#);
    for kind in [
        "custom_tool_call",
        "local_shell_call",
        "apply_patch_call",
        "computer_call",
    ] {
        let event = json!({"type": "response.custom_tool_call_input.delta", "delta": "x"});
        let event = StreamEvent::from_json(event.to_string().as_bytes()).unwrap();
        let relayed = vec![
            Delta::OpenItem(Box::new(call_of(kind))),
            Delta::ItemEvent(Box::new(event)),
            Delta::CloseItem(Box::new(call_of(kind))),
        ];
        for called in [vec![Delta::item(call_of(kind))], relayed] {
            let streamed = called.len();
            let first = round([called, shout(), text("Done.")]);
            let (answer, script) = ask_both(vec![first], json!({"tools": tools})).await;
            let expected = format!("assistant 'Done.'; {shouted}; {kind}");
            assert_eq!(answer.summary(), expected, "{streamed}");
            assert_eq!(answer.status(), "completed");
            assert_eq!(script.turns.lock().unwrap().len(), 1);
            let has_event = answer
                .event_types()
                .contains(&"response.custom_tool_call_input.delta");
            assert_eq!(has_event, streamed > 1);
        }
    }
}

#[tokio::test]
async fn calls_that_are_no_functions_count() {
    let custom =
        || item(json!({"type": "custom_tool_call", "call_id": "c", "name": "a", "input": "x"}));
    let relayed = vec![
        Delta::OpenItem(Box::new(custom())),
        Delta::CloseItem(Box::new(custom())),
    ];
    for called in [vec![Delta::item(custom())], relayed] {
        let rounds = vec![
            round([called, call(1, "shout", "{}")]),
            round([text("Done.")]),
        ];
        let tools = json!([{"type": "custom", "name": "a"}]);
        let body = json!({"max_tool_calls": 1, "tools": tools});
        let (answer, _) = ask_both(rounds, body).await;
        assert_eq!(
            answer.summary(),
            "acme:shout completed {} ? / -; assistant 'Done.'"
        );
    }
}
