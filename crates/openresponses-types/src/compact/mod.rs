//! Compaction of a conversation: `POST /v1/responses/compact`. Since 2026-04-24.
//!
//! ```
//! use openresponses_types::Item;
//! use openresponses_types::compact::{CompactRequest, CompactResponse, CompactionObject};
//! use openresponses_types::item::Compaction;
//! use openresponses_types::response::Usage;
//!
//! let request = CompactRequest::new("provider/model").input("A long conversation.");
//! assert!(request.to_json().starts_with(r#"{"model":"provider/model","#));
//!
//! let items = vec![Item::from(Compaction::new("gAAAA"))];
//! let response = CompactResponse::new("resp_2", 1_764_967_971, items, Usage::new(7, 5));
//! assert_eq!(response.object.value(), Some(&CompactionObject::ResponseCompaction));
//! assert!(response.to_json().starts_with(r#"{"object":"response.compaction","id":"resp_2","#));
//! ```

use alloc::string::String;
use alloc::vec::Vec;

use crate::item::{Item, OUTPUT_ITEMS};
use crate::request::{Input, input};
use crate::response::{USAGE, Usage};
use crate::rules::{INTEGER, NAME_MAX, Object, STRING, Value, at_most, optional, required};
use crate::wire::{Extra, constant, object};

object! {
    /// The body of `POST /v1/responses/compact`.
    ///
    /// ```
    /// use openresponses_types::compact::CompactRequest;
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
            /// The response whose conversation precedes the input.
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
    ///
    /// ```
    /// use openresponses_types::compact::CompactionObject;
    ///
    /// assert_eq!(CompactionObject::ResponseCompaction.as_str(), "response.compaction");
    /// assert_eq!(CompactionObject::from_json(br#""response.compaction""#), Ok(CompactionObject::ResponseCompaction));
    /// ```
    pub enum CompactionObject { ResponseCompaction = "response.compaction" }
}

object! {
    /// A compacted conversation, from which the next request continues.
    ///
    /// ```
    /// use openresponses_types::compact::CompactResponse;
    /// use openresponses_types::response::Usage;
    ///
    /// let response = CompactResponse::new("resp_1", 1_764_967_971i64, Vec::new(), Usage::new(10, 2));
    /// assert_eq!(response.id, "resp_1");
    /// ```
    pub struct CompactResponse {
        constant {
            /// `response.compaction`.
            object: CompactionObject,
        }
        required {
            /// The compaction's id.
            id: String,
            /// When it was created, in seconds since 1970.
            created_at: i64,
            /// The items that replace the conversation.
            output: Vec<Item>,
            /// Token counts.
            usage: Usage,
        }
    }
}

impl CompactResponse {
    /// Adds members of an implementer's. Returns the names of those that the protocol defines, which are
    /// left out.
    ///
    /// ```
    /// use openresponses_types::compact::CompactResponse;
    /// use openresponses_types::json::RawJson;
    /// use openresponses_types::response::Usage;
    /// use openresponses_types::wire::Extra;
    ///
    /// let mut members = Extra::default();
    /// members.insert("provider_metadata", RawJson::string("x"));
    /// members.insert("id", RawJson::string("y"));
    /// let mut response = CompactResponse::new("resp_1", 0, Vec::new(), Usage::new(1, 2));
    /// assert_eq!(response.add_members(members), ["id"]);
    /// assert_eq!(response.extra.len(), 1);
    /// ```
    #[must_use = "members that the protocol defines are left out"]
    pub fn add_members(&mut self, mut members: Extra) -> Vec<String> {
        let names = members.iter().map(|(name, _)| name);
        let reserved: Vec<String> = names
            .filter(|name| Self::is_member(name))
            .map(Into::into)
            .collect();
        for name in &reserved {
            members.remove(name);
        }
        self.extra.merge(members);
        reserved
    }
}

pub(crate) static COMPACT: Object = Object::new(
    "CompactResponseMethodPublicBody",
    &[
        required("model", STRING),
        input(),
        optional("previous_response_id", STRING).or_null(),
        optional("instructions", STRING).or_null(),
        optional("prompt_cache_key", at_most(NAME_MAX)).or_null(),
    ],
);

pub(crate) static COMPACT_RESOURCE: Object = Object::new(
    "CompactResource",
    &[
        required("id", STRING),
        required("object", Value::Constant("response.compaction")),
        required("output", Value::Array(&OUTPUT_ITEMS)),
        required("created_at", INTEGER),
        required("usage", Value::Object(&USAGE)),
    ],
);
