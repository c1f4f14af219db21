use openresponses_types::diagnostics::Path;
use openresponses_types::json::{Reader, ValueKind};
use openresponses_types::request::TextFormat;
use openresponses_types::{Turn, Violation};

use super::schema::Schemas;
use crate::gemini::Gemini;
use crate::gemini::quirks::ThinkingMember;
use crate::json::{Object, list_of, members};
use crate::reason;
use crate::request::{Notes, refused};

/// Members of requests that are printed here, and the names that they have.
const NAMES: &[(&str, &str)] = &[
    ("seed", "seed"),
    ("top_k", "topK"),
    ("stop", "stopSequences"),
];

/// The same members, and those of the provider's options that are.
pub(super) const EXTRA: &[&str] = &["seed", "top_k", "stop"];
pub(super) const OPTIONS: &[&str] = &["generationConfig"];

/// Prints `generationConfig`.
pub(super) fn write(
    dialect: &Gemini,
    turn: &Turn,
    body: &mut Object<'_>,
    notes: &mut Notes,
) -> Result<(), Violation> {
    let mut printed = String::new();
    {
        let mut config = Object::begin(&mut printed).keep_names();
        numbers(turn, &mut config, notes);
        format(turn, &mut config, notes)?;
        thinking(dialect, turn, &mut config, notes);
        extra(dialect, turn, &mut config, notes);
    }
    if printed != "{}" {
        body.raw("generationConfig", &printed);
    }
    Ok(())
}

/// An upstream's complaint may name the member in either spelling.
fn origin(notes: &mut Notes, name: &str, path: &Path) {
    let mut snake = String::with_capacity(name.len() + 2);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    for member in [
        format!("generation_config.{snake}"),
        format!("generationConfig.{name}"),
    ] {
        notes.origins.add(member, path.clone());
    }
}

fn numbers(turn: &Turn, config: &mut Object<'_>, notes: &mut Notes) {
    for (name, member, value) in [
        ("temperature", "temperature", turn.temperature),
        ("topP", "top_p", turn.top_p),
        ("presencePenalty", "presence_penalty", turn.presence_penalty),
        (
            "frequencyPenalty",
            "frequency_penalty",
            turn.frequency_penalty,
        ),
    ] {
        if let Some(value) = value {
            config.float(name, value);
            origin(notes, name, &Path::default().member(member));
        }
    }
    if let Some(most) = turn.max_output_tokens {
        config.integer("maxOutputTokens", most);
        let path = Path::default().member("max_output_tokens");
        origin(notes, "maxOutputTokens", &path);
    }
}

fn format(turn: &Turn, config: &mut Object<'_>, notes: &mut Notes) -> Result<(), Violation> {
    const JSON: &str = "application/json";
    let path = || Path::default().member("text").member("format");
    match &turn.text.format {
        TextFormat::Text(_) => {}
        TextFormat::JsonObject(_) => config.string("responseMimeType", JSON),
        TextFormat::JsonSchema(format) => {
            config.string("responseMimeType", JSON);
            if let Some(schema) = format.schema.value() {
                let place = path().member("schema");
                let schema = Schemas::new(schema.reader(), notes).convert(place)?;
                config.raw("responseSchema", &schema);
                origin(notes, "responseSchema", &path());
            }
            if format.description.as_str().is_some() {
                notes.warn(path().member("description"), reason::NO_PLACE);
            }
            notes.warn_of_extra(&path(), &format.extra);
        }
        _ => {
            return Err(refused(
                path(),
                "The model behind this server answers in text, 'json_object' or 'json_schema' only.",
            ));
        }
    }
    Ok(())
}

fn thinking(dialect: &Gemini, turn: &Turn, config: &mut Object<'_>, notes: &mut Notes) {
    let Some(reasoning) = &turn.reasoning else {
        return;
    };
    let path = Path::default().member("reasoning");
    notes.warn_of_extra(&path, &reasoning.extra);
    let effort = reasoning.effort.value().map(|effort| effort.as_str());
    let is_shown = reasoning.summary.value().is_some();
    if effort.is_none() && !is_shown {
        return;
    }
    if dialect.quirks.thinking == ThinkingMember::Omit {
        for (name, is_set) in [("effort", effort.is_some()), ("summary", is_shown)] {
            if is_set {
                notes.warn(path.clone().member(name), reason::NO_PLACE);
            }
        }
        return;
    }
    let mut out = config.object("thinkingConfig");
    if is_shown {
        out.boolean("includeThoughts", true);
    }
    let Some(effort) = effort else { return };
    let place = path.member("effort");
    let level = match effort {
        "none" | "minimal" => "minimal",
        "low" => "low",
        "medium" => "medium",
        "high" | "xhigh" => "high",
        _ => {
            return notes.warn(place, "The upstream's API does not know the effort.");
        }
    };
    match dialect.quirks.thinking {
        ThinkingMember::Level => out.string("thinkingLevel", level),
        ThinkingMember::Budget => out.integer("thinkingBudget", budget(effort)),
        ThinkingMember::Omit => {}
    }
    drop(out);
    origin(notes, "thinkingConfig", &place);
}

/// The tokens that an effort comes to.
fn budget(effort: &str) -> u64 {
    match effort {
        "none" => 0,
        "minimal" => 512,
        "low" => 1_024,
        "medium" => 8_192,
        _ => 24_576,
    }
}

/// Prints members that the protocol does not have: of the request, and of the provider's options.
fn extra(dialect: &Gemini, turn: &Turn, config: &mut Object<'_>, notes: &mut Notes) {
    for (name, member) in NAMES {
        let path = Path::default().member(name);
        match turn.extra.get(name).map(|value| value.reader()) {
            None => {}
            Some(value) if value.kind() == ValueKind::Null => {}
            // One word may be stated without its list.
            Some(value) if *name == "stop" => {
                config.raw(member, &list_of(value));
                origin(notes, member, &path);
            }
            Some(value) => {
                config.raw(member, raw(value));
                origin(notes, member, &path);
            }
        }
    }
    let Some(options) = turn.extra.get("providerOptions") else {
        return;
    };
    let path = Path::default().member("providerOptions");
    for (provider, options) in members(options.reader()) {
        let own = options.member("generationConfig");
        let Some(own) = own.filter(|_| Some(&*provider) == dialect.common.provider.as_deref())
        else {
            continue;
        };
        let path = path.clone().member(&provider).member("generationConfig");
        for (name, value) in members(own) {
            let path = path.clone().member(&name);
            if config.has(&name) {
                notes.warn(path, reason::SET_ALREADY);
            } else {
                config.raw(&name, raw(value));
                origin(notes, &name, &path);
            }
        }
    }
}

fn raw(mut value: Reader<'_>) -> &str {
    value.raw()
}
