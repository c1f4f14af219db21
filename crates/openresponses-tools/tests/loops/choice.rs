//! `tool_choice`, `allowed_tools`, `parallel_tool_calls` and `max_tool_calls` over the whole loop.

use openresponses_types::tool::{Tool, ToolChoice};
use serde_json::{Value, json};

use super::stack::{Script, Stack, ask_both, call, round, text};

fn theirs() -> Value {
    json!([{"type": "function", "name": "book", "parameters": {"type": "object"}}])
}

/// The choice of each round, and the functions that the model saw in the first.
fn choices(script: &Script) -> (Vec<String>, Vec<String>) {
    let turns = script.turns.lock().unwrap();
    let choice = |choice: &ToolChoice| serde_json::to_string(choice).unwrap().replace('"', "");
    let name = |tool: &Tool| match tool {
        Tool::Function(function) => function.name.clone(),
        other => other.type_name().into(),
    };
    (
        turns.iter().map(|turn| choice(&turn.tool_choice)).collect(),
        turns[0].tools.iter().map(name).collect(),
    )
}

#[tokio::test]
async fn the_choice_holds_over_the_rounds() {
    let paris = r#"{"city":"Paris"}"#;
    let weather = || round([call(1, "weather", paris)]);
    let shout = || round([call(1, "shout", r#"{"text":"a"}"#)]);
    let search = || round([call(1, "search", r#"{"query":"a"}"#)]);
    let declared = json!([{"type": "acme:search"}, {"type": "function", "name": "book"}]);
    let book_or_search = "{type:allowed_tools,tools:[{type:function,name:book},{type:function,name:search}],mode:auto}";
    let lookup = || round([call(1, "lookup", "{}")]);
    let two = json!([{"type": "acme:search"}, {"type": "acme:lookup"}]);
    let cases: [(Value, Vec<_>, &[&str], &[&str]); 9] = [
        (
            json!({"tools": theirs()}),
            vec![weather()],
            &["auto", "auto"],
            &["book", "weather", "shout"],
        ),
        // Hidden calls do not satisfy it for good.
        (
            json!({"tools": theirs(), "tool_choice": "required"}),
            vec![weather(), shout()],
            &[
                "required",
                "{type:allowed_tools,tools:[{type:function,name:book},{type:function,name:shout}],mode:required}",
                "auto",
            ],
            &["book", "weather", "shout"],
        ),
        (
            json!({"tools": theirs(), "tool_choice": {"type": "function", "name": "book"}}),
            vec![],
            &["{type:function,name:book}"],
            &["book"],
        ),
        (
            json!({"tools": theirs(), "tool_choice": "none"}),
            vec![],
            &["none"],
            &["book"],
        ),
        (
            json!({"tools": declared, "tool_choice": {"type": "acme:search"}}),
            vec![search()],
            &[
                "{type:function,name:search}",
                "{type:allowed_tools,tools:[{type:function,name:search}],mode:auto}",
            ],
            &["search", "book"],
        ),
        // After a demand the server's tools are free.
        (
            json!({"tools": two, "tool_choice": {"type": "acme:search"}}),
            vec![search(), lookup()],
            &["{type:function,name:search}", "auto", "auto"],
            &["search", "lookup"],
        ),
        // What is the provider's stays as it is.
        (
            json!({"tools": [{"type": "web_search"}], "tool_choice": {"type": "web_search"}}),
            vec![],
            &["{type:web_search}"],
            &["web_search"],
        ),
        (
            json!({"tools": declared, "tool_choice": {"type": "allowed_tools", "tools": [
                {"type": "function", "name": "book"}, {"type": "acme:search"}]}}),
            vec![search()],
            &[book_or_search, book_or_search],
            &["search", "book"],
        ),
        (
            json!({"max_tool_calls": 1}),
            vec![weather()],
            &["auto", "none"],
            &["weather", "shout"],
        ),
    ];
    for (body, mut rounds, expected, functions) in cases {
        rounds.push(round([text("Done.")]));
        let (answer, script) = ask_both(rounds, body.clone()).await;
        assert_eq!(answer.status(), "completed", "{body}");
        assert!(!answer.summary().contains("failed"), "{}", answer.summary());
        let (choices, seen) = choices(&script);
        assert_eq!(choices, expected, "{body}");
        assert_eq!(seen, functions, "{body}");
    }
}

#[tokio::test]
async fn counted_tokens_are_those_of_the_turn() {
    use tower::ServiceExt;
    let script = Script::default();
    let mut stack = Stack::new(script.clone());
    let secret = openresponses_tools::Tool::raw("secret", json!({}), |_: Value, _| async {
        Ok(openresponses_tools::ToolOutput::new("x"))
    });
    stack.tools = stack.tools.tool(secret.permit(|_, _| false));
    let body = json!({"model": "model", "input": "x", "tools": [{"type": "acme:search"}],
        "tool_choice": {"type": "acme:search"}});
    for path in ["/v1/responses", "/v1/responses/input_tokens"] {
        let mut request = super::stack::post(&body);
        *request.uri_mut() = path.parse().unwrap();
        let answer = stack.service().oneshot(request).await.unwrap();
        assert!(answer.status().is_success() || path == "/v1/responses");
    }
    let turns = script.turns.lock().unwrap();
    let [sampled, counted] = &turns[..] else {
        unreachable!("{}", turns.len())
    };
    assert_eq!(sampled.tools, counted.tools);
    assert_eq!(sampled.tool_choice, counted.tool_choice);
    assert_eq!(counted.tool_choice, ToolChoice::function("search"));
}

#[tokio::test]
async fn where_no_call_is_left_for_the_client_the_model_goes_on() {
    let first = round([
        call(1, "weather", r#"{"city":"Paris"}"#),
        call(2, "book", r#"{"a":1}"#),
    ]);
    let rounds = vec![first, round([text("Done.")])];
    let body = json!({"max_tool_calls": 1, "tools": theirs()});
    let (answer, script) = ask_both(rounds, body).await;
    assert_eq!(answer.summary(), "assistant 'Done.'");
    let context = script.last_context();
    assert!(
        context.ends_with(
            "output call_1 '22 degrees in Paris'; call call_2 book({\"a\":1}); \
             output call_2 'Error: The request allows no further tool calls.'"
        ),
        "{context}"
    );
}

#[tokio::test]
async fn a_call_that_is_not_allowed_does_not_run() {
    let declared = json!([{"type": "acme:search"}, {"type": "function", "name": "book"}]);
    let body = json!({"tools": declared, "tool_choice": {"type": "allowed_tools", "tools": [
        {"type": "function", "name": "book"}]}});
    let rounds = vec![
        round([call(1, "search", r#"{"query":"a"}"#)]),
        round([text("Done.")]),
    ];
    let (answer, script) = ask_both(rounds, body).await;
    assert_eq!(
        answer.summary(),
        "acme:search failed {\"query\":\"a\"} - / This request does not allow the tool.; assistant 'Done.'"
    );
    assert!(
        script
            .last_context()
            .ends_with("output call_1 'Error: This request does not allow the tool.'")
    );
}

#[tokio::test]
async fn the_calls_of_all_rounds_are_counted() {
    let shout = |key| call(key, "shout", r#"{"text":"a"}"#);
    let body = json!({"max_tool_calls": 3, "tools": theirs()});
    let rounds = vec![
        round([shout(1), shout(2)]),
        round([shout(3), shout(4), call(5, "book", "{}")]),
    ];
    let (answer, _) = ask_both(rounds, body).await;
    let ran = answer.summary().matches("acme:shout completed").count();
    let refused = answer
        .summary()
        .matches("allows no further tool calls")
        .count();
    assert_eq!((ran, refused), (3, 1), "{}", answer.summary());
    assert!(!answer.summary().contains("book"), "{}", answer.summary());
}

#[tokio::test]
async fn one_call_at_a_time_where_the_request_wants_it() {
    let shout = |key| call(key, "shout", r#"{"text":"a"}"#);
    let rounds = vec![
        round([shout(1), shout(2)]),
        round([shout(3)]),
        round([text("Done.")]),
    ];
    let (answer, _) = ask_both(rounds, json!({"parallel_tool_calls": false})).await;
    let ran = answer.summary().matches("acme:shout completed").count();
    let refused = answer.summary().matches("one tool call at a time").count();
    assert_eq!((ran, refused), (2, 1), "{}", answer.summary());
}
