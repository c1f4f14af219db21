use alloc::string::String;
use alloc::vec::Vec;

use super::status::ItemStatus;
use crate::content::ContentPart;
use crate::content::request_rules::{REASONING_CONTENT_PARAM, SUMMARY_CONTENT};
use crate::content::response_rules::REASONING_CONTENT;
use crate::diagnostics::Leniency;
use crate::rules::{Object, STRING, Value, beyond, optional, required, tag};
use crate::wire::object_with_constructor;

object_with_constructor! {
    (pub(crate)) from_members
    /// Reasoning of the model. Merges `ReasoningItemParam` and `ReasoningBody`. Spec: "Reasoning".
    ///
    /// The text of the specification requires a `status` of every item; the schema has none here. The
    /// status is written, and accepted in a request.
    ///
    /// ```
    /// use openresponses_types::item::Reasoning;
    ///
    /// let value = Reasoning::new();
    /// assert_eq!(value.to_json(), r#"{"type":"reasoning","summary":[]}"#);
    /// ```
    pub struct Reasoning("reasoning") {
        optional {
            /// The item's id.
            id: String,
            /// Lifecycle status of the item.
            status: ItemStatus,
            /// A summary that can be shown. Required, but may be empty.
            summary: Vec<ContentPart>,
            /// The reasoning itself.
            content: Vec<ContentPart>,
            /// The reasoning, encrypted by its provider.
            encrypted_content: String,
        }
    }
}

impl Reasoning {
    /// Creates reasoning with an empty summary.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "a default would have no summary member"
    )]
    pub fn new() -> Self {
        Self::from_members().summary(Vec::new())
    }

    /// Creates completed reasoning, as in a response.
    #[must_use]
    pub fn output(id: impl Into<String>) -> Self {
        Self::new().id(id.into()).status(ItemStatus::Completed)
    }
}

pub(crate) static REASONING_PARAM: Object = Object::new(
    "ReasoningItemParam",
    &[
        optional("id", STRING).or_null(),
        tag("reasoning"),
        required("summary", Value::Array(&SUMMARY_CONTENT)),
        optional(
            "content",
            Value::Relaxed {
                strict: &Value::Null,
                compatible: &Value::Array(&REASONING_CONTENT_PARAM),
                leniency: Leniency::ReasoningContent,
            },
        )
        .or_null(),
        optional("encrypted_content", STRING).or_null(),
        beyond("status", STRING),
    ],
);

pub(crate) static REASONING_BODY: Object = Object::new(
    "ReasoningBody",
    &[
        tag("reasoning"),
        required("id", STRING),
        optional("content", Value::Array(&REASONING_CONTENT)),
        required("summary", Value::Array(&REASONING_CONTENT)),
        optional("encrypted_content", STRING),
        beyond("status", STRING),
    ],
);
