//! Every schema of the OpenAPI file, a file per concept.

pub(super) mod annotation;
pub(super) mod compact;
pub(super) mod content;
pub(super) mod error;
pub(super) mod input_item;
pub(super) mod input_part;
pub(super) mod logprob;
pub(super) mod output_item;
pub(super) mod part;
pub(super) mod reasoning;
pub(super) mod registry;
pub(super) mod request;
pub(super) mod response;
pub(super) mod text;
pub(super) mod tool;
pub(super) mod tool_choice;
pub(super) mod usage;

/// The longest text of an input item, in code points.
pub(super) const TEXT_MAX: usize = 10_485_760;
