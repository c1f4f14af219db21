//! From a turn to the body of `POST /models/{model}:generateContent`.

mod content;
mod contents;
mod generation;
mod messages;
mod model;
mod part;
mod path;
mod responses;
mod schema;
mod tools;

use openresponses_types::diagnostics::Path;
use openresponses_types::request::Truncation;
use openresponses_types::{Turn, Violation};

use super::Gemini;
use crate::custom;
use crate::extra::Extras;
use crate::json::Object;
use crate::namespace;
use crate::reason;
use crate::request::{Notes, UpstreamRequest};

/// Members of the API's body that the protocol does not have: clients that send them mean them.
const KNOWN: &[&str] = &["safetySettings", "cachedContent", "labels"];

pub(super) fn request(dialect: &Gemini, turn: &Turn) -> Result<UpstreamRequest, Violation> {
    let turn = &*custom::as_functions(turn);
    let turn = &*namespace::as_functions(turn);
    let mut notes = Notes::of(turn);
    let contents = messages::read(dialect, turn, &mut notes)?;
    let mut out = String::with_capacity(1 << 10);
    {
        let mut body = Object::begin(&mut out).keep_names();
        contents.write(&mut body, &mut notes);
        tools::write(turn, &contents.declared, &mut body, &mut notes)?;
        generation::write(dialect, turn, &mut body, &mut notes)?;
        warn_of_settings(turn, &mut notes);
        let extras = Extras {
            known: KNOWN,
            placed: generation::EXTRA,
            placed_options: generation::OPTIONS,
            policy: dialect.common.extra,
            provider: dialect.common.provider.as_deref(),
            ..Extras::default()
        };
        extras.write(&turn.extra, &mut body, &mut notes)?;
    }
    let streamed = dialect.common.is_streamed(turn);
    let path = path::of(&turn.model, streamed);
    Ok(UpstreamRequest::post(path, out, streamed).noted(notes))
}

/// Warns of settings of the platform, none of which the API has.
fn warn_of_settings(turn: &Turn, notes: &mut Notes) {
    let root = Path::default;
    notes.warn_of_extra(&root().member("text"), &turn.text.extra);
    let tier = turn.service_tier.as_ref().map(|tier| tier.as_str());
    let settings = [
        (
            root().member("service_tier"),
            tier.is_some_and(|tier| !matches!(tier, "auto" | "default")),
        ),
        (
            root().member("safety_identifier"),
            turn.safety_identifier.is_some(),
        ),
        (
            root().member("prompt_cache_key"),
            turn.prompt_cache_key.is_some(),
        ),
        (
            root().member("text").member("verbosity"),
            turn.text.verbosity.is_some(),
        ),
        (
            root().member("top_logprobs"),
            turn.top_logprobs.is_some_and(|top| top > 0),
        ),
        (
            root().member("truncation"),
            turn.truncation == Truncation::Auto,
        ),
    ];
    for (path, is_set) in settings {
        if is_set {
            notes.warn(path, reason::NO_PLACE);
        }
    }
    for (at, include) in turn.include.iter().enumerate() {
        // Reasoning that the server gives is kept either way.
        if *include != openresponses_types::request::Include::ReasoningEncryptedContent {
            notes.warn(root().member("include").index(at), reason::NO_PLACE);
        }
    }
}
