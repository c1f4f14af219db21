//! `POST /responses/input_tokens`.

use openresponses_types::diagnostics::Path;
use openresponses_types::json::Document;
use openresponses_types::{Turn, Violation};

use super::Responses;
use super::request::{context, input, tools};
use crate::json::{Object, count};
use crate::request::{Notes, UpstreamRequest};

/// Translates a turn: what the context of the model is made of, and no other settings, which servers
/// refuse here.
pub(super) fn request(dialect: &Responses, turn: &Turn) -> Result<UpstreamRequest, Violation> {
    let mut notes = Notes::of(turn);
    let mut out = String::with_capacity(1 << 10);
    {
        let mut body = Object::begin(&mut out).keep_names();
        body.string("model", &turn.model);
        let items = (&*turn.items, turn.input_start);
        input(items, 0, &mut body, &mut notes);
        tools(turn, &mut body);
        context(turn, &mut body);
        for name in MEMBERS {
            notes.origins.add(*name, Path::default().member(name));
        }
        dialect.extras().write(&turn.extra, &mut body, &mut notes)?;
    }
    Ok(UpstreamRequest::post("/responses/input_tokens", out, false).noted(notes))
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
