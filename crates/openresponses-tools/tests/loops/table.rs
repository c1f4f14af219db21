//! Every mix of calls over every transport, with the store that the tests run with: the outcome is the same,
//! and so is what the model knows in the next turn.

use std::time::Duration;

use http::Request;
use openresponses_tools::{Approval, ErrorAction, Limits, Tool, ToolError, ToolOutput, Tools};
use openresponses_types::Response;
use openresponses_types::sequence::Delta;
use openresponses_types::wire::ExtensionType;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::stack::{Script, Stack, call, post, round, summary, text, tools};
use super::transport::{Transport, whole};

/// A first turn, and what is expected of it.
struct Case {
    name: &'static str,
    /// What the model does, round by round; then it is done.
    rounds: Vec<Vec<Delta>>,
    /// Members of the request besides the model and the input.
    body: Value,
    limits: Limits,
    /// Status, reason and items of the response; the error's code where it is refused or has failed.
    expected: &'static str,
    /// What the model knows of the turn in the next one, between the two messages of the user.
    remembered: &'static str,
    /// Whether the client answers a request for approval in the next turn, and how.
    answer: Option<Answered>,
}

#[derive(Clone, Copy, Debug)]
enum Answered {
    Given,
    Refused,
    Forged,
}

/// The request that is asked after the first, and what is expected of it.
impl Answered {
    fn expected(self, transport: Transport) -> &'static str {
        match self {
            // What is in the background was accepted before.
            Self::Forged if transport == Transport::Background => "failed invalid_value: ",
            Self::Given => "completed -: acme:pay completed {} paid / -; assistant 'Next.'",
            Self::Refused => "completed -: assistant 'Next.'",
            Self::Forged => "refused: input[0].approval_request_id",
        }
    }
}

const PARIS: &str = r#"{"city":"Paris"}"#;
const A: &str = r#"{"text":"a"}"#;

fn case(
    name: &'static str,
    first: Vec<Vec<Delta>>,
    expected: &'static str,
    remembered: &'static str,
) -> Case {
    Case {
        name,
        rounds: first,
        body: json!({}),
        limits: Limits::new(),
        expected,
        remembered,
        answer: None,
    }
}

/// The tools of all cases: those of the other tests, and some that behave badly or ask first.
fn all_tools() -> Tools {
    let named = |name: &str| ExtensionType::new(&format!("acme:{name}")).unwrap();
    let hangs = Tool::raw("hangs", json!({}), |_: Value, _| async {
        std::future::pending::<Result<ToolOutput, ToolError>>().await
    });
    let hangs = hangs
        .timeout(Duration::from_millis(20))
        .shown_as(named("hangs"));
    let panics = Tool::raw("panics", json!({}), |_: Value, _| async {
        panic!("a tool that panics");
        #[allow(unreachable_code)]
        Ok(ToolOutput::new(""))
    });
    let fatal = Tool::raw("fatal", json!({}), |_: Value, _| async {
        Err::<ToolOutput, _>(ToolError::new("broken"))
    });
    let pay = Tool::raw("pay", json!({}), |_: Value, _| async {
        Ok(ToolOutput::new("paid"))
    });
    let pay = pay.shown_as(named("pay")).approval(Approval::always());
    tools()
        .tool(hangs)
        .tool(panics)
        .tool(fatal.on_error(ErrorAction::Fail))
        .tool(pay)
}

fn cases() -> Vec<Case> {
    let theirs = || json!([{"type": "function", "name": "book", "parameters": {"type": "object"}}]);
    let hosted = || json!([{"type": "acme:search"}, {"type": "function", "name": "book"}]);
    let weather = |key| call(key, "weather", PARIS);
    let shout = |key| call(key, "shout", A);
    let first = |calls: Vec<Vec<Delta>>| vec![round(calls)];
    let with = |mut case: Case, body: Value| {
        case.body = body;
        case
    };
    let within = |mut case: Case, limits: Limits| {
        case.limits = limits;
        case
    };
    let answered = |mut case: Case, answer| {
        case.answer = Some(answer);
        case
    };
    let asks = |name| {
        case(
            name,
            first(vec![text("Pay?"), call(1, "pay", "{}")]),
            "completed -: assistant 'Pay?'; acme:approval_request completed {} - / -",
            "",
        )
    };
    vec![
        case(
            "ours, hidden",
            first(vec![text("Hm."), weather(1)]),
            "completed -: assistant 'Hm.'; assistant 'Done.'",
            "assistant 'Hm.'; call call_1 weather({\"city\":\"Paris\"}); \
             output call_1 '22 degrees in Paris'; assistant 'Done.'; ",
        ),
        case(
            "ours, shown",
            first(vec![shout(1)]),
            "completed -: acme:shout completed {\"text\":\"a\"} A / -; assistant 'Done.'",
            "call call_1 shout({\"text\":\"a\"}); output call_1 'A'; assistant 'Done.'; ",
        ),
        with(
            case(
                "hosted",
                first(vec![call(1, "search", r#"{"query":"q"}"#)]),
                "completed -: acme:search completed {\"query\":\"q\"} \"q\" in nothing / -; assistant 'Done.'",
                "call call_1 search({\"query\":\"q\"}); output call_1 '\"q\" in nothing'; assistant 'Done.'; ",
            ),
            json!({"tools": hosted()}),
        ),
        with(
            case(
                "theirs",
                first(vec![call(1, "book", "{}")]),
                "completed -: call call_1 book({})",
                "call call_1 book({}); ",
            ),
            json!({"tools": theirs()}),
        ),
        with(
            case(
                "theirs and ours, hidden and shown, in one round",
                first(vec![call(1, "book", "{}"), weather(2), shout(3)]),
                "completed -: acme:shout completed {\"text\":\"a\"} A / -; call call_1 book({})",
                "call call_3 shout({\"text\":\"a\"}); output call_3 'A'; \
                 call call_2 weather({\"city\":\"Paris\"}); output call_2 '22 degrees in Paris'; \
                 call call_1 book({}); ",
            ),
            json!({"tools": theirs()}),
        ),
        case(
            "two of ours at once",
            first(vec![shout(1), shout(2)]),
            "completed -: acme:shout completed {\"text\":\"a\"} A / -; \
             acme:shout completed {\"text\":\"a\"} A / -; assistant 'Done.'",
            "call call_1 shout({\"text\":\"a\"}); call call_2 shout({\"text\":\"a\"}); \
             output call_1 'A'; output call_2 'A'; assistant 'Done.'; ",
        ),
        with(
            case(
                "two of ours where one at a time is allowed",
                first(vec![weather(1), weather(2)]),
                "completed -: assistant 'Done.'",
                "call call_1 weather({\"city\":\"Paris\"}); call call_2 weather({\"city\":\"Paris\"}); \
                 output call_1 '22 degrees in Paris'; \
                 output call_2 'Error: The request allows one tool call at a time. Call again.'; assistant 'Done.'; ",
            ),
            json!({"parallel_tool_calls": false}),
        ),
        with(
            case(
                "one that is not allowed",
                first(vec![call(1, "search", "{}")]),
                "completed -: acme:search failed {} - / This request does not allow the tool.; assistant 'Done.'",
                "call call_1 search({}); output call_1 'Error: This request does not allow the tool.'; \
                 assistant 'Done.'; ",
            ),
            json!({"tools": hosted(), "tool_choice": {"type": "allowed_tools", "tools": [
                {"type": "function", "name": "book"}]}}),
        ),
        with(
            case(
                "more than max_tool_calls",
                first(vec![weather(1), weather(2)]),
                "completed -: assistant 'Done.'",
                "call call_1 weather({\"city\":\"Paris\"}); call call_2 weather({\"city\":\"Paris\"}); \
                 output call_1 '22 degrees in Paris'; \
                 output call_2 'Error: The request allows no further tool calls.'; assistant 'Done.'; ",
            ),
            json!({"max_tool_calls": 1}),
        ),
        within(
            case(
                "more than the rounds",
                vec![round([shout(1)]), round([shout(2)])],
                "incomplete max_tool_rounds: acme:shout completed {\"text\":\"a\"} A / -",
                "call call_1 shout({\"text\":\"a\"}); output call_1 'A'; ",
            ),
            Limits::new().rounds(2),
        ),
        within(
            case(
                "more than the bytes of results",
                first(vec![shout(1)]),
                "incomplete max_tool_result_bytes: acme:shout completed {\"text\":\"a\"} A / -",
                "call call_1 shout({\"text\":\"a\"}); output call_1 'A'; ",
            ),
            Limits::new().total_result_bytes(0),
        ),
        case(
            "one that fails",
            first(vec![call(1, "weather", r#"{"city":"Atlantis"}"#)]),
            "completed -: assistant 'Done.'",
            "call call_1 weather({\"city\":\"Atlantis\"}); \
             output call_1 'Error: There is no city named 'Atlantis'.'; assistant 'Done.'; ",
        ),
        case(
            "one that fails the response",
            first(vec![call(1, "fatal", "{}")]),
            "failed tool_failed: ",
            "",
        ),
        case(
            "one that panics",
            first(vec![call(1, "panics", "{}")]),
            "completed -: assistant 'Done.'",
            "call call_1 panics({}); output call_1 'Error: The tool failed.'; assistant 'Done.'; ",
        ),
        case(
            "one that hangs",
            first(vec![call(1, "hangs", "{}")]),
            "completed -: acme:hangs failed {} - / The tool took longer than 0.02 s.; assistant 'Done.'",
            "call call_1 hangs({}); output call_1 'Error: The tool took longer than 0.02 s.'; assistant 'Done.'; ",
        ),
        case(
            "one that is not there",
            first(vec![call(1, "wether", "{}")]),
            "completed -: assistant 'Done.'",
            "call call_1 wether({}); output call_1 'Error: There is no tool named 'wether'.'; assistant 'Done.'; ",
        ),
        with(
            case(
                "calls with the same id",
                first(vec![weather(1), shout(1), call(1, "book", "{}")]),
                "completed -: acme:shout completed {\"text\":\"a\"} A / -; call call_1_3 book({})",
                "call call_1_2 shout({\"text\":\"a\"}); output call_1_2 'A'; \
                 call call_1 weather({\"city\":\"Paris\"}); output call_1 '22 degrees in Paris'; \
                 call call_1_3 book({}); ",
            ),
            json!({"tools": theirs()}),
        ),
        answered(asks("approval, given"), Answered::Given),
        answered(asks("approval, refused"), Answered::Refused),
        answered(asks("approval, forged"), Answered::Forged),
    ]
}

/// A response in a line.
fn line(outcome: &Result<Response, Value>) -> String {
    let response = match outcome {
        Ok(response) => response,
        // Without a stream a failure has a status.
        Err(body) => {
            let error = &body["error"];
            return match error["param"].as_str() {
                Some(param) => format!("refused: {param}"),
                None => format!("failed {}: ", error["code"].as_str().unwrap_or("-")),
            };
        }
    };
    let reason = response.incomplete_details.value().map(|it| &*it.reason);
    let reason = reason.or(response.error.value().map(|error| &*error.code));
    format!(
        "{} {}: {}",
        response.status.value().unwrap().as_str(),
        reason.unwrap_or("-"),
        summary(response.output_items())
    )
}

/// The second turn, which answers the request for approval of the first where there is one.
fn second(case: &Case, first: &Response) -> Value {
    let mut body = json!({"model": "model", "previous_response_id": first.id, "input": "And now?"});
    if let Some(tools) = case.body.get("tools") {
        body["tools"] = tools.clone();
        // The client has run its call.
        let called = first.output_items().iter().filter_map(|item| match item {
            openresponses_types::Item::FunctionCall(call) => Some(&call.call_id),
            _ => None,
        });
        let output =
            |id| json!({"type": "function_call_output", "call_id": id, "output": "booked"});
        let mut input: Vec<Value> = called.map(output).collect();
        input.push(json!({"role": "user", "content": "And now?"}));
        body["input"] = input.into();
    }
    let Some(answer) = case.answer else {
        return body;
    };
    let request = first
        .output_items()
        .last()
        .unwrap()
        .id()
        .unwrap()
        .into_string();
    let id = match answer {
        Answered::Forged => format!("{request}x"),
        Answered::Given | Answered::Refused => request,
    };
    body["input"] = json!([{
        "type": "acme:approval_response",
        "approval_request_id": id,
        "approve": !matches!(answer, Answered::Refused),
    }]);
    body
}

#[tokio::test]
async fn every_mix_has_the_same_outcome_over_every_transport() {
    for transport in Transport::ALL {
        for case in cases() {
            let name = format!("{}, {transport:?}", case.name);
            let mut rounds = case.rounds.clone();
            // What ends the turn leaves the rest of the script to the next.
            let asks_again = case.expected.contains("'Done.'");
            rounds.extend(asks_again.then(|| round([text("Done.")])));
            rounds.push(round([text("Next.")]));
            let script = Script::new(rounds);
            let mut stack = Stack::new(script.clone());
            stack.tools = all_tools();
            stack.limits = case.limits;
            let service = stack.service();
            let mut body = case.body.clone();
            body["model"] = "model".into();
            body["input"] = "How warm is it?".into();
            let first = transport.ask(&service, &body).await;
            assert_eq!(line(&first), case.expected, "{name}");
            // A response that failed is not continued.
            let Some(first) = first.ok().filter(|it| it.error.value().is_none()) else {
                continue;
            };
            let next = transport.ask(&service, &second(&case, &first)).await;
            if let Some(answer) = case.answer {
                assert_eq!(line(&next), answer.expected(transport), "{name}");
                continue;
            }
            assert_eq!(line(&next), "completed -: assistant 'Next.'", "{name}");
            let context = script.last_context();
            let booked = context.contains(" book(");
            let context = context
                .replace("output call_1 'booked'; ", "")
                .replace("output call_1_3 'booked'; ", "");
            let expected = format!("user 'How warm is it?'; {}user 'And now?'", case.remembered);
            assert_eq!(context, expected, "{name}");
            assert_eq!(booked, case.expected.contains(" book("), "{name}");
        }
    }
}

/// Reports when it is dropped.
struct Gone(mpsc::UnboundedSender<&'static str>);

impl Drop for Gone {
    fn drop(&mut self) {
        let _ = self.0.send("gone");
    }
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_call_over_every_transport() {
    for transport in Transport::ALL {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let endless = Tool::raw("endless", json!({}), move |_: Value, _| {
            let gone = Gone(sender.clone());
            async move {
                let _ = gone.0.send("begun");
                std::future::pending::<Result<ToolOutput, ToolError>>().await
            }
        });
        let mut stack = Stack::new(Script::new(vec![round([call(1, "endless", "{}")])]));
        stack.tools = Tools::new().tool(endless);
        let service = stack.service();
        let body = json!({"model": "model", "input": "x"});
        if transport == Transport::Background {
            // Its client may leave; it calls the response off.
            let background = json!({"model": "model", "input": "x", "background": true});
            let response = whole(&service, post(&background)).await.unwrap();
            assert_eq!(receiver.recv().await, Some("begun"));
            let cancel = format!("/v1/responses/{}/cancel", response.id);
            let cancel = Request::post(cancel).body(String::new());
            let cancelled = whole(&service, cancel.unwrap()).await.unwrap();
            assert_eq!(cancelled.status.value().unwrap().as_str(), "cancelled");
        } else {
            // What it asks with is dropped once the call runs.
            tokio::select! {
                answer = transport.ask(&service, &body) => panic!("{transport:?}: {answer:?}"),
                begun = receiver.recv() => assert_eq!(begun, Some("begun"), "{transport:?}"),
            }
        }
        assert_eq!(receiver.recv().await, Some("gone"), "{transport:?}");
    }
}
