//! Requests for a response, and their settings.
//!
//! ```
//! use openresponses_types::CreateRequest;
//! use openresponses_types::json::RawJson;
//! use openresponses_types::request::{
//!     Include, Input, ReasoningConfig, ReasoningEffort, ReasoningSummary, ServiceTier,
//!     StreamOptions, TextConfig, TextFormat, TextFormatJsonObject, TextFormatJsonSchema,
//!     TextFormatJsonSchemaType, TextFormatText, Truncation, Verbosity,
//! };
//!
//! let schema = RawJson::parse(r#"{"type":"object"}"#)?;
//! let format = TextFormatJsonSchema::new().name("answer").schema(schema).strict(true);
//! assert_eq!(format.kind.value(), Some(&TextFormatJsonSchemaType::JsonSchema));
//! let request = CreateRequest::new()
//!     .input(Input::from("Hello"))
//!     .include([Include::ReasoningEncryptedContent])
//!     .text(TextConfig::new().format(format).verbosity(Verbosity::Low))
//!     .reasoning(
//!         ReasoningConfig::new().effort(ReasoningEffort::Low).summary(ReasoningSummary::Auto),
//!     )
//!     .truncation(Truncation::Auto)
//!     .service_tier(ServiceTier::Flex)
//!     .stream_options(StreamOptions::new().include_obfuscation(true));
//! assert_eq!(request.service_tier.value().map(ServiceTier::as_str), Some("flex"));
//!
//! // Values that the protocol does not name are kept.
//! assert_eq!(ServiceTier::from("night").as_str(), "night");
//! assert_eq!(TextFormat::from(TextFormatText::new()).type_name(), "text");
//! assert_eq!(TextFormat::from(TextFormatJsonObject::new()).type_name(), "json_object");
//! # Ok::<(), openresponses_types::json::SyntaxError>(())
//! ```

mod create_request;
mod input;
mod options;
mod reasoning_config;
mod settings;
mod text_config;
mod web_socket_create;

pub use create_request::*;
pub use input::*;
pub use options::*;
pub use reasoning_config::*;
pub use text_config::*;

pub(crate) use settings::{carry, echo, settings, unset};
pub(crate) use web_socket_create::WS_CREATE;
