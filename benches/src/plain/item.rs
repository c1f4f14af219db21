#![allow(missing_docs)]

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Item {
    Message {
        role: String,
        content: Contents,
        id: Option<String>,
        status: Option<String>,
        phase: Option<String>,
    },
    FunctionCall {
        call_id: String,
        name: String,
        arguments: String,
        id: Option<String>,
        status: Option<String>,
    },
    FunctionCallOutput {
        call_id: String,
        output: Contents,
        id: Option<String>,
        status: Option<String>,
    },
    Reasoning {
        id: Option<String>,
        status: Option<String>,
        summary: Option<Vec<Content>>,
        content: Option<Vec<Content>>,
        encrypted_content: Option<String>,
    },
    Compaction {
        encrypted_content: String,
        id: Option<String>,
        created_by: Option<String>,
    },
    ItemReference {
        id: String,
    },
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Contents {
    Text(String),
    Parts(Vec<Content>),
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    InputText {
        text: String,
    },
    InputImage {
        image_url: Option<String>,
        detail: Option<String>,
    },
    InputFile {
        filename: Option<String>,
        file_data: Option<String>,
        file_url: Option<String>,
    },
    InputVideo {
        video_url: String,
    },
    OutputText {
        text: String,
        #[serde(default)]
        annotations: Vec<Annotation>,
        #[serde(default)]
        logprobs: Vec<LogProb>,
    },
    Refusal {
        refusal: String,
    },
    Text {
        text: String,
    },
    SummaryText {
        text: String,
    },
    ReasoningText {
        text: String,
    },
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Annotation {
    UrlCitation {
        url: String,
        start_index: i64,
        end_index: i64,
        title: String,
    },
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct LogProb {
    pub token: String,
    pub logprob: f64,
    #[serde(default)]
    pub bytes: Vec<i64>,
    #[serde(default)]
    pub top_logprobs: Vec<TopLogProb>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct TopLogProb {
    pub token: String,
    pub logprob: f64,
    #[serde(default)]
    pub bytes: Vec<i64>,
}
