//! Random walks of a provider: the answer is the same with and without streaming.

use std::future::ready;
use std::sync::OnceLock;

use futures_util::stream;
use openresponses_tower::{Error, OutputStream};
use openresponses_types::Item;
use openresponses_types::content::{OutputText, SummaryText, UrlCitation};
use openresponses_types::item::{Compaction, FunctionCall, Message, Phase, Reasoning};
use openresponses_types::response::Usage;
use openresponses_types::sequence::{Delta, Failure, Finish};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::client::{answer, events, post, terminal, with};
use crate::schema::Schemas;

fn words() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-z é😀\n\"]{1,12}"]
}

fn item() -> impl Strategy<Value = Item> {
    prop_oneof![
        words().prop_map(|text| {
            let part = OutputText::new(text)
                .annotations(Vec::new())
                .logprobs(Vec::new());
            Message::assistant(vec![part.into()]).into()
        }),
        words().prop_map(|text| {
            let part = SummaryText::new(text);
            Reasoning::new().summary(vec![part.into()]).into()
        }),
        Just(
            Reasoning::new()
                .summary(Vec::new())
                .encrypted_content("e")
                .into()
        ),
        (0..3u8).prop_map(|n| FunctionCall::new(format!("c{n}"), "f", "{\"a\":1}").into()),
        words().prop_map(|text| Compaction::new(text).into()),
    ]
}

fn delta() -> impl Strategy<Value = Delta> {
    let key = 0..4u32;
    prop_oneof![
        4 => words().prop_map(Delta::Text),
        1 => words().prop_map(Delta::Refusal),
        1 => prop::option::of(Just(Phase::Commentary)).prop_map(|phase| Delta::Message { phase }),
        1 => words().prop_map(Delta::Reasoning),
        2 => words().prop_map(Delta::Summary),
        1 => Just(Delta::EndPart),
        1 => Just(Delta::EndItem),
        1 => words().prop_map(Delta::EncryptedReasoning),
        2 => (key.clone(), any::<bool>()).prop_map(|(key, own)| Delta::Call {
            key,
            call_id: own.then(|| format!("call_own_{key}")),
            name: "f".into(),
        }),
        4 => (key.clone(), words()).prop_map(|(key, delta)| Delta::Arguments { key, delta }),
        1 => key.prop_map(|key| Delta::EndCall { key }),
        1 => item().prop_map(Delta::item),
        1 => Just(Delta::Annotation(Box::new(UrlCitation::new("https://example.com/", 0, 1, "t").into()))),
        1 => Just(Delta::usage(Usage::new(3, 4))),
    ]
}

#[derive(Clone, Debug)]
enum End {
    Complete,
    Incomplete,
    Fail,
    Error,
    Nothing,
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        3 => Just(End::Complete),
        3 => Just(End::Incomplete),
        1 => Just(End::Fail),
        1 => Just(End::Error),
        1 => Just(End::Nothing),
    ]
}

fn answered(deltas: &[Delta], end: &End) -> OutputStream {
    let last = match end {
        End::Complete => Some(Ok(Delta::complete())),
        End::Incomplete => Some(Ok(Delta::incomplete("max_output_tokens"))),
        End::Fail => {
            let failure = Failure::new("model_error", "broke", "It broke.");
            Some(Ok(Delta::Finish(Finish::Failed(failure.into()))))
        }
        End::Error => Some(Err(Error::upstream("gone"))),
        End::Nothing => None,
    };
    let all: Vec<_> = deltas.iter().cloned().map(Ok).chain(last).collect();
    OutputStream::new(stream::iter(all))
}

fn schemas() -> &'static Schemas {
    static SCHEMAS: OnceLock<Schemas> = OnceLock::new();
    SCHEMAS.get_or_init(Schemas::new)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn both_ways_say_the_same(
        deltas in prop::collection::vec(delta(), 0..24),
        end in end(),
        choice in prop::sample::select(vec![json!("auto"), json!("none"), json!("required")]),
        parallel: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let service = || {
                let (deltas, end) = (deltas.clone(), end.clone());
                with(move |_| ready(Ok(answered(&deltas, &end))))
            };
            let request = json!({
                "model": "m", "input": "x", "tools": [{"type": "function", "name": "f"}],
                "tool_choice": choice, "parallel_tool_calls": parallel,
            });
            let events: Vec<Value> = events(&service(), &request).await;
            for event in &events {
                schemas().event(event);
            }
            let terminal = terminal(&events);
            let whole = answer(&service(), post(request.to_string())).await;
            if terminal["status"] == "failed" {
                assert!(whole.status.is_server_error());
                assert_eq!(whole.body["error"]["code"], terminal["error"]["code"]);
                assert_eq!(whole.body["error"]["message"], terminal["error"]["message"]);
            } else {
                assert_eq!(whole.status, 200);
                // Ids are sequential and the clock is fixed.
                assert_eq!(whole.body, *terminal);
            }
        });
    }
}
