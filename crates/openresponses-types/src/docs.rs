//! Pages to read: the unions, the versions, the decisions, and what relayed servers send. A test holds
//! the tables of the first three against the code.
//!
//! # Unions
//! Each union's page has a table of its `type` strings, with the variant that stands for each and the
//! version of the specification that brought it.
//!
//! | union | where |
//! |---|---|
//! | [`Item`](crate::Item) | `input`, `output`, events |
//! | [`ContentPart`](crate::content::ContentPart) | messages, tool outputs, reasoning, events |
//! | [`Annotation`](crate::content::Annotation) | output texts, events |
//! | [`Tool`](crate::tool::Tool) | `tools` |
//! | [`ToolChoice`](crate::tool::ToolChoice) | `tool_choice` |
//! | [`SpecificToolChoice`](crate::tool::SpecificToolChoice) | `tools` of `allowed_tools` |
//! | [`TextFormat`](crate::request::TextFormat) | `text.format` |
//! | [`StreamEvent`](crate::StreamEvent) | streams |
//!
//! Each has two further variants: an [`Extension`](crate::wire::Extension) is of a type `slug:name`, and
//! [`Unknown`](crate::wire::Unknown) of any other. Both keep the object as it came.
//!
//! What [`Profile::Compatible`](crate::Profile::Compatible) takes beyond the specification is the list
//! [`Leniency`](crate::diagnostics::Leniency).

pub mod decisions {
    #![doc = include_str!("../docs/decisions.md")]
}

pub mod relays {
    #![doc = include_str!("../docs/relays.md")]
}

pub mod versions {
    #![doc = include_str!("../docs/versions.md")]
}
