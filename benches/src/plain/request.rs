#![allow(missing_docs)]

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Item;

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct CreateRequest {
    pub model: Option<String>,
    pub input: Option<Input>,
    pub previous_response_id: Option<String>,
    pub include: Option<Vec<String>>,
    pub tools: Option<Vec<Tool>>,
    pub tool_choice: Option<ToolChoice>,
    pub metadata: Option<Value>,
    pub text: Option<TextConfig>,
    pub temperature: Option<f64>,
    pub top_p: Option<f64>,
    pub presence_penalty: Option<f64>,
    pub frequency_penalty: Option<f64>,
    pub parallel_tool_calls: Option<bool>,
    pub stream: Option<bool>,
    pub stream_options: Option<StreamOptions>,
    pub background: Option<bool>,
    pub max_output_tokens: Option<i64>,
    pub max_tool_calls: Option<i64>,
    pub reasoning: Option<ReasoningConfig>,
    pub safety_identifier: Option<String>,
    pub prompt_cache_key: Option<String>,
    pub truncation: Option<String>,
    pub instructions: Option<String>,
    pub store: Option<bool>,
    pub service_tier: Option<String>,
    pub top_logprobs: Option<i64>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Input {
    Text(String),
    Items(Vec<Item>),
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Tool {
    Function {
        name: String,
        description: Option<String>,
        parameters: Option<Value>,
        strict: Option<bool>,
    },
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub enum ToolChoice {
    Mode(String),
    Choice(Choice),
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Choice {
    Function {
        name: Option<String>,
    },
    AllowedTools {
        tools: Vec<Choice>,
        mode: Option<String>,
    },
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct TextConfig {
    pub format: Option<TextFormat>,
    pub verbosity: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TextFormat {
    Text,
    JsonObject,
    JsonSchema {
        name: Option<String>,
        description: Option<String>,
        schema: Option<Value>,
        strict: Option<bool>,
    },
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ReasoningConfig {
    pub effort: Option<String>,
    pub summary: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct StreamOptions {
    pub include_obfuscation: Option<bool>,
}
