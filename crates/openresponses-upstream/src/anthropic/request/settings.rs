use openresponses_types::diagnostics::Path;
use openresponses_types::request::{Include, TextFormat, Truncation};
use openresponses_types::{Turn, Violation};

use super::thinking::{Mode, Thinking};
use crate::anthropic::Anthropic;
use crate::json::Object;
use crate::reason;
use crate::request::{Notes, refused};

/// Prints the settings of the request.
pub(super) fn write(
    dialect: &Anthropic,
    turn: &Turn,
    thinking: &Thinking,
    body: &mut Object<'_>,
    notes: &mut Notes,
) -> Result<(), Violation> {
    write_thinking(turn, thinking, body, notes);
    output_config(dialect, turn, thinking, body, notes)?;
    sampling(turn, thinking, body, notes);
    platform(turn, body, notes);
    warn_of_others(turn, notes);
    if dialect.common.is_streamed(turn) {
        body.boolean("stream", true);
    }
    Ok(())
}

fn write_thinking(turn: &Turn, thinking: &Thinking, body: &mut Object<'_>, notes: &mut Notes) {
    let path = Path::default().member("reasoning");
    let config = turn.reasoning.as_ref();
    let summary = config.and_then(|config| config.summary.value());
    if summary.is_some() && !thinking.is_on() {
        notes.warn(path.clone().member("summary"), "The model does not think.");
    }
    if let Some(config) = config {
        notes.warn_of_extra(&path, &config.extra);
    }
    let (kind, budget) = match &thinking.mode {
        Mode::Unset => return,
        Mode::Disabled => ("disabled", None),
        Mode::Budget(budget) => ("enabled", Some(*budget)),
        Mode::Effort(_) => ("adaptive", None),
    };
    let mut out = body.object("thinking");
    out.string("type", kind);
    if let Some(budget) = budget {
        out.integer("budget_tokens", budget);
    }
    // What is shown is a summary already; models that decide themselves leave it out by default.
    if summary.is_some() && kind == "adaptive" {
        out.string("display", "summarized");
    }
    notes.origins.add("thinking", path.member("effort"));
}

fn output_config(
    dialect: &Anthropic,
    turn: &Turn,
    thinking: &Thinking,
    body: &mut Object<'_>,
    notes: &mut Notes,
) -> Result<(), Violation> {
    let path = || Path::default().member("text").member("format");
    let format = match &turn.text.format {
        TextFormat::Text(_) => None,
        TextFormat::JsonSchema(format) if dialect.quirks.structured_outputs => Some(format),
        _ => {
            return Err(refused(
                path(),
                if dialect.quirks.structured_outputs {
                    "The model behind this server answers in text or 'json_schema' only."
                } else {
                    "The model behind this server answers in text only."
                },
            ));
        }
    };
    let effort = match &thinking.mode {
        Mode::Effort(effort) => Some(effort),
        _ => None,
    };
    if format.is_none() && effort.is_none() {
        return Ok(());
    }
    let mut config = body.object("output_config");
    if let Some(effort) = effort {
        config.string("effort", effort);
        let path = Path::default().member("reasoning").member("effort");
        notes.origins.add("output_config.effort", path);
    }
    if let Some(format) = format {
        let Some(schema) = format.schema.value() else {
            return Err(refused(
                path().member("schema"),
                "The model behind this server needs a schema.",
            ));
        };
        let mut out = config.object("format");
        out.string("type", "json_schema");
        out.raw("schema", schema.get());
        if format.description.as_str().is_some() {
            notes.warn(path().member("description"), reason::NO_PLACE);
        }
        notes.warn_of_extra(&path(), &format.extra);
        notes.origins.add("output_config.format", path());
    }
    Ok(())
}

fn sampling(turn: &Turn, thinking: &Thinking, body: &mut Object<'_>, notes: &mut Notes) {
    let root = Path::default;
    // The API takes no other values while the model thinks.
    let least = if thinking.is_on() { 0.95 } else { 0.0 };
    match turn.temperature {
        Some(value) if thinking.is_on() && value != 1.0 => notes.warn(
            root().member("temperature"),
            "The upstream's API takes no temperature where the model thinks.",
        ),
        Some(value) => {
            if value > 1.0 {
                notes.warn(
                    root().member("temperature"),
                    "The upstream's API takes a temperature of at most 1: 1 was sent.",
                );
            }
            body.float("temperature", value.min(1.0));
            notes
                .origins
                .add("temperature", root().member("temperature"));
        }
        None => {}
    }
    match turn.top_p {
        Some(value) if value < least => notes.warn(
            root().member("top_p"),
            "The upstream's API takes at least 0.95 where the model thinks.",
        ),
        Some(value) => {
            body.float("top_p", value);
            notes.origins.add("top_p", root().member("top_p"));
        }
        None => {}
    }
    for (name, value) in [
        ("presence_penalty", turn.presence_penalty),
        ("frequency_penalty", turn.frequency_penalty),
    ] {
        // Zero is no penalty.
        if value.is_some_and(|value| value != 0.0) {
            notes.warn(root().member(name), reason::NO_PLACE);
        }
    }
}

fn platform(turn: &Turn, body: &mut Object<'_>, notes: &mut Notes) {
    let root = Path::default;
    if let Some(tier) = &turn.service_tier {
        let path = root().member("service_tier");
        match tier.as_str() {
            "auto" => body.string("service_tier", "auto"),
            "default" => body.string("service_tier", "standard_only"),
            _ => notes.warn(path.clone(), reason::NO_PLACE),
        }
        notes.origins.add("service_tier", path);
    }
    if let Some(user) = &turn.safety_identifier {
        body.object("metadata").string("user_id", user);
        let path = root().member("safety_identifier");
        notes.origins.add("metadata", path);
    }
}

fn warn_of_others(turn: &Turn, notes: &mut Notes) {
    let root = Path::default;
    notes.warn_of_extra(&root().member("text"), &turn.text.extra);
    if turn.prompt_cache_key.is_some() {
        notes.warn(root().member("prompt_cache_key"), reason::NO_PLACE);
    }
    if turn.text.verbosity.is_some() {
        notes.warn(root().member("text").member("verbosity"), reason::NO_PLACE);
    }
    if turn.top_logprobs.is_some_and(|top| top > 0) {
        notes.warn(root().member("top_logprobs"), reason::NO_PLACE);
    }
    if turn.truncation == Truncation::Auto {
        notes.warn(root().member("truncation"), reason::NO_PLACE);
    }
    for (at, include) in turn.include.iter().enumerate() {
        // Reasoning that the server gives is kept either way.
        if *include != Include::ReasoningEncryptedContent {
            notes.warn(root().member("include").index(at), reason::NO_PLACE);
        }
    }
}
