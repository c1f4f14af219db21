//! One fact a test: what the translators do with what.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accounting;
mod anthropic_answer;
mod anthropic_request;
mod chat_answer;
mod chat_request;
mod custom_tools;
mod errors;
mod every_feature;
mod gemini_answer;
mod gemini_request;
mod large_requests;
mod mutations;
mod namespaces;
mod responses_request;
#[path = "../rules/mod.rs"]
mod rules;
mod streaming;
mod support;
