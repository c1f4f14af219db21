//! Content of messages, tool outputs and reasoning. Spec: "Content".
//!
//! ```
//! use openresponses_types::content::{
//!     Annotation, Content, ContentPart, ImageDetail, InputFile, InputImage, InputText, InputVideo,
//!     LogProb, OutputText, ReasoningText, Refusal, SummaryText, Text, TopLogProb, UrlCitation,
//! };
//!
//! let question = Content::from([
//!     ContentPart::from(InputText::new("What is this?")),
//!     InputImage::new().image_url("https://example.com/a.png").detail(ImageDetail::Low).into(),
//!     InputFile::new().file_url("https://example.com/a.pdf").into(),
//!     InputVideo::new("https://example.com/a.mp4").into(),
//! ]);
//! assert_eq!(question.texts().collect::<Vec<_>>(), ["What is this?"]);
//!
//! let citation = UrlCitation::new("https://example.com", 0, 4, "Example");
//! let answer = OutputText::new("Oslo")
//!     .annotations([Annotation::from(citation)])
//!     .logprobs([LogProb::new("Oslo", -0.1).top_logprobs([TopLogProb::new("Oslo", -0.1)])]);
//! let parts = [
//!     ContentPart::from(answer),
//!     Refusal::new("I cannot say.").into(),
//!     Text::new("plain").into(),
//!     SummaryText::new("Look at the towers.").into(),
//!     ReasoningText::new("There is a fjord.").into(),
//! ];
//! let types: Vec<_> = parts.iter().map(ContentPart::type_name).collect();
//! assert_eq!(types, ["output_text", "refusal", "text", "summary_text", "reasoning_text"]);
//! ```

mod annotation;
mod data_url;
mod input_part;
mod log_prob;
mod output_part;
mod part;
pub(crate) mod request_rules;
pub(crate) mod response_rules;
mod text_or_parts;

pub use annotation::*;
pub use data_url::DataUrl;
pub use input_part::*;
pub use log_prob::*;
pub use output_part::*;
pub use part::*;
pub use text_or_parts::Content;
