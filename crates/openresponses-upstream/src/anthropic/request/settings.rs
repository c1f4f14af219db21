use openresponses_types::diagnostics::Path;
use openresponses_types::json::RawJson;
use openresponses_types::request::{Include, TextFormat, Truncation};
use openresponses_types::{Turn, Violation};

use super::thinking::{Mode, Thinking};
use crate::anthropic::Anthropic;
use crate::json::{Object, is_null, list_of};
use crate::reason;
use crate::request::{Notes, refused};

/// The name of `stop_sequences` in Chat Completions.
pub(super) const STOP: &str = "stop";

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
    sampling(dialect, turn, thinking, body, notes);
    stop(turn, body, notes);
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

fn sampling(
    dialect: &Anthropic,
    turn: &Turn,
    thinking: &Thinking,
    body: &mut Object<'_>,
    notes: &mut Notes,
) {
    let root = Path::default;
    let mut temperature = turn
        .temperature
        .and_then(|value| temperature(value, thinking, notes));
    let mut top_p = turn.top_p.and_then(|value| top_p(value, thinking, notes));
    if !dialect.quirks.top_p_beside_temperature && temperature.is_some() {
        // 1 is the default of both.
        match (temperature, top_p) {
            (_, Some(1.0)) => top_p = None,
            (Some(1.0), Some(_)) => temperature = None,
            (_, Some(_)) => {
                top_p = None;
                notes.warn(
                    root().member("top_p"),
                    "The upstream's API takes one of 'temperature' and 'top_p': 'temperature' was sent.",
                );
            }
            (_, None) => {}
        }
    }
    for (name, value) in [("temperature", temperature), ("top_p", top_p)] {
        if let Some(value) = value {
            body.float(name, value);
            notes.origins.add(name, root().member(name));
        }
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

/// The temperature as the API takes it, `None` where it takes none.
fn temperature(value: f64, thinking: &Thinking, notes: &mut Notes) -> Option<f64> {
    let path = || Path::default().member("temperature");
    if thinking.is_on() && value != 1.0 {
        notes.warn(
            path(),
            "The upstream's API takes no temperature where the model thinks.",
        );
        return None;
    }
    if value > 1.0 {
        notes.warn(
            path(),
            "The upstream's API takes a temperature of at most 1: 1 was sent.",
        );
    }
    Some(value.min(1.0))
}

/// `top_p` as the API takes it, `None` where it takes none.
fn top_p(value: f64, thinking: &Thinking, notes: &mut Notes) -> Option<f64> {
    if thinking.is_on() && value < 0.95 {
        notes.warn(
            Path::default().member("top_p"),
            "The upstream's API takes at least 0.95 where the model thinks.",
        );
        return None;
    }
    Some(value)
}

/// Prints the words that stop the model, which the protocol does not name.
fn stop(turn: &Turn, body: &mut Object<'_>, notes: &mut Notes) {
    let stop = turn.extra.get(STOP).map(RawJson::reader);
    if let Some(stop) = stop.filter(|stop| !is_null(*stop)) {
        body.raw("stop_sequences", &list_of(stop));
        notes
            .origins
            .add("stop_sequences", Path::default().member(STOP));
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
