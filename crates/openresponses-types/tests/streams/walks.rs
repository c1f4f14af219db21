//! Random walks through the sequencer.

use std::sync::Arc;

use openresponses_types::content::{LogProb, UrlCitation};
use openresponses_types::item::Phase;
use openresponses_types::json::RawJson;
use openresponses_types::response::Usage;
use openresponses_types::sequence::{
    CountingIds, Delta, Failure, Finish, FixedClock, Sequencer, ToolPolicy,
};
use openresponses_types::tool::{FunctionTool, Tool, ToolChoice, ToolChoiceMode};
use openresponses_types::wire::Extension;
use openresponses_types::{Item, Response, StreamEvent};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A provider's output and its end.
#[derive(Clone, Debug)]
pub struct Walk {
    pub deltas: Vec<Delta>,
    /// It fails before the delta of this index.
    pub fails_at: Option<usize>,
    pub policy: ToolPolicy,
}

impl Walk {
    /// Runs the walk; the events go to `sink`.
    pub fn run(&self, sink: &mut impl FnMut(StreamEvent)) -> Sequencer {
        let mut sequencer = self.sequencer();
        sequencer.start();
        self.run_with(&mut sequencer);
        while let Some(event) = sequencer.pop() {
            sink(event);
        }
        sequencer
    }

    /// Runs the walk without events.
    pub fn run_silent(&self) -> Sequencer {
        let mut sequencer = self.sequencer();
        sequencer.silence();
        self.run_with(&mut sequencer);
        assert!(sequencer.pop().is_none());
        sequencer
    }

    fn sequencer(&self) -> Sequencer {
        Sequencer::new(
            Response::new("resp_1", "model", 7),
            self.policy.clone(),
            Arc::new(CountingIds::default()),
            Arc::new(FixedClock(9)),
        )
    }

    fn run_with(&self, sequencer: &mut Sequencer) {
        for (at, delta) in self.deltas.iter().enumerate() {
            if self.fails_at == Some(at) {
                sequencer.fail(Failure::new("server_error", "broken", "It broke."));
            }
            sequencer.push(delta.clone());
        }
        sequencer.end();
        sequencer.conclude();
        sequencer.conclude();
    }

    pub fn events(&self) -> Vec<StreamEvent> {
        let mut events = Vec::new();
        self.run(&mut |event| events.push(event));
        events
    }
}

pub fn walk(most: usize) -> impl Strategy<Value = Walk> {
    let fails_at = prop_oneof![4 => Just(None), 1 => (0..most).prop_map(Some)];
    (
        prop::collection::vec(delta(), 0..most),
        end(),
        fails_at,
        policy(),
    )
        .prop_map(|(mut deltas, end, fails_at, policy)| {
            deltas.extend(end);
            Walk {
                deltas,
                fails_at,
                policy,
            }
        })
}

/// The end, and deltas after it.
fn end() -> impl Strategy<Value = Vec<Delta>> {
    let finish = prop_oneof![
        5 => Just(Some(Finish::Completed)),
        3 => Just(Some(Finish::Incomplete("max_output_tokens".into()))),
        1 => Just(Some(Finish::Failed(Failure::new("model_error", "bad", "Bad.").into()))),
        2 => Just(None),
    ];
    (finish, prop::collection::vec(delta(), 0..2))
        .prop_map(|(finish, after)| finish.map(Delta::Finish).into_iter().chain(after).collect())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[ab ]{1,3}", 1 => Just(String::new()), 1 => Just("\u{e9}\u{1f980}\n\u{2028}".to_owned())]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("read".to_owned()),
        Just("delete".to_owned()),
        Just("other".to_owned())
    ]
}

fn delta() -> impl Strategy<Value = Delta> {
    let citation = || UrlCitation::new("https://a.example", 0i64, 1i64, "A");
    let logprob = LogProb::new("a", -0.5);
    prop_oneof![
        6 => text().prop_map(Delta::Text),
        2 => text().prop_map(move |text| Delta::TextWithLogprobs(text, vec![logprob.clone()])),
        2 => Just(Delta::Annotation(Box::new(citation().into()))),
        2 => text().prop_map(Delta::Refusal),
        1 => Just(Delta::Message { phase: None }),
        1 => Just(Delta::Message { phase: Some(Phase::Commentary) }),
        4 => text().prop_map(Delta::Reasoning),
        3 => text().prop_map(Delta::Summary),
        1 => Just(Delta::EndPart),
        1 => Just(Delta::EndItem),
        1 => Just(Delta::EncryptedReasoning("Zg==".into())),
        4 => (0u32..4, prop::option::of(Just("call_x".to_owned())), name())
            .prop_map(|(key, call_id, name)| Delta::Call { key, call_id, name }),
        6 => (0u32..4, prop_oneof![Just("{".to_owned()), Just("1}".to_owned()), Just(String::new())])
            .prop_map(|(key, delta)| Delta::Arguments { key, delta }),
        2 => (0u32..4).prop_map(|key| Delta::EndCall { key }),
        4 => item().prop_map(|item| Delta::Item(Box::new(item))),
        2 => extension().prop_map(|event| Delta::Event(Box::new(event))),
        1 => Just(Delta::usage(Usage::new(3, 4))),
        1 => Just(Delta::Member { name: "x_vendor".into(), value: RawJson::string("x") }),
        1 => Just(Delta::Member { name: "output".into(), value: RawJson::string("x") }),
    ]
}

fn extension() -> impl Strategy<Value = Extension> {
    prop_oneof![
        Just(r#"{"type":"acme:trace","sequence_number":77,"a":1}"#),
        Just(r#"{"type":"acme:ping"}"#),
    ]
    .prop_map(|json| Extension::new(RawJson::parse(json).unwrap()).unwrap())
}

/// Whole items of every type.
fn item() -> impl Strategy<Value = Item> {
    let text = |text: &str| json!({"type": "output_text", "text": text});
    let cited = json!({"type": "output_text", "text": "A b", "annotations": [
        {"type": "url_citation", "url": "u", "title": "t", "start_index": 0, "end_index": 1},
        {"type": "acme:note", "n": 1},
    ], "logprobs": [{"token": "A", "logprob": -1.0, "bytes": [], "top_logprobs": []}]});
    let extra = json!({"type": "output_text", "text": "More", "x_vendor": true});
    let refusal = json!({"type": "refusal", "refusal": "No."});
    let image = json!({"type": "acme:image", "url": "x"});
    let message =
        |parts: &[&Value]| json!({"type": "message", "role": "assistant", "content": parts});
    let reasoning = |summary: &[&str], content: Option<&[&str]>| {
        let texts = |kind: &str, texts: &[&str]| -> Vec<Value> {
            texts
                .iter()
                .map(|text| json!({"type": kind, "text": text}))
                .collect()
        };
        let mut item = json!({"type": "reasoning", "summary": texts("summary_text", summary), "encrypted_content": "Zg=="});
        if let Some(content) = content {
            item["content"] = json!(texts("reasoning_text", content));
        }
        item
    };
    let call = |arguments: &str| json!({"type": "function_call", "call_id": "call_y", "name": "read", "arguments": arguments});
    let mut with_extra = call("{}");
    with_extra["x_vendor"] = json!(1);
    let shapes = vec![
        message(&[]),
        message(&[&text("Whole"), &text("")]),
        message(&[&cited, &refusal]),
        message(&[&extra]),
        message(&[&text("See"), &image]),
        json!({"type": "message", "role": "assistant", "content": "short form"}),
        json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}),
        reasoning(&[], None),
        reasoning(&["One", "Two"], Some(&["Hm"])),
        reasoning(&[], Some(&[])),
        json!({"type": "reasoning", "content": [{"type": "text", "text": "odd"}]}),
        call(""),
        call("{\"a\":1}"),
        with_extra,
        json!({"type": "function_call", "call_id": "c", "name": "delete", "arguments": "{}"}),
        json!({"type": "function_call_output", "call_id": "c", "output": "42"}),
        json!({"type": "compaction", "encrypted_content": "x"}),
        json!({"type": "acme:search_call", "name": "read", "query": "q"}),
        json!({"type": "acme:note", "text": "n"}),
        json!({"type": "web_search_call", "action": {}}),
    ];
    let ids = prop_oneof![3 => Just(None), 1 => Just(Some("item_x")), 1 => Just(Some("msg_1"))];
    let statuses = prop_oneof![
        4 => Just(None),
        1 => Just(Some("completed")),
        1 => Just(Some("incomplete")),
        1 => Just(Some("in_progress")),
        1 => Just(Some("searching")),
    ];
    (prop::sample::select(shapes), ids, statuses).prop_map(|(mut shape, id, status)| {
        if let Some(id) = id {
            shape["id"] = json!(id);
        }
        if let Some(status) = status {
            shape["status"] = json!(status);
        }
        Item::from_json(shape.to_string().as_bytes()).unwrap()
    })
}

fn policy() -> impl Strategy<Value = ToolPolicy> {
    let tools: Vec<Tool> = vec![
        FunctionTool::new("read").into(),
        FunctionTool::new("delete").into(),
    ];
    let of = move |choice: ToolChoice| ToolPolicy::new(&tools, &choice);
    let base = prop::sample::select(vec![
        ToolPolicy::unrestricted(),
        ToolPolicy::unrestricted(),
        of(ToolChoiceMode::Auto.into()),
        of(ToolChoiceMode::None.into()),
        of(ToolChoiceMode::Required.into()),
        of(ToolChoice::function("read")),
    ]);
    (base, prop::option::of(0u64..3)).prop_map(|(base, most)| match most {
        Some(most) => base.max_calls(most),
        None => base,
    })
}
