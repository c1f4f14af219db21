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

#[cfg(test)]
mod tests {
    use crate::sample;

    #[test]
    fn the_plain_types_read_the_samples() {
        for (name, request) in sample::REQUESTS {
            let read = serde_json::from_str::<super::CreateRequest>(&request());
            assert!(read.is_ok(), "{name}");
        }
        for event in sample::events() {
            let read = serde_json::from_str::<super::StreamEvent>(&event.to_json());
            assert!(read.is_ok(), "{}", event.event_type());
        }
    }
}
