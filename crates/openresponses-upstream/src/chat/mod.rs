//! Chat Completions: OpenAI, vLLM, SGLang, llama.cpp, Ollama, LM Studio, OpenRouter, Groq, DeepSeek,
//! Mistral and others.
//!
//! ```
//! use openresponses_types::normalize::Normalizer;
//! use openresponses_types::{CreateRequest, Profile};
//! use openresponses_upstream::{Dialect, chat::Chat};
//!
//! let request = CreateRequest::from_json(br#"{"model":"m","input":"Hello","max_output_tokens":64}"#)?;
//! let turn = Normalizer::new(Profile::Compatible).turn(request).unwrap();
//! let request = Chat::new().request(&turn)?;
//! assert_eq!(request.path, "/chat/completions");
//! assert_eq!(
//!     request.body,
//!     r#"{"model":"m","messages":[{"role":"user","content":"Hello"}],"max_tokens":64,"stream":true,"stream_options":{"include_usage":true}}"#,
//! );
//! # Ok::<(), openresponses_types::Violation>(())
//! ```
#![doc = include_str!("TABLE.md")]

mod answer;
mod call_ids;
mod quirks;
mod request;
mod table;

use openresponses_types::{Turn, Violation};

pub use answer::ChatMachine;
pub use call_ids::CallIds;
pub use quirks::{DeveloperRole, EffortMember, MaxTokens, Quirks, ReasoningReplay, SystemMessages};
pub use table::{ANSWER, REQUEST};

use crate::answer::AnswerReader;
use crate::dialect::{Answer, Dialect};
use crate::options::{CommonOptions, common_setters};
use crate::request::UpstreamRequest;

/// The dialect of Chat Completions servers.
///
/// ```
/// use openresponses_types::diagnostics::Profile;
/// use openresponses_types::normalize::Normalizer;
/// use openresponses_types::{CreateRequest, Turn};
/// use openresponses_upstream::Dialect;
/// use openresponses_upstream::chat::Chat;
///
/// let request = CreateRequest::from_json(br#"{"model":"m","input":"Hello"}"#)?;
/// let turn: Turn = Normalizer::new(Profile::Compatible).turn(request).unwrap();
/// let request = Chat::new().request(&turn)?;
/// assert!(request.path.contains("completions"), "{}", request.path);
/// # Ok::<(), openresponses_types::Violation>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Chat {
    quirks: Quirks,
    common: CommonOptions,
}

impl Chat {
    /// Creates the dialect with [`Quirks::COMMON`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

common_setters!(Chat, "none");

impl Dialect for Chat {
    fn name(&self) -> &'static str {
        "chat"
    }

    fn request(&self, turn: &Turn) -> Result<UpstreamRequest, Violation> {
        request::request(self, turn)
    }

    fn answer(&self, turn: &Turn) -> Answer {
        let machine = ChatMachine::new(self.common.messages).think_tags(self.quirks.think_tags);
        Answer::Deltas(AnswerReader::of_turn(machine, turn))
    }
}
