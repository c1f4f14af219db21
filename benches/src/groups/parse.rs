//! From the bytes of a request to its type, and to a turn.

use std::hint::black_box;

use openresponses_types::json::Document;
use openresponses_types::normalize::Normalizer;
use openresponses_types::schema::{DocumentKind, validate};
use openresponses_types::{CreateRequest, Profile};
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::{Case, plain, sample};

fn read<T: DeserializeOwned>(body: &[u8]) -> usize {
    usize::from(black_box(serde_json::from_slice::<T>(black_box(body))).is_ok())
}

fn turn(body: &[u8]) -> Option<usize> {
    let document = Document::parse(black_box(body)).ok()?;
    let report = validate(&document, DocumentKind::CreateRequest, Profile::Compatible);
    let request = CreateRequest::from_document(&document).ok()?;
    let turn = Normalizer::new(Profile::Compatible).turn(request).ok()?;
    black_box(&turn);
    Some(usize::from(report.violations.is_empty()))
}

fn case(name: &'static str, body: String) -> Case {
    let body: &'static [u8] = Vec::leak(body.into_bytes());
    Case::new("parse", name, 1)
        .limit("IgnoredAny", move || read::<IgnoredAny>(body))
        .ours("CreateRequest", move || {
            usize::from(black_box(CreateRequest::from_json(black_box(body))).is_ok())
        })
        .ours("validated and normalized", move || {
            turn(body).unwrap_or_default()
        })
        .ours("document check alone", move || {
            usize::from(Document::parse(black_box(body)).is_ok())
        })
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

/// One case, without the time that it takes to make the others.
pub(super) fn only(name: &str) -> Option<Case> {
    let (name, body) = sample::REQUESTS
        .into_iter()
        .find(|(known, _)| *known == name)?;
    Some(case(name, body()))
}
