use openresponses_types::diagnostics::Path;
use openresponses_types::request::{Include, TextFormat, Truncation};
use openresponses_types::{Turn, Violation};

use super::SEED;
use crate::chat::Chat;
use crate::chat::quirks::{EffortMember, MaxTokens};
use crate::json::Object;
use crate::reason;
use crate::request::{Notes, refused};

/// Prints the settings of the request.
pub(super) fn write(
    chat: &Chat,
    turn: &Turn,
    body: &mut Object<'_>,
    notes: &mut Notes,
) -> Result<(), Violation> {
    let root = Path::default;
    format(turn, body, notes)?;
    let numbers = [
        ("temperature", turn.temperature),
        ("top_p", turn.top_p),
        ("presence_penalty", turn.presence_penalty),
        ("frequency_penalty", turn.frequency_penalty),
    ];
    for (name, value) in numbers {
        if let Some(value) = value {
            body.float(name, value);
            notes.origins.add(name, root().member(name));
        }
    }
    if let Some(most) = turn.max_output_tokens {
        let name = match chat.quirks.max_tokens {
            MaxTokens::MaxTokens => "max_tokens",
            MaxTokens::MaxCompletionTokens => "max_completion_tokens",
        };
        body.integer(name, most);
        notes.origins.add(name, root().member("max_output_tokens"));
    }
    if let Some(seed) = turn.extra.get(SEED).filter(|seed| seed.get() != "null") {
        body.raw(chat.quirks.seed, seed.get());
        notes.origins.add(chat.quirks.seed, root().member(SEED));
    }
    reasoning(chat, turn, body, notes);
    logprobs(turn, body, notes);
    platform(chat, turn, body, notes);
    notes.warn_of_extra(&root().member("text"), &turn.text.extra);
    let options = root().member("stream_options");
    notes.warn_of_extra(&options, &turn.stream_options_extra);
    if turn.truncation == Truncation::Auto {
        notes.warn(root().member("truncation"), reason::NO_PLACE);
    }
    if chat.common.is_streamed(turn) {
        body.boolean("stream", true);
        if chat.quirks.include_usage {
            body.object("stream_options").boolean("include_usage", true);
        }
    }
    Ok(())
}

fn format(turn: &Turn, body: &mut Object<'_>, notes: &mut Notes) -> Result<(), Violation> {
    let path = || Path::default().member("text").member("format");
    match &turn.text.format {
        TextFormat::Text(_) => {}
        TextFormat::JsonObject(_) => {
            body.object("response_format").string("type", "json_object");
        }
        TextFormat::JsonSchema(format) => {
            let mut outer = body.object("response_format");
            outer.string("type", "json_schema");
            let mut inner = outer.object("json_schema");
            inner.string("name", format.name.as_str().unwrap_or("response"));
            if let Some(description) = format.description.as_str() {
                inner.string("description", description);
            }
            if let Some(schema) = format.schema.value() {
                inner.raw("schema", schema.get());
            }
            if let Some(strict) = format.strict.get() {
                inner.boolean("strict", strict);
            }
            notes.warn_of_extra(&path(), &format.extra);
        }
        TextFormat::Extension(_) | TextFormat::Unknown(_) => {
            return Err(refused(
                path(),
                "The model behind this server answers in text, 'json_object' or 'json_schema' only.",
            ));
        }
        // The union is open to variants of later versions.
        _ => return Err(refused(path(), "The format is not supported.")),
    }
    notes.origins.add("response_format", path());
    Ok(())
}

fn reasoning(chat: &Chat, turn: &Turn, body: &mut Object<'_>, notes: &mut Notes) {
    let Some(reasoning) = &turn.reasoning else {
        return;
    };
    let path = Path::default().member("reasoning");
    if let Some(effort) = reasoning.effort.value() {
        let place = path.clone().member("effort");
        match chat.quirks.effort {
            EffortMember::ReasoningEffort => {
                body.string("reasoning_effort", effort.as_str());
                notes.origins.add("reasoning_effort", place);
            }
            EffortMember::Reasoning => {
                body.object("reasoning").string("effort", effort.as_str());
                notes.origins.add("reasoning", place);
            }
            EffortMember::Omit => notes.warn(place, reason::NO_PLACE),
        }
    }
    if reasoning.summary.value().is_some() {
        notes.warn(path.clone().member("summary"), reason::NO_PLACE);
    }
    notes.warn_of_extra(&path, &reasoning.extra);
}

fn logprobs(turn: &Turn, body: &mut Object<'_>, notes: &mut Notes) {
    let top = turn.top_logprobs.filter(|top| *top > 0);
    if top.is_some() || turn.includes(&Include::MessageOutputTextLogprobs) {
        body.boolean("logprobs", true);
    }
    if let Some(top) = top {
        body.integer("top_logprobs", top);
        let path = Path::default().member("top_logprobs");
        notes.origins.add("top_logprobs", path.clone());
        notes.origins.add("logprobs", path);
    }
    for (at, include) in turn.include.iter().enumerate() {
        // Reasoning that the server gives is kept either way.
        if !matches!(
            include,
            Include::MessageOutputTextLogprobs | Include::ReasoningEncryptedContent
        ) {
            notes.warn(
                Path::default().member("include").index(at),
                reason::NO_PLACE,
            );
        }
    }
}

/// Settings that one platform has.
fn platform(chat: &Chat, turn: &Turn, body: &mut Object<'_>, notes: &mut Notes) {
    let root = Path::default;
    let tier = turn.service_tier.as_ref().map(|tier| tier.as_str());
    let verbosity = turn
        .text
        .verbosity
        .as_ref()
        .map(|verbosity| verbosity.as_str());
    let settings = [
        ("service_tier", root().member("service_tier"), tier),
        (
            "verbosity",
            root().member("text").member("verbosity"),
            verbosity,
        ),
        (
            "safety_identifier",
            root().member("safety_identifier"),
            turn.safety_identifier.as_deref(),
        ),
        (
            "prompt_cache_key",
            root().member("prompt_cache_key"),
            turn.prompt_cache_key.as_deref(),
        ),
    ];
    for (name, path, value) in settings {
        let Some(value) = value else { continue };
        if chat.quirks.platform {
            body.string(name, value);
            notes.origins.add(name, path);
        } else {
            notes.warn(path, reason::NO_PLACE);
        }
    }
}
