//! Tools, and which of them the model may or must call. Spec: "Tools", "tool_choice".
//!
//! ```
//! use openresponses_types::json::RawJson;
//! use openresponses_types::tool::{
//!     AllowedTools, FunctionTool, FunctionToolChoice, SpecificToolChoice, Tool, ToolChoice,
//!     ToolChoiceMode,
//! };
//!
//! let tool = FunctionTool::new("weather")
//!     .description("Returns the temperature of a city.")
//!     .parameters(RawJson::parse(r#"{"type":"object"}"#)?)
//!     .strict(true);
//! assert_eq!(Tool::from(tool).type_name(), "function");
//!
//! let one = SpecificToolChoice::from(FunctionToolChoice::new("weather"));
//! let allowed = AllowedTools::new([one]).mode(ToolChoiceMode::Required);
//! assert_eq!(
//!     ToolChoice::from(allowed).to_json(),
//!     r#"{"type":"allowed_tools","tools":[{"type":"function","name":"weather"}],"mode":"required"}"#,
//! );
//! assert_eq!(ToolChoice::from(ToolChoiceMode::None).to_json(), r#""none""#);
//! # Ok::<(), openresponses_types::json::SyntaxError>(())
//! ```

mod choice;
mod declared;
mod definition;
mod nested;

pub use choice::*;
pub use declared::DeclaredTools;
pub use definition::*;

pub(crate) use nested::{is_nested, unfolded};
