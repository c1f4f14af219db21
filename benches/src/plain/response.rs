#![allow(missing_docs)]

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Item, ReasoningConfig, TextConfig, Tool, ToolChoice};

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Response {
    pub object: Option<String>,
    pub id: String,
    pub model: String,
    pub created_at: i64,
    pub completed_at: Option<i64>,
    pub status: Option<String>,
    pub incomplete_details: Option<IncompleteDetails>,
    pub previous_response_id: Option<String>,
    pub instructions: Option<String>,
    pub output: Option<Vec<Item>>,
    pub error: Option<Failure>,
    pub tools: Option<Vec<Tool>>,
    pub tool_choice: Option<ToolChoice>,
    pub truncation: Option<String>,
    pub parallel_tool_calls: Option<bool>,
    pub text: Option<TextConfig>,
    pub top_p: Option<f64>,
    pub presence_penalty: Option<f64>,
    pub frequency_penalty: Option<f64>,
    pub top_logprobs: Option<i64>,
    pub temperature: Option<f64>,
    pub reasoning: Option<ReasoningConfig>,
    pub usage: Option<Usage>,
    pub max_output_tokens: Option<i64>,
    pub max_tool_calls: Option<i64>,
    pub store: Option<bool>,
    pub background: Option<bool>,
    pub service_tier: Option<String>,
    pub metadata: Option<Value>,
    pub safety_identifier: Option<String>,
    pub prompt_cache_key: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct IncompleteDetails {
    pub reason: String,
}

/// The error of a failed response, and of an `error` event.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Failure {
    pub r#type: Option<String>,
    pub code: Option<String>,
    pub message: String,
    pub param: Option<String>,
    pub headers: Option<Value>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Usage {
    pub input_tokens: u64,
    pub output_tokens: u64,
    pub total_tokens: u64,
    pub input_tokens_details: Option<InputTokensDetails>,
    pub output_tokens_details: Option<OutputTokensDetails>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct InputTokensDetails {
    pub cached_tokens: u64,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct OutputTokensDetails {
    pub reasoning_tokens: u64,
}
