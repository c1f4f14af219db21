//! Responses, token counts and errors. Spec: "Responses", "Errors".
//!
//! ```
//! use openresponses_types::Response;
//! use openresponses_types::content::OutputText;
//! use openresponses_types::item::Message;
//! use openresponses_types::response::{
//!     ErrorBody, ErrorPayload, IncompleteDetails, InputTokensDetails, OutputTokensDetails,
//!     ResponseError, ResponseObject, ResponseStatus, Usage, WebSocketError, WebSocketErrorType,
//! };
//!
//! let response = Response::new("resp_1", "model", 1_764_967_971)
//!     .status(ResponseStatus::Incomplete)
//!     .incomplete_details(IncompleteDetails::new("max_output_tokens"))
//!     .output([Message::output("msg_1", OutputText::new("Once"))])
//!     .usage(
//!         Usage::new(7, 16)
//!             .input_tokens_details(InputTokensDetails::new(0u64))
//!             .output_tokens_details(OutputTokensDetails::new(4u64)),
//!     );
//! assert_eq!(response.object.value(), Some(&ResponseObject::Response));
//! assert_eq!(response.output_text(), "Once");
//!
//! let failed = response.status(ResponseStatus::Failed).error(ResponseError::new("overloaded", "Busy."));
//! assert!(failed.error.value().is_some());
//!
//! let error = ErrorPayload::new("not_found", "No such model.").code("model_not_found");
//! assert!(ErrorBody::new(error.clone()).to_json().starts_with(r#"{"error":{"message":"#));
//! let refused = WebSocketError::new(404, error);
//! assert_eq!(refused.kind.value(), Some(&WebSocketErrorType::Error));
//! assert!(refused.to_json().starts_with(r#"{"type":"error","status":404,"#));
//! ```

mod error;
mod resource;
mod usage;
mod usage_sum;

pub use error::*;
pub use resource::*;
pub use usage::*;
