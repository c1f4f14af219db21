//! `POST /responses/input_tokens`.

use openresponses_types::json::Document;
use openresponses_types::{Turn, Violation};

use super::Responses;
use super::request::{body, context};
use crate::json::count;
use crate::request::UpstreamRequest;

/// Translates a turn: what the context of the model is made of, and no other settings, which servers
/// refuse here.
pub(super) fn request(dialect: &Responses, turn: &Turn) -> Result<UpstreamRequest, Violation> {
    let (body, notes) = body(dialect, turn, None, MEMBERS, |body| context(turn, body))?;
    Ok(UpstreamRequest::post("/responses/input_tokens", body, false).noted(notes))
}

/// Members with the same name on both sides.
const MEMBERS: &[&str] = &[
    "model",
    "instructions",
    "tools",
    "tool_choice",
    "text",
    "reasoning",
    "truncation",
];

pub(super) fn read(body: &[u8]) -> Option<u64> {
    let document = Document::parse(body).ok()?;
    document.reader().member("input_tokens").and_then(count)
}
