use alloc::string::String;

use crate::rules::{Object, STRING, Value, optional, required};
use crate::wire::{constant, object};

constant! {
    /// The `type` of an item reference, which is optional.
    ///
    /// ```
    /// use openresponses_types::item::ItemReferenceType;
    ///
    /// assert_eq!(ItemReferenceType::ItemReference.as_str(), "item_reference");
    /// assert_eq!(ItemReferenceType::from_json(br#""item_reference""#), Ok(ItemReferenceType::ItemReference));
    /// ```
    pub enum ItemReferenceType { ItemReference = "item_reference" }
}

object! {
    /// A reference to an item that the server has stored. Only in requests.
    ///
    /// ```
    /// use openresponses_types::item::ItemReference;
    ///
    /// let value = ItemReference::new("msg_1");
    /// assert_eq!(value.to_json(), r#"{"type":"item_reference","id":"msg_1"}"#);
    /// ```
    pub struct ItemReference {
        constant {
            /// `item_reference`, null, or absent.
            kind = "type": ItemReferenceType,
        }
        required {
            /// The item's id.
            id: String,
        }
    }
}

pub(crate) static ITEM_REFERENCE: Object = Object::new(
    "ItemReferenceParam",
    &[
        optional("type", Value::Constant("item_reference")).or_null(),
        required("id", STRING),
    ],
);
