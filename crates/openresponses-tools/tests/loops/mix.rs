//! Who runs what.

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
