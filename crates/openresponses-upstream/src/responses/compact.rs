//! `POST /responses/compact`.

use openresponses_tower::provider::CompactedWindow;
use openresponses_types::Violation;
use openresponses_types::compact::CompactResponse;
use openresponses_types::diagnostics::Path;
use openresponses_types::normalize::ContextWindow;

use super::Responses;
use super::request::Conversation;
use crate::json::Object;
use crate::request::{Notes, UpstreamRequest};

/// Translates a conversation: the whole of it, since the server has none of the items before it.
pub(super) fn request(
    dialect: &Responses,
    window: &ContextWindow,
) -> Result<UpstreamRequest, Violation> {
    let mut notes = Notes::default();
    let mut out = String::with_capacity(1 << 10);
    {
        let mut body = Object::begin(&mut out).keep_names();
        body.string("model", &window.model);
        let conversation = Conversation {
            items: &window.items,
            input_start: window.input_start,
            is_kept: dialect.passes_previous,
            has_reasoning_content: dialect.quirks.reasoning_content,
        };
        conversation.write(0, &mut body, &mut notes);
        let texts = [
            ("instructions", &window.instructions),
            ("prompt_cache_key", &window.prompt_cache_key),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                body.string(name, text);
            }
        }
        for name in ["model", "instructions", "prompt_cache_key"] {
            notes.origins.add(name, Path::default().member(name));
        }
        dialect
            .extras()
            .write(&window.extra, &mut body, &mut notes)?;
    }
    Ok(UpstreamRequest::post("/responses/compact", out, false).noted(notes))
}

pub(super) fn read(body: &[u8]) -> Option<CompactedWindow> {
    let response = CompactResponse::from_json(body).ok()?;
    let mut compacted = CompactedWindow::new(response.output, response.usage);
    compacted.extra = response.extra;
    Some(compacted)
}
