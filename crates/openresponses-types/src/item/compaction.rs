use alloc::string::String;

use crate::rules::{Object, STRING, TEXT_MAX, Value, at_most, beyond, optional, required, tag};
use crate::wire::object;

object! {
    /// A compacted conversation that only its provider can read. Merges
    /// `CompactionSummaryItemParam` and `CompactionBody`. Since 2026-04-24.
    ///
    /// ```
    /// use openresponses_types::item::Compaction;
    ///
    /// let value = Compaction::new("gAAAA");
    /// assert_eq!(value.to_json(), r#"{"type":"compaction","encrypted_content":"gAAAA"}"#);
    /// ```
    pub struct Compaction("compaction") {
        required {
            /// The content; at most 10,485,760 code points in a request.
            encrypted_content: String,
        }
        optional {
            /// The item's id.
            id: String,
            /// The component that created it.
            created_by: String,
        }
    }
}

const LONG_TEXT: Value = at_most(TEXT_MAX);

pub(crate) static COMPACTION_PARAM: Object = Object::new(
    "CompactionSummaryItemParam",
    &[
        optional("id", STRING).or_null(),
        tag("compaction"),
        required("encrypted_content", LONG_TEXT),
        beyond("created_by", STRING),
    ],
);

pub(crate) static COMPACTION_BODY: Object = Object::new(
    "CompactionBody",
    &[
        tag("compaction"),
        required("id", STRING),
        required("encrypted_content", STRING),
        optional("created_by", STRING),
    ],
);
