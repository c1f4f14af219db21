//! The protocol as one would write it with serde's derives alone: internally tagged unions,
//! untagged strings-or-objects, opaque parts as trees of values. The fields are those of
//! `openresponses-types`, but unknown members are lost.

mod event;
mod item;
mod request;
mod response;

pub use event::StreamEvent;
pub use item::{Annotation, Content, Contents, Item, LogProb, TopLogProb};
pub use request::{
    Choice, CreateRequest, Input, ReasoningConfig, StreamOptions, TextConfig, TextFormat, Tool,
    ToolChoice,
};
pub use response::{
    Failure, IncompleteDetails, InputTokensDetails, OutputTokensDetails, Response, Usage,
};
