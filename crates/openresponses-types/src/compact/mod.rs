//! Compacting a conversation: `POST /v1/responses/compact`. Since 2026-04-24.

use alloc::string::String;
use alloc::vec::Vec;

use crate::item::Item;
use crate::request::Input;
use crate::response::Usage;
use crate::wire::{constant, object};

object! {
    /// The body of `POST /v1/responses/compact`.
    ///
    /// ```
    /// use openresponses_types::CompactRequest;
    ///
    /// let request = CompactRequest::new("provider/model").previous_response_id("resp_1");
    /// assert_eq!(
    ///     request.to_json(),
    ///     r#"{"model":"provider/model","previous_response_id":"resp_1"}"#,
    /// );
    /// ```
    pub struct CompactRequest {
        required {
            /// The model.
            model: String,
        }
        optional {
            /// The conversation.
            input: Input,
            /// The response whose conversation comes first.
            previous_response_id: String,
            /// Instructions for the model.
            instructions: String,
            /// A key for prompt caches, up to 64 code points.
            prompt_cache_key: String,
        }
    }
}

constant! {
    /// The `object` of a compaction.
    pub enum CompactionObject { ResponseCompaction = "response.compaction" }
}

object! {
    /// A compacted conversation: the base of the next request's input.
    pub struct CompactResponse {
        constant {
            /// `response.compaction`.
            object: CompactionObject,
        }
        required {
            /// The compaction's id.
            id: String,
            /// When it was made, in seconds since 1970.
            created_at: i64,
            /// The items that stand for the conversation.
            output: Vec<Item>,
            /// Token counts.
            usage: Usage,
        }
    }
}
