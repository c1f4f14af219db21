use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use super::Sequencer;
use crate::check::Checker;
use crate::content::{Annotation, LogProb, TopLogProb, UrlCitation};
use crate::item::Item;
use crate::json::RawJson;
use crate::response::Response;
use crate::sequence::{CountingIds, Delta, FixedClock, OutputWarning, ToolPolicy};
use crate::wire::Extension;

/// The response that `deltas` make, and what was left out. The stream is checked.
fn run(deltas: impl IntoIterator<Item = Delta>) -> (Response, Vec<OutputWarning>) {
    let mut sequencer = Sequencer::new(
        Response::new("resp_1", "m", 1),
        ToolPolicy::unrestricted(),
        Arc::new(CountingIds::default()),
        Arc::new(FixedClock(2)),
    );
    sequencer.start();
    deltas.into_iter().for_each(|delta| sequencer.push(delta));
    sequencer.end();
    sequencer.conclude();
    let mut checker = Checker::new();
    while let Some(event) = sequencer.pop() {
        checker.push(&event, None);
    }
    assert_eq!(checker.finish(), []);
    let warnings = sequencer.warnings().to_vec();
    (sequencer.into_response(), warnings)
}

/// Each item as `type status text`.
fn items(response: &Response) -> Vec<String> {
    let shown = response.output_items().iter().map(|item| {
        let status = item
            .status()
            .map_or(String::new(), |status| status.as_str().into());
        let text = match item {
            Item::Message(message) => message.content.texts().collect(),
            Item::FunctionCall(call) => alloc::format!("{}{}", call.name, call.arguments),
            _ => String::new(),
        };
        alloc::format!("{} {status} {text}", item.type_name())
    });
    shown.collect()
}

fn call(key: u32, name: &str) -> Delta {
    Delta::Call {
        key,
        call_id: None,
        name: name.into(),
    }
}

fn arguments(key: u32, delta: &str) -> Delta {
    Delta::Arguments {
        key,
        delta: delta.into(),
    }
}

fn citation() -> Delta {
    let citation = UrlCitation::new("https://example.com", 0, 1, "x");
    Delta::Annotation(Box::new(Annotation::from(citation)))
}

fn code(response: &Response) -> Option<&str> {
    response.error.value().map(|error| error.code.as_str())
}

#[test]
fn a_call_that_other_output_cut_off_is_never_completed_without_its_arguments() {
    let others = || {
        [
            Delta::text("x"),
            Delta::Reasoning("x".into()),
            Delta::Item(Box::new(crate::item::Message::assistant("x").into())),
        ]
    };
    for other in others() {
        let (response, _) = run([
            call(0, "f"),
            arguments(0, "{\"city\":"),
            other,
            arguments(0, "\"Paris\"}"),
            Delta::complete(),
        ]);
        assert_eq!(code(&response), Some("interrupted_call"));
    }
    // One that was completed with an empty object.
    let (response, _) = run([
        call(0, "f"),
        Delta::text("x"),
        arguments(0, "{\"city\":\"Paris\"}"),
        Delta::complete(),
    ]);
    assert_eq!(code(&response), Some("interrupted_call"));
    // One that waited.
    let (response, _) = run([
        call(0, "f"),
        call(1, "g"),
        arguments(1, "{"),
        Delta::text("x"),
        arguments(1, "}"),
        Delta::complete(),
    ]);
    assert_eq!(code(&response), Some("interrupted_call"));
}

#[test]
fn arguments_after_a_call_that_was_complete_are_left_out() {
    for stray in ["", " ", "{}"] {
        let (response, warnings) = run([
            call(0, "f"),
            arguments(0, "{}"),
            Delta::text("x"),
            arguments(0, stray),
            Delta::complete(),
        ]);
        assert_eq!(
            items(&response),
            ["function_call completed f{}", "message completed x"]
        );
        assert_eq!(warnings, [OutputWarning::StrayArguments]);
    }
}

#[test]
fn an_annotation_goes_into_the_open_text_or_is_left_out() {
    let annotations = |response: &Response| {
        let all = response.output_items().iter().map(|item| match item {
            Item::Message(message) => message
                .content
                .parts()
                .iter()
                .map(crate::stream_output::annotation_count)
                .collect(),
            _ => Vec::new(),
        });
        all.collect::<Vec<Vec<usize>>>()
    };
    for (deltas, expected, left_out) in [
        (
            vec![Delta::text("a"), citation(), citation()],
            vec![vec![2]],
            0,
        ),
        // Before its text.
        (vec![citation(), Delta::text("a")], vec![vec![1]], 0),
        (
            vec![
                Delta::text("a"),
                Delta::Message { phase: None },
                citation(),
                Delta::text("b"),
            ],
            vec![vec![0], vec![1]],
            0,
        ),
        // After its text: the done events are out.
        (
            vec![Delta::text("a"), Delta::EndPart, citation()],
            vec![vec![0]],
            1,
        ),
        (
            vec![Delta::text("a"), Delta::EndItem, citation()],
            vec![vec![0]],
            1,
        ),
        (
            vec![
                Delta::text("a"),
                call(0, "f"),
                arguments(0, "{}"),
                citation(),
            ],
            vec![vec![0], vec![]],
            1,
        ),
        (
            vec![Delta::text("a"), Delta::Refusal("no".into()), citation()],
            vec![vec![0, 0]],
            1,
        ),
        (
            vec![
                Delta::text("a"),
                Delta::Reasoning("b".into()),
                citation(),
                Delta::text("c"),
            ],
            vec![vec![0], vec![], vec![0]],
            1,
        ),
    ] {
        let (response, warnings) = run(deltas.into_iter().chain([Delta::complete()]));
        assert_eq!(annotations(&response), expected);
        assert_eq!(warnings, vec![OutputWarning::StrayAnnotation; left_out]);
    }
}

#[test]
fn an_incomplete_response_ends_with_the_call_that_was_cut_off() {
    let cut = |name: &str| OutputWarning::CallAfterCut { name: name.into() };
    for (deltas, expected, left_out) in [
        // The arguments of the first call never came.
        (
            vec![
                call(0, "rm"),
                call(1, "ls"),
                arguments(1, "{}"),
                Delta::EndCall { key: 1 },
            ],
            vec!["function_call incomplete rm"],
            vec![cut("ls")],
        ),
        (
            vec![
                call(0, "f"),
                arguments(0, "{\"a\":"),
                call(1, "g"),
                arguments(1, "{"),
            ],
            vec!["function_call incomplete f{\"a\":"],
            vec![cut("g")],
        ),
        // A call whose arguments are all there is complete, as some providers never end one.
        (
            vec![
                call(0, "f"),
                arguments(0, "{}"),
                call(1, "g"),
                arguments(1, "{\"a"),
            ],
            vec![
                "function_call completed f{}",
                "function_call incomplete g{\"a",
            ],
            vec![],
        ),
        (
            vec![
                call(0, "f"),
                arguments(0, "{}"),
                call(1, "g"),
                arguments(1, "{}"),
                Delta::EndCall { key: 1 },
            ],
            vec!["function_call completed f{}", "function_call completed g{}"],
            vec![],
        ),
        // A call without parameters that has ended.
        (
            vec![
                call(0, "f"),
                arguments(0, "{}"),
                call(1, "g"),
                Delta::EndCall { key: 1 },
                call(2, "h"),
            ],
            vec![
                "function_call completed f{}",
                "function_call completed g{}",
                "function_call incomplete h",
            ],
            vec![],
        ),
        (vec![Delta::text("a")], vec!["message incomplete a"], vec![]),
    ] {
        let end = Delta::incomplete("max_output_tokens");
        let (response, warnings) = run(deltas.into_iter().chain([end]));
        assert_eq!(items(&response), expected);
        assert_eq!(warnings, left_out);
    }
}

#[test]
fn an_item_that_came_whole_takes_nothing_more() {
    let whole = |json: &str| Delta::Item(Box::new(Item::from_json(json.as_bytes()).unwrap()));
    for (item, after, expected) in [
        (
            r#"{"type":"message","role":"assistant","status":"incomplete","content":[{"type":"output_text","text":"a","annotations":[]}]}"#,
            Delta::text("b"),
            ["message completed a", "message completed b"],
        ),
        (
            r#"{"type":"message","role":"assistant","status":"incomplete","content":[]}"#,
            Delta::text("b"),
            ["message completed ", "message completed b"],
        ),
        (
            r#"{"type":"function_call","call_id":"c","name":"f","arguments":"{\"a","status":"incomplete"}"#,
            Delta::text("b"),
            ["function_call completed f{\"a", "message completed b"],
        ),
    ] {
        let (response, _) = run([whole(item), after, Delta::complete()]);
        assert_eq!(items(&response), expected);
    }
    // The key of a provider's call is no other's.
    let call = r#"{"type":"function_call","call_id":"c","name":"f","arguments":"{\"a","status":"incomplete"}"#;
    let (response, warnings) = run([
        whole(call),
        arguments(u32::MAX, "\":1}"),
        Delta::incomplete("max_output_tokens"),
    ]);
    assert_eq!(items(&response), ["function_call incomplete f{\"a"]);
    assert_eq!(warnings, [OutputWarning::StrayArguments]);
}

#[test]
fn what_the_output_takes_is_counted_as_it_grows() {
    let mut sequencer = Sequencer::new(
        Response::new("resp_1", "m", 1),
        ToolPolicy::unrestricted(),
        Arc::new(CountingIds::default()),
        Arc::new(FixedClock(2)),
    );
    let long = || "x".repeat(10_000);
    let member = |value: String| Delta::Member {
        name: "acme:note".into(),
        value: RawJson::parse(&alloc::format!("\"{value}\"")).unwrap(),
    };
    let live = |result: &str| {
        let json = alloc::format!(r#"{{"type":"acme:search_call","results":"{result}"}}"#);
        let json = RawJson::parse(&json).unwrap();
        Box::new(Item::Extension(Extension::new(json).unwrap()))
    };
    let candidates = vec![TopLogProb::new("x", -1.0); 20];
    let logprob = LogProb::new("x", -1.0).top_logprobs(candidates);
    for (delta, least, most) in [
        // An item takes more than its text.
        (Delta::text("x"), 200, 2_000),
        (Delta::text("x"), 1, 1),
        (Delta::text(long()), 10_000, 10_000),
        (
            Delta::TextWithLogprobs("x".into(), vec![logprob]),
            1_000,
            5_000,
        ),
        (Delta::EncryptedReasoning(long()), 10_000, 12_000),
        (call(1, "f"), 100, 2_000),
        (call(2, "g"), 50, 500),
        // It waits for the first call.
        (arguments(2, &long()), 10_000, 10_000),
        (member(long()), 10_000, 10_100),
        (Delta::OpenItem(live("")), 100, 2_000),
        (Delta::CloseItem(live(&long())), 9_900, 10_100),
        (Delta::complete(), 0, 0),
    ] {
        let before = sequencer.output_bytes();
        let name = alloc::format!("{delta:.60?}");
        sequencer.push(delta);
        let grown = sequencer.output_bytes().saturating_sub(before);
        assert!((least..=most).contains(&grown), "{grown} for {name}");
    }
}
