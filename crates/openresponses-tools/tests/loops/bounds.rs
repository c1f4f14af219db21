//! What ends a loop, and what a tool cannot do to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::BodyExt;
use openresponses_tools::{
    CallContext, ErrorAction, Limits, OnDrop, Tool, ToolError, ToolOutput, Tools,
};
use openresponses_tower::Error;
use openresponses_types::sequence::{Delta, Failure, Finish};
use openresponses_types::wire::ExtensionType;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::stack::{Script, Stack, call, post, round, text};

fn weather() -> Vec<Delta> {
    round([call(1, "weather", r#"{"city":"Paris"}"#)])
}

fn tool(run: impl Fn() -> Result<ToolOutput, ToolError> + Send + Sync + Clone + 'static) -> Tool {
    Tool::raw("tool", json!({}), move |_: Value, _: CallContext| {
        let run = run.clone();
        async move { run() }
    })
}

async fn ask(tool: Tool, limits: Limits) -> (super::stack::Answer, Script) {
    let script = Script::new(vec![round([call(1, "tool", "{}")]), round([text("Done.")])]);
    let mut stack = Stack::new(script.clone());
    stack.tools = Tools::new().tool(tool);
    stack.limits = limits;
    (stack.ask(json!({})).await, script)
}

#[tokio::test]
async fn rounds_are_bounded() {
    let script = Script::new(vec![weather(), weather(), weather(), weather()]);
    let mut stack = Stack::new(script.clone());
    stack.limits = Limits::new().rounds(3);
    let answer = stack.ask(json!({})).await;
    assert_eq!(
        (answer.status(), &*answer.reason()),
        ("incomplete", "max_tool_rounds")
    );
    assert_eq!(script.turns.lock().unwrap().len(), 3);
    assert_eq!(answer.response.usage.value().unwrap().input_tokens, 3);
}

#[tokio::test]
async fn the_clients_calls_of_the_last_round_are_its_to_run() {
    let script = Script::new(vec![round([
        call(1, "weather", r#"{"city":"Paris"}"#),
        call(2, "book", "{}"),
    ])]);
    let mut stack = Stack::new(script);
    stack.limits = Limits::new().rounds(1);
    let answer = stack
        .ask(json!({"tools": [{"type": "function", "name": "book"}]}))
        .await;
    assert_eq!(answer.reason(), "max_tool_rounds");
    assert_eq!(answer.summary(), "call call_2 book({})");
}

#[tokio::test]
async fn arguments_are_bounded_while_they_arrive() {
    let mut first = call(1, "tool", "{\"x\":\"");
    let end = first.pop();
    first.extend((0..100).map(|_| Delta::Arguments {
        key: 1,
        delta: "x".repeat(100),
    }));
    first.extend(end);
    let script = Script::new(vec![round([first]), round([text("Done.")])]);
    let mut stack = Stack::new(script.clone());
    stack.tools = Tools::new().tool(tool(|| Ok(ToolOutput::new("ran"))));
    stack.limits = Limits::new().argument_bytes(1000);
    stack.ask(json!({})).await;
    // What was cut is not JSON.
    assert_eq!(
        script.last_context(),
        "user 'How warm is it?'; call call_1 tool({}); \
         output call_1 'Error: The arguments have more than 1000 bytes.'"
    );
}

#[tokio::test]
async fn the_clients_calls_that_are_held_are_bounded() {
    for (pieces, status, reason) in [
        (3, "completed", ""),
        (5, "failed", "client_calls_too_large"),
    ] {
        let mut first = call(1, "book", "");
        let end = first.pop();
        first.extend((0..pieces).map(|_| Delta::Arguments {
            key: 1,
            delta: "x".repeat(1 << 20),
        }));
        first.extend(end);
        let stack = Stack::new(Script::new(vec![round([first])]));
        let answer = stack
            .ask(json!({"tools": [{"type": "function", "name": "book"}]}))
            .await;
        assert_eq!((answer.status(), &*answer.reason()), (status, reason));
    }
}

/// A model that calls a tool that is not there, and then says nothing.
struct Mistaken(AtomicUsize);

impl openresponses_tower::Provider for Mistaken {
    async fn respond(
        &self,
        _: http::Request<openresponses_types::Turn>,
    ) -> Result<http::Response<openresponses_tower::OutputStream>, Error> {
        if self.0.fetch_add(1, Ordering::Relaxed) > 0 {
            std::future::pending::<()>().await;
        }
        let deltas = round([call(1, "missing", "{}")]);
        Ok(http::Response::new(
            openresponses_tower::OutputStream::from_deltas(deltas),
        ))
    }
}

#[tokio::test]
async fn the_time_of_the_loop_is_bounded_where_no_call_runs() {
    let tools = Tools::new().tool(tool(|| Ok(ToolOutput::new("ran"))));
    let provider = openresponses_tools::ToolLoop::new(Mistaken(AtomicUsize::new(0)), tools)
        .limits(Limits::new().time(Duration::from_millis(50)));
    let service =
        openresponses_tower::OpenResponses::new(provider, openresponses_tower::Config::new());
    let request = post(&json!({"model": "m", "input": "x"}));
    let body = service.oneshot(request).await.unwrap().into_body();
    let bytes = body.collect().await.unwrap().to_bytes();
    let answer: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(
        answer["incomplete_details"]["reason"], "max_tool_time",
        "{answer}"
    );
}

#[tokio::test]
async fn errors_count_as_results() {
    // An error of a tool's own is cut, so that many of them are one result that is too large.
    let failing = tool(|| Err(ToolError::new("x".repeat(3_000))));
    let limits = Limits::new().total_result_bytes(1_000);
    let (answer, _) = ask(failing, limits).await;
    assert_eq!(answer.reason(), "max_tool_result_bytes");
}

#[tokio::test]
async fn results_are_bounded() {
    let large = || tool(|| Ok(ToolOutput::new("x".repeat(1000))));
    let (answer, script) = ask(large(), Limits::new().result_bytes(999)).await;
    assert_eq!(answer.status(), "completed");
    assert!(
        script
            .last_context()
            .ends_with("'Error: The result has 1000 bytes; at most 999 are passed on.'")
    );
    let (answer, _) = ask(large(), Limits::new().total_result_bytes(999)).await;
    assert_eq!(
        (answer.status(), &*answer.reason()),
        ("incomplete", "max_tool_result_bytes")
    );
}

#[tokio::test]
async fn the_time_of_the_loop_is_bounded() {
    let slow = Tool::raw("tool", json!({}), |_: Value, _| async {
        std::future::pending::<Result<ToolOutput, ToolError>>().await
    })
    .shown_as(ExtensionType::new("acme:tool").unwrap());
    let (answer, _) = ask(slow, Limits::new().time(Duration::from_millis(50))).await;
    assert_eq!(
        (answer.status(), &*answer.reason()),
        ("incomplete", "max_tool_time")
    );
    assert_eq!(answer.summary(), "acme:tool incomplete {} - / -");
}

#[tokio::test]
async fn results_that_came_in_time_are_kept_for_the_next_turn() {
    let hangs = Tool::raw("hangs", json!({}), |_: Value, _| async {
        std::future::pending::<Result<ToolOutput, ToolError>>().await
    });
    let script = Script::new(vec![
        round([call(1, "tool", "{}"), call(2, "hangs", "{}")]),
        round([text("Again.")]),
    ]);
    let mut stack = Stack::new(script.clone());
    let quick = tool(|| Ok(ToolOutput::new("quick")));
    stack.tools = Tools::new().tool(quick).tool(hangs);
    stack.limits = Limits::new().time(Duration::from_millis(50));
    let service = stack.service();
    let answer = stack.ask_with(&service, json!({})).await;
    assert_eq!(answer.reason(), "max_tool_time");
    let next = json!({"input": "And?", "previous_response_id": answer.response.id});
    stack.ask_with(&service, next).await;
    let context = script.last_context();
    assert!(
        context.contains(
            "call call_1 tool({}); call call_2 hangs({}); output call_1 'quick'; \
             output call_2 'Error: The time for tools was over.'"
        ),
        "{context}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tool_that_panics_or_hangs_ends_its_own_call() {
    let panics = tool(|| panic!("the tool's secret"));
    let hangs = Tool::raw("tool", json!({}), |_: Value, _| async {
        std::future::pending::<Result<ToolOutput, ToolError>>().await
    })
    .timeout(Duration::from_millis(50));
    let blocks = tool(|| {
        std::thread::sleep(Duration::from_millis(700));
        Ok(ToolOutput::new("late"))
    })
    .timeout(Duration::from_millis(50));
    for (tool, error) in [
        (panics, "'Error: The tool failed.'"),
        (hangs, "'Error: The tool took longer than 0.05 s.'"),
        (blocks, "'Error: The tool took longer than 0.05 s.'"),
    ] {
        let (answer, script) = ask(tool, Limits::new()).await;
        assert_eq!(answer.status(), "completed");
        assert_eq!(answer.summary(), "assistant 'Done.'");
        assert!(
            script.last_context().ends_with(error),
            "{}",
            script.last_context()
        );
    }
}

#[tokio::test]
async fn an_error_fails_the_response_where_the_host_wants_it() {
    let failing = tool(|| Err(ToolError::new("broken"))).on_error(ErrorAction::Fail);
    let (answer, script) = ask(failing, Limits::new()).await;
    assert_eq!(
        (answer.status(), &*answer.reason()),
        ("failed", "tool_failed")
    );
    assert_eq!(script.turns.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_round_that_does_not_complete_ends_the_response_and_runs_nothing() {
    let called = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&called);
    let counting = tool(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(ToolOutput::new("ran"))
    });
    let failure = Failure::new("model_error", "broke", "The model broke.");
    let ends = [
        (
            Some(Delta::incomplete("max_output_tokens")),
            "incomplete",
            "max_output_tokens",
        ),
        (
            Some(Delta::Finish(Finish::Failed(failure.into()))),
            "failed",
            "broke",
        ),
        (None, "failed", "stream_ended_early"),
    ];
    for (end, status, reason) in ends {
        let mut first = vec![Delta::text("Let me look.")];
        first.extend(call(1, "tool", "{}"));
        first.extend(end);
        let mut stack = Stack::new(Script::new(vec![first]));
        stack.tools = Tools::new().tool(counting.clone());
        let answer = stack.ask(json!({})).await;
        assert_eq!((answer.status(), &*answer.reason()), (status, reason));
    }
    assert_eq!(called.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_later_round_that_fails_fails_the_response_and_tells_what_was_used() {
    let first = weather()
        .into_iter()
        .map(|delta| Ok(delta.into()))
        .collect();
    let second = vec![Ok(Delta::text("It is").into()), Err(Error::overloaded())];
    let stack = Stack::new(Script::of_outputs(vec![first, second]));
    let answer = stack.ask(json!({})).await;
    assert_eq!(
        (answer.status(), &*answer.reason()),
        ("failed", "overloaded")
    );
    assert_eq!(answer.response.usage.value().unwrap().input_tokens, 1);
}

/// Says when it is dropped.
struct Gone(tokio::sync::mpsc::UnboundedSender<&'static str>);

impl Drop for Gone {
    fn drop(&mut self) {
        let _ = self.0.send("dropped");
    }
}

#[tokio::test]
async fn a_client_that_goes_cancels_the_call_or_lets_it_end() {
    for (on_drop, expected) in [
        (OnDrop::Cancel, &["dropped"][..]),
        (OnDrop::Finish, &["ended", "dropped"][..]),
    ] {
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        let tool = Tool::raw("tool", json!({}), move |_: Value, _| {
            let gone = Gone(sender.clone());
            async move {
                let _ = gone.0.send("began");
                tokio::time::sleep(Duration::from_millis(200)).await;
                let _ = gone.0.send("ended");
                Ok(ToolOutput::new("ran"))
            }
        })
        .on_drop(on_drop);
        let mut stack = Stack::new(Script::new(vec![round([
            text("Let me look."),
            call(1, "tool", "{}"),
        ])]));
        stack.tools = Tools::new().tool(tool);
        let request = post(&json!({"model": "m", "input": "x", "stream": true}));
        let mut body = stack.service().oneshot(request).await.unwrap().into_body();
        let reading = async { while body.frame().await.is_some() {} };
        tokio::select! {
            () = reading => unreachable!("the response ended"),
            began = receiver.recv() => assert_eq!(began, Some("began")),
        }
        let left = std::time::Instant::now();
        drop(body);
        let mut seen = Vec::new();
        while seen.last() != Some(&"dropped") {
            seen.extend(receiver.recv().await);
        }
        assert_eq!(seen, expected);
        if on_drop == OnDrop::Cancel {
            assert!(
                left.elapsed() < Duration::from_millis(100),
                "{:?}",
                left.elapsed()
            );
        }
    }
}
