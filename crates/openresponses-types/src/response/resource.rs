//! A response.

use alloc::string::String;
use alloc::vec::Vec;

use crate::content::ContentPart;
use crate::item::{FunctionCall, Item};
use crate::json::RawJson;
use crate::request::{
    ReasoningConfig, ServiceTier, TextConfig, TextFormat, TextFormatText, Truncation,
};
use crate::response::{ResponseError, Usage};
use crate::tool::{Tool, ToolChoice, ToolChoiceMode};
use crate::wire::{Field, constant, object, object_with_constructor, open_enum};

open_enum! {
    /// Where a response is in its life.
    pub enum ResponseStatus {
        /// It waits to be made.
        Queued = "queued",
        /// It is being made.
        InProgress = "in_progress",
        /// It is finished.
        Completed = "completed",
        /// It ended early, see `incomplete_details`.
        Incomplete = "incomplete",
        /// It failed, see `error`.
        Failed = "failed",
        /// It was cancelled.
        Cancelled = "cancelled",
    }
}

object! {
    /// Why a response ended early.
    pub struct IncompleteDetails {
        required {
            /// The reason, such as `max_output_tokens`.
            reason: String,
        }
    }
}

constant! {
    /// The `object` of a response.
    pub enum ResponseObject { Response = "response" }
}

object_with_constructor! {
    (pub(crate)) from_members
    /// A response. Every member is required by the schema, so [`Response::new`] writes them all;
    /// other servers leave some out, so reading demands few.
    ///
    /// ```
    /// use openresponses_types::{Response, ResponseStatus};
    ///
    /// let response = Response::new("resp_1", "model", 1_764_967_971).status(ResponseStatus::Completed);
    /// assert_eq!(Response::from_json(response.to_json().as_bytes()), Ok(response));
    /// ```
    pub struct Response {
        constant {
            /// `response`.
            object: ResponseObject,
        }
        required {
            /// The response's id.
            id: String,
            /// The model that was asked.
            model: String,
            /// When it was begun, in seconds since 1970.
            created_at: i64,
        }
        optional {
            /// When it was finished, in seconds since 1970; null before.
            completed_at: i64,
            /// Where it is in its life.
            status: ResponseStatus,
            /// Why it ended early.
            incomplete_details: IncompleteDetails,
            /// The response that it continues.
            previous_response_id: String,
            /// The instructions that were given.
            instructions: String,
            /// What the model made.
            output: Vec<Item>,
            /// Why it failed.
            error: ResponseError,
            /// The tools that the model could see.
            tools: Vec<Tool>,
            /// Which of them it might or had to call.
            tool_choice: ToolChoice,
            /// Whether the context might be shortened.
            truncation: Truncation,
            /// Whether the model might call several tools at once.
            parallel_tool_calls: bool,
            /// How the text should look.
            text: TextConfig,
            /// Nucleus sampling.
            top_p: f64,
            /// Penalty for tokens that appeared.
            presence_penalty: f64,
            /// Penalty for tokens by how often they appeared.
            frequency_penalty: f64,
            /// How many likely tokens are reported in each place.
            top_logprobs: i64,
            /// Randomness.
            temperature: f64,
            /// How much the model reasoned.
            reasoning: ReasoningConfig,
            /// Token counts.
            usage: Usage,
            /// The most tokens that might be generated.
            max_output_tokens: i64,
            /// The most tool calls that might be made.
            max_tool_calls: i64,
            /// Whether it can be retrieved and continued later.
            store: bool,
            /// Whether it was made in the background.
            background: bool,
            /// The tier that processed it.
            service_tier: ServiceTier,
            /// The request's metadata.
            metadata: RawJson,
            /// The end user's stable name.
            safety_identifier: String,
            /// The key for prompt caches.
            prompt_cache_key: String,
        }
    }
}

impl Response {
    /// A response in progress without output, with the documented default of every member.
    #[must_use]
    pub fn new(id: impl Into<String>, model: impl Into<String>, created_at: i64) -> Self {
        Self {
            completed_at: Field::Null,
            status: ResponseStatus::InProgress.into(),
            incomplete_details: Field::Null,
            previous_response_id: Field::Null,
            instructions: Field::Null,
            output: Vec::new().into(),
            error: Field::Null,
            tools: Vec::new().into(),
            tool_choice: ToolChoice::Mode(ToolChoiceMode::Auto).into(),
            truncation: Truncation::Disabled.into(),
            parallel_tool_calls: true.into(),
            text: TextConfig::new()
                .format(TextFormat::Text(TextFormatText::new()))
                .into(),
            top_p: 1.0.into(),
            presence_penalty: 0.0.into(),
            frequency_penalty: 0.0.into(),
            top_logprobs: 0.into(),
            temperature: 1.0.into(),
            reasoning: Field::Null,
            usage: Field::Null,
            max_output_tokens: Field::Null,
            max_tool_calls: Field::Null,
            store: false.into(),
            background: false.into(),
            service_tier: ServiceTier::Default.into(),
            metadata: RawJson::empty_object().into(),
            safety_identifier: Field::Null,
            prompt_cache_key: Field::Null,
            ..Self::from_members(id.into(), model.into(), created_at)
        }
    }

    /// The items that the model made.
    #[must_use]
    pub fn output_items(&self) -> &[Item] {
        self.output.value().map_or(&[], Vec::as_slice)
    }

    /// Returns the function calls of the output.
    ///
    /// ```
    /// use openresponses_types::{FunctionCall, Item, Response};
    ///
    /// let mut response = Response::new("resp_1", "m", 1);
    /// response.output = vec![Item::from(FunctionCall::output("fc_1", "call_1", "now", "{}"))].into();
    /// let names: Vec<_> = response.function_calls().map(|call| &call.name[..]).collect();
    /// assert_eq!(names, ["now"]);
    /// ```
    pub fn function_calls(&self) -> impl Iterator<Item = &FunctionCall> {
        self.output_items().iter().filter_map(|item| match item {
            Item::FunctionCall(call) => Some(&**call),
            _ => None,
        })
    }

    /// The texts of the output's messages, one after the other; refusals are left out.
    #[must_use]
    pub fn output_text(&self) -> String {
        let mut text = String::new();
        for item in self.output_items() {
            if let Item::Message(message) = item {
                for part in message.content.parts() {
                    if let ContentPart::OutputText(part) = part {
                        text.push_str(&part.text);
                    }
                }
            }
        }
        text
    }
}
