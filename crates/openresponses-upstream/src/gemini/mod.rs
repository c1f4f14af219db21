//! The API of Gemini, `generateContent` and `streamGenerateContent`, as Google AI Studio and Vertex AI
//! have it.
//!
//! ```
//! use openresponses_types::{CreateRequest, Profile};
//! use openresponses_types::normalize::Normalizer;
//! use openresponses_upstream::{Dialect, gemini::Gemini};
//!
//! let request = CreateRequest::from_json(br#"{"model":"m","input":"Hello","temperature":0}"#)?;
//! let turn = Normalizer::new(Profile::Compatible).turn(request).unwrap();
//! let request = Gemini::new().request(&turn)?;
//! assert_eq!(request.path, "/models/m:streamGenerateContent?alt=sse");
//! assert_eq!(
//!     request.body,
//!     concat!(
//!         r#"{"contents":[{"role":"user","parts":[{"text":"Hello"}]}],"#,
//!         r#""generationConfig":{"temperature":0}}"#,
//!     ),
//! );
//! # Ok::<(), openresponses_types::Violation>(())
//! ```
//!
//! # Thoughts
//! Thoughts become the content of reasoning items. A thought signature becomes the encrypted content
//! of a reasoning item, marked with the part that it goes back on: `gemini/thought:..` on the thought
//! itself, `gemini/text:..` on the next text, `gemini/call:..` on the next call, `gemini/part:..` on an
//! empty text of its own. Encrypted reasoning of other providers is left out with a warning.
//!
//! # Schemas
//! Parameters and formats are converted to the subset of JSON Schema that the API has. References are
//! replaced by what they refer to; each keyword that the subset cannot say is warned about with its
//! path.
#![doc = include_str!("TABLE.md")]

mod answer;
mod quirks;
mod request;
mod table;

use http::HeaderName;
use openresponses_types::{Turn, Violation};

pub use answer::GeminiMachine;
pub use quirks::{Quirks, ThinkingMember};
pub use table::{ANSWER, REQUEST};

use crate::answer::AnswerReader;
use crate::dialect::{Answer, Dialect};
use crate::options::{CommonOptions, common_setters};
use crate::request::UpstreamRequest;

/// The dialect of the Gemini API.
///
/// ```
/// use openresponses_types::diagnostics::Profile;
/// use openresponses_types::normalize::Normalizer;
/// use openresponses_types::{CreateRequest, Turn};
/// use openresponses_upstream::Dialect;
/// use openresponses_upstream::gemini::Gemini;
///
/// let request = CreateRequest::from_json(br#"{"model":"m","input":"Hello"}"#)?;
/// let turn: Turn = Normalizer::new(Profile::Compatible).turn(request).unwrap();
/// let request = Gemini::new().request(&turn)?;
/// assert!(request.path.contains("streamGenerateContent"), "{}", request.path);
/// # Ok::<(), openresponses_types::Violation>(())
/// ```
#[derive(Clone, Debug)]
pub struct Gemini {
    quirks: Quirks,
    common: CommonOptions,
}

impl Default for Gemini {
    fn default() -> Self {
        Self {
            quirks: Quirks::default(),
            common: CommonOptions::of("google"),
        }
    }
}

impl Gemini {
    /// Creates the dialect with [`Quirks::COMMON`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

common_setters!(Gemini, "`google`");

impl Dialect for Gemini {
    fn name(&self) -> &'static str {
        "gemini"
    }

    fn request(&self, turn: &Turn) -> Result<UpstreamRequest, Violation> {
        request::request(self, turn)
    }

    fn answer(&self, turn: &Turn) -> Answer {
        let machine = GeminiMachine::new(self.common.messages);
        Answer::Deltas(AnswerReader::of_turn(machine, turn))
    }

    fn key_header(&self) -> HeaderName {
        HeaderName::from_static("x-goog-api-key")
    }

    fn key_prefix(&self) -> &'static str {
        ""
    }

    /// Returns the `name` of every element of `models`, without the collection in front of it.
    fn read_models(&self, body: &[u8]) -> Vec<String> {
        let names = crate::json::names(body, "models", "name");
        let bare = |name: String| match name.strip_prefix("models/") {
            Some(bare) => bare.to_owned(),
            None => name,
        };
        names.into_iter().map(bare).collect()
    }
}
