//! What a response says of the request it answers.

use alloc::string::String;
use alloc::vec::Vec;

use super::turn::Turn;
use crate::diagnostics::Profile;
use crate::json::RawJson;
use crate::request::{ReasoningConfig, ServiceTier, TextConfig, TextFormat};
use crate::response::Response;
use crate::tool::{Tool, ToolChoice, ToolChoiceMode};
use crate::wire::Field;

impl Turn {
    /// The response of this turn before anything was said: every member that the schema requires,
    /// with the request's value, else the documented default.
    #[must_use]
    pub fn response(&self, id: impl Into<String>, created_at: i64) -> Response {
        let mut response = Response::new(id, self.model.as_str(), created_at);
        response.previous_response_id = Field::or_null(self.previous_response_id.clone());
        response.instructions = Field::or_null(self.instructions.clone());
        response.tools = self.tools.iter().map(tool).collect::<Vec<_>>().into();
        response.tool_choice = tool_choice(&self.tool_choice).into();
        response.truncation = self.truncation.clone().into();
        response.parallel_tool_calls = self.parallel_tool_calls.into();
        let mut text = TextConfig::new().format(format(&self.text_format, self.profile));
        text.verbosity = self.verbosity.clone().into();
        response.text = text.into();
        response.top_p = self.top_p.unwrap_or(1.0).into();
        response.presence_penalty = self.presence_penalty.unwrap_or(0.0).into();
        response.frequency_penalty = self.frequency_penalty.unwrap_or(0.0).into();
        response.temperature = self.temperature.unwrap_or(1.0).into();
        response.top_logprobs = integer(self.top_logprobs).unwrap_or(0).into();
        response.reasoning = Field::or_null(self.reasoning.as_ref().map(reasoning));
        response.max_output_tokens = Field::or_null(integer(self.max_output_tokens));
        response.max_tool_calls = Field::or_null(integer(self.max_tool_calls));
        response.store = self.store.into();
        response.background = self.background.into();
        let tier = self.service_tier.clone().unwrap_or(ServiceTier::Default);
        response.service_tier = tier.into();
        response.metadata = self.metadata.clone().into();
        response.safety_identifier = Field::or_null(self.safety_identifier.clone());
        response.prompt_cache_key = Field::or_null(self.prompt_cache_key.clone());
        response
    }
}

fn integer(value: Option<u64>) -> Option<i64> {
    value.and_then(|value| i64::try_from(value).ok())
}

/// In a response, a function's description, parameters and strictness must be there, if only as
/// null.
fn tool(tool: &Tool) -> Tool {
    let mut tool = tool.clone();
    if let Tool::Function(function) = &mut tool {
        null_if_absent(&mut function.description);
        null_if_absent(&mut function.parameters);
        null_if_absent(&mut function.strict);
    }
    tool
}

/// In a response, a set of allowed tools says its mode.
fn tool_choice(choice: &ToolChoice) -> ToolChoice {
    let mut choice = choice.clone();
    if let ToolChoice::AllowedTools(set) = &mut choice
        && set.mode.value().is_none()
    {
        set.mode = ToolChoiceMode::Auto.into();
    }
    choice
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

fn reasoning(config: &ReasoningConfig) -> ReasoningConfig {
    let mut config = config.clone();
    null_if_absent(&mut config.effort);
    null_if_absent(&mut config.summary);
    config
}

fn null_if_absent<T>(field: &mut Field<T>) {
    if field.is_absent() {
        *field = Field::Null;
    }
}
