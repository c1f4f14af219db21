//! What a response echoes of the settings of its request.

use alloc::vec::Vec;

use super::turn::TurnText;
use crate::diagnostics::Profile;
use crate::json::RawJson;
use crate::request::{ReasoningConfig, TextConfig, TextFormat};
use crate::tool::{Tool, ToolChoice, ToolChoiceMode};
use crate::wire::Field;

pub(super) fn tools(tools: &[Tool], _: Profile) -> Field<Vec<Tool>> {
    tools.iter().map(tool).collect::<Vec<_>>().into()
}

pub(super) fn text(text: &TurnText, profile: Profile) -> Field<TextConfig> {
    let mut config = TextConfig::new().format(format(&text.format, profile));
    config.verbosity = text.verbosity.clone().into();
    config.into()
}

pub(super) fn count_or_zero(value: &Option<u64>, _: Profile) -> Field<i64> {
    integer(*value).unwrap_or(0).into()
}

pub(super) fn count_or_null(value: &Option<u64>, _: Profile) -> Field<i64> {
    Field::or_null(integer(*value))
}

fn integer(value: Option<u64>) -> Option<i64> {
    value.and_then(|value| i64::try_from(value).ok())
}

/// Members of a declared MCP server that hold the client's secrets.
const SECRETS: [&str; 2] = ["authorization", "headers"];

/// Secrets of a declared MCP server are null: responses are stored and logged. Functions are shared
/// with the turn, where they are complete already.
fn tool(tool: &Tool) -> Tool {
    match tool.clone() {
        Tool::Unknown(mut raw) if raw.type_name() == "mcp" => {
            for name in SECRETS {
                if raw.json().reader().member(name).is_some() {
                    raw = raw.with_member(name, &RawJson::checked("null"));
                }
            }
            Tool::Unknown(raw)
        }
        other => other,
    }
}

/// In a response, a set of allowed tools has its mode.
pub(super) fn tool_choice(choice: &ToolChoice, _: Profile) -> Field<ToolChoice> {
    let mut choice = choice.clone();
    if let ToolChoice::AllowedTools(set) = &mut choice
        && set.mode.value().is_none()
    {
        set.mode = ToolChoiceMode::Auto.into();
    }
    choice.into()
}

/// The schema of a JSON format may only be null by the specification's schema, while clients expect
/// the one they gave: it depends on the profile.
fn format(format: &TextFormat, profile: Profile) -> TextFormat {
    let mut format = format.clone();
    if let TextFormat::JsonSchema(schema) = &mut format {
        null_if_absent(&mut schema.description);
        null_if_absent(&mut schema.schema);
        if profile == Profile::Strict {
            schema.schema = Field::<RawJson>::Null;
        }
        if schema.name.value().is_none() {
            schema.name = "response".into();
        }
        if schema.strict.value().is_none() {
            schema.strict = false.into();
        }
    }
    format
}

pub(super) fn reasoning(config: &Option<ReasoningConfig>, _: Profile) -> Field<ReasoningConfig> {
    Field::or_null(config.clone().map(|mut config| {
        null_if_absent(&mut config.effort);
        null_if_absent(&mut config.summary);
        config
    }))
}

pub(super) fn null_if_absent<T>(field: &mut Field<T>) {
    if field.is_absent() {
        *field = Field::Null;
    }
}
