//! The Messages API of Anthropic, which llama.cpp and others speak too.
//!
//! ```
//! use openresponses_types::normalize::Normalizer;
//! use openresponses_types::{CreateRequest, Profile};
//! use openresponses_upstream::{Dialect, anthropic::Anthropic};
//!
//! let request = CreateRequest::from_json(br#"{"model":"m","instructions":"Be brief.","input":"Hello"}"#)?;
//! let turn = Normalizer::new(Profile::Compatible).turn(request).unwrap();
//! let request = Anthropic::new().max_tokens(1_024).request(&turn)?;
//! assert_eq!(request.path, "/messages");
//! assert_eq!(
//!     request.body,
//!     concat!(
//!         r#"{"model":"m","max_tokens":1024,"system":[{"type":"text","text":"Be brief."}],"#,
//!         r#""messages":[{"role":"user","content":[{"type":"text","text":"Hello"}]}],"stream":true}"#,
//!     ),
//! );
//! # Ok::<(), openresponses_types::Violation>(())
//! ```
//!
//! # Thinking
//! A block of thinking becomes a reasoning item: its text the content, its signature the encrypted
//! content, as `anthropic/signature:..`; redacted thinking has encrypted content only, as
//! `anthropic/redacted:..`. Both go back as the blocks that they were. Reasoning of other providers
//! is left out with a warning.
//!
//! # Caching
//! `cache_control` of a message, a content part, a tool or an output, or the same in its
//! `providerOptions`, goes to the block that it becomes; that of the request goes to the request.
#![doc = include_str!("TABLE.md")]

mod answer;
mod quirks;
mod request;
mod table;

use http::{HeaderMap, HeaderName, HeaderValue};
use openresponses_types::{Turn, Violation};

pub use answer::AnthropicMachine;
pub use quirks::{Quirks, ThinkingMember};
pub use table::{ANSWER, REQUEST};

use crate::answer::AnswerReader;
use crate::dialect::{Answer, Dialect};
use crate::options::{CommonOptions, common_setters};
use crate::request::UpstreamRequest;

/// The dialect of the Messages API.
///
/// ```
/// use openresponses_types::diagnostics::Profile;
/// use openresponses_types::normalize::Normalizer;
/// use openresponses_types::{CreateRequest, Turn};
/// use openresponses_upstream::Dialect;
/// use openresponses_upstream::anthropic::Anthropic;
///
/// let request = CreateRequest::from_json(br#"{"model":"m","input":"Hello"}"#)?;
/// let turn: Turn = Normalizer::new(Profile::Compatible).turn(request).unwrap();
/// let request = Anthropic::new().request(&turn)?;
/// assert!(request.path.contains("messages"), "{}", request.path);
/// # Ok::<(), openresponses_types::Violation>(())
/// ```
#[derive(Clone, Debug)]
pub struct Anthropic {
    quirks: Quirks,
    max_tokens: u64,
    common: CommonOptions,
}

impl Default for Anthropic {
    fn default() -> Self {
        Self {
            quirks: Quirks::default(),
            max_tokens: 4_096,
            common: CommonOptions::of("anthropic"),
        }
    }
}

impl Anthropic {
    /// Creates the dialect with [`Quirks::COMMON`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `max_tokens` of requests that have no `max_output_tokens`: the API requires one. A
    /// budget for thinking is added to it. Default: 4,096, which every model takes.
    #[must_use]
    pub fn max_tokens(mut self, count: u64) -> Self {
        self.max_tokens = count;
        self
    }
}

common_setters!(Anthropic, "`anthropic`");

impl Dialect for Anthropic {
    fn name(&self) -> &'static str {
        "anthropic"
    }

    fn request(&self, turn: &Turn) -> Result<UpstreamRequest, Violation> {
        request::request(self, turn)
    }

    fn answer(&self, turn: &Turn) -> Answer {
        let machine = AnthropicMachine::new(self.common.messages);
        Answer::Deltas(AnswerReader::of_turn(machine, turn))
    }

    fn key_header(&self) -> HeaderName {
        HeaderName::from_static("x-api-key")
    }

    fn key_prefix(&self) -> &'static str {
        ""
    }

    fn common_headers(&self) -> HeaderMap {
        let version = HeaderName::from_static("anthropic-version");
        HeaderMap::from_iter([(version, HeaderValue::from_static("2023-06-01"))])
    }
}
