use alloc::string::String;
use alloc::vec::Vec;

use super::status::ItemStatus;
use crate::content::Content;
use crate::macros::object;

object! {
    /// The model's reasoning. Merges `ReasoningItemParam` and `ReasoningBody`. Spec: "Reasoning".
    ///
    /// The specification demands a `status` of every item, the schema has none here: it is written,
    /// and accepted when it comes back.
    pub struct Reasoning("reasoning") {
        optional {
            /// The item's id.
            id: String,
            /// Where the item is in its life.
            status: ItemStatus,
            /// A summary that can be shown. Required, but may be empty.
            summary: Vec<Content>,
            /// The reasoning itself.
            content: Vec<Content>,
            /// The reasoning in a form that only its provider can read.
            encrypted_content: String,
        }
    }
}
