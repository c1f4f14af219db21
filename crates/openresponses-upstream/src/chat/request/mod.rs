//! From a turn to the body of `POST /chat/completions`.

mod assistant;
mod content;
mod messages;
mod settings;
mod system;
mod tools;

use openresponses_types::{Turn, Violation};

use super::Chat;
use crate::custom;
use crate::extra::Extras;
use crate::json::Object;
use crate::namespace;
use crate::request::{Notes, UpstreamRequest};

/// Members of Chat Completions that the protocol does not have: clients that send them mean them.
const KNOWN: &[&str] = &[
    "stop",
    "logit_bias",
    "user",
    "prediction",
    "modalities",
    "audio",
    "web_search_options",
    "top_k",
    "min_p",
    "repetition_penalty",
];

/// The member that [`settings`] prints, since servers name it differently.
const SEED: &str = "seed";

pub(super) fn request(chat: &Chat, turn: &Turn) -> Result<UpstreamRequest, Violation> {
    let turn = &*custom::as_functions(turn);
    let turn = &*namespace::as_functions(turn);
    let mut notes = Notes::of(turn);
    let mut out = String::with_capacity(1 << 10);
    {
        let mut body = Object::begin(&mut out).keep_names();
        body.string("model", &turn.model);
        notes.origins.add(
            "model",
            openresponses_types::diagnostics::Path::default().member("model"),
        );
        let declared = messages::write(chat, turn, &mut body, &mut notes)?;
        tools::write(chat, turn, &declared, &mut body, &mut notes)?;
        settings::write(chat, turn, &mut body, &mut notes)?;
        let extras = Extras {
            known: KNOWN,
            unknown: chat.quirks.unknown,
            placed: &[SEED],
            policy: chat.common.extra,
            provider: chat.common.provider.as_deref(),
            ..Extras::default()
        };
        extras.write(&turn.extra, &mut body, &mut notes)?;
    }
    let streamed = chat.common.is_streamed(turn);
    Ok(UpstreamRequest::post("/chat/completions", out, streamed).noted(notes))
}
