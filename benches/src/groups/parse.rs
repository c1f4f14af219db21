//! From the bytes of a request to its type, and to a turn.

use std::hint::black_box;

use openresponses_hot_paths::parse;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::{Case, plain, sample};

fn read<T: DeserializeOwned>(body: &[u8]) -> usize {
    usize::from(black_box(serde_json::from_slice::<T>(black_box(body))).is_ok())
}

fn case(name: &'static str, body: String) -> Case {
    let body: &'static [u8] = Vec::leak(body.into_bytes());
    Case::new("parse", name, 1)
        .limit("IgnoredAny", move || read::<IgnoredAny>(body))
        .ours("CreateRequest", move || parse::request(body))
        .ours("validated and normalized", move || parse::turn(body))
        .ours("document check alone", move || parse::document(body))
        .peer("a plain derive", move || read::<plain::CreateRequest>(body))
        .peer("serde_json::Value", move || read::<serde_json::Value>(body))
        .peer("openai-protocol", move || {
            read::<openai_protocol::responses::ResponsesRequest>(body)
        })
        .peer("async-openai", move || {
            read::<async_openai::types::responses::CreateResponse>(body)
        })
}

pub(super) fn cases() -> Vec<Case> {
    sample::REQUESTS
        .map(|(name, body)| case(name, body()))
        .into()
}
