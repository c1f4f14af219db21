//! What messages, tool outputs and reasoning are made of. Spec: "Content".

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
