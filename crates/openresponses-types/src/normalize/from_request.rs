use alloc::vec::Vec;

use super::normalizer::Normalizer;
use super::turn::Turn;
use super::{conversation, dialects};
use crate::diagnostics::{Path, Violation, ViolationCode};
use crate::item::{Item, Message};
use crate::json::RawJson;
use crate::request::{CreateRequest, Input, TextFormat, TextFormatText, Truncation};
use crate::tool::Tool;
use crate::wire::Field;

impl Normalizer<'_> {
    /// Makes a turn of a request that was found valid.
    ///
    /// # Errors
    /// What is missing, and what only the whole conversation can show to be wrong: outputs without
    /// their call, a forced or allowed tool that is not there, references that lead nowhere
    /// (in [`Profile::Strict`](crate::Profile::Strict)).
    pub fn turn(&self, request: CreateRequest) -> Result<Turn, Vec<Violation>> {
        let mut violations = Vec::new();
        let mut extra = request.extra;
        let model = request
            .model
            .into_value()
            .or_else(|| self.default_model.map(Into::into));
        if model.is_none() {
            violations.push(missing("model", "Name the model that should answer."));
        }
        let previous_response_id = request.previous_response_id.into_value();
        let input = match request.input.into_value() {
            Some(Input::Text(text)) => alloc::vec![Item::from(Message::user(text))],
            Some(Input::Items(items)) => items,
            None => {
                if previous_response_id.is_none() {
                    let fix =
                        "Give the model something to answer, or continue a previous response.";
                    violations.push(missing("input", fix));
                }
                Vec::new()
            }
        };
        let mut warnings = Vec::new();
        let input_start = self.previous.len();
        let elsewhere = conversation::continues_elsewhere(&extra, self.profile);
        let items = conversation::join(self, input, elsewhere, &mut violations, &mut warnings);
        let tools: Vec<Tool> = request
            .tools
            .into_value()
            .unwrap_or_default()
            .into_iter()
            .map(dialects::tool)
            .collect();
        let tool_choice = dialects::tool_choice(request.tool_choice, &mut extra);
        if !conversation::has_prompt(&extra, self.profile) {
            conversation::check_tool_choice(&tools, &tool_choice, &mut violations);
        }
        let text = request.text.into_value();
        let (format, verbosity) = match text {
            Some(text) => (text.format.into_value(), text.verbosity.into_value()),
            None => (None, None),
        };
        let Some(model) = model.filter(|_| violations.is_empty()) else {
            return Err(violations);
        };
        Ok(Turn {
            model,
            items,
            input_start,
            instructions: request.instructions.into_value(),
            tools,
            tool_choice,
            parallel_tool_calls: request.parallel_tool_calls.get().unwrap_or(true),
            max_tool_calls: count(request.max_tool_calls),
            text_format: format.unwrap_or_else(|| TextFormat::Text(TextFormatText::new())),
            verbosity,
            reasoning: request.reasoning.into_value(),
            temperature: request.temperature.get(),
            top_p: request.top_p.get(),
            presence_penalty: request.presence_penalty.get(),
            frequency_penalty: request.frequency_penalty.get(),
            max_output_tokens: count(request.max_output_tokens),
            top_logprobs: count(request.top_logprobs),
            include: request.include.into_value().unwrap_or_default(),
            metadata: request
                .metadata
                .into_value()
                .unwrap_or_else(RawJson::empty_object),
            truncation: request
                .truncation
                .into_value()
                .unwrap_or(Truncation::Disabled),
            service_tier: request.service_tier.into_value(),
            previous_response_id,
            safety_identifier: request.safety_identifier.into_value(),
            prompt_cache_key: request.prompt_cache_key.into_value(),
            store: request.store.get().unwrap_or(true),
            background: request.background.get().unwrap_or(false),
            stream: request.stream.get().unwrap_or(false),
            include_obfuscation: request
                .stream_options
                .value()
                .and_then(|options| options.include_obfuscation.get())
                .unwrap_or(false),
            extra,
            warnings,
            profile: self.profile,
        })
    }
}

/// Validation bounds these from below; whatever else gets here is no limit.
fn count(value: Field<i64>) -> Option<u64> {
    value.get().and_then(|value| u64::try_from(value).ok())
}

pub(super) fn missing(name: &str, fix: &str) -> Violation {
    Violation::new(
        Path::default().member(name),
        ViolationCode::MissingParameter,
        "required",
        alloc::format!("Missing required parameter: '{name}'. {fix}"),
    )
}
