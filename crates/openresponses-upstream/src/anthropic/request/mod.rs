//! From a turn to the body of `POST /messages`.

mod assistant;
mod block;
mod content;
mod conversation;
mod messages;
mod own;
mod settings;
mod source;
mod thinking;
mod tools;

use openresponses_types::diagnostics::Path;
use openresponses_types::{Turn, Violation};

use super::Anthropic;
use crate::custom;
use crate::extra::Extras;
use crate::json::Object;
use crate::namespace;
use crate::request::{Notes, UpstreamRequest};
use thinking::Thinking;

/// Members of the Messages API that the protocol does not have: clients that send them mean them.
const KNOWN: &[&str] = &[
    "stop_sequences",
    "top_k",
    "thinking",
    "cache_control",
    "container",
    "context_management",
    "mcp_servers",
];

pub(super) fn request(dialect: &Anthropic, turn: &Turn) -> Result<UpstreamRequest, Violation> {
    let turn = &*custom::as_functions(turn);
    let turn = &*namespace::as_functions(turn);
    let mut notes = Notes::of(turn);
    let conversation = messages::read(dialect, turn, &mut notes)?;
    let thinking = Thinking::of(dialect, turn, &conversation, &mut notes);
    let mut out = String::with_capacity(1 << 10);
    {
        let mut body = Object::begin(&mut out).keep_names();
        let root = Path::default;
        body.string("model", &turn.model);
        notes.origins.add("model", root().member("model"));
        body.integer("max_tokens", thinking.max_tokens);
        let max_tokens = root().member("max_output_tokens");
        notes.origins.add("max_tokens", max_tokens);
        conversation.write(&mut body, &mut notes);
        tools::write(dialect, turn, &conversation, &mut body, &mut notes)?;
        settings::write(dialect, turn, &thinking, &mut body, &mut notes)?;
        let extras = Extras {
            known: KNOWN,
            placed: &[settings::STOP],
            policy: dialect.common.extra,
            provider: dialect.common.provider.as_deref(),
            ..Extras::default()
        };
        extras.write(&turn.extra, &mut body, &mut notes)?;
    }
    let streamed = dialect.common.is_streamed(turn);
    Ok(UpstreamRequest::post("/messages", out, streamed).noted(notes))
}
