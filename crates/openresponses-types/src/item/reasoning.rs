use alloc::string::String;
use alloc::vec::Vec;

use super::status::ItemStatus;
use crate::content::ContentPart;
use crate::wire::object_with_constructor;

object_with_constructor! {
    (pub(crate)) from_members
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
            summary: Vec<ContentPart>,
            /// The reasoning itself.
            content: Vec<ContentPart>,
            /// The reasoning in a form that only its provider can read.
            encrypted_content: String,
        }
    }
}

impl Reasoning {
    /// Reasoning of which nothing is shown: its summary is there, and empty.
    #[must_use]
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self::from_members().summary(Vec::new())
    }

    /// Finished reasoning, as it stands in a response.
    #[must_use]
    pub fn output(id: impl Into<String>) -> Self {
        Self::new().id(id.into()).status(ItemStatus::Completed)
    }
}
