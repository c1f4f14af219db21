use alloc::string::String;

use crate::rules::{Object, STRING, Value, optional, required};
use crate::wire::{constant, object};

constant! {
    /// The `type` of an item reference, which is optional.
    pub enum ItemReferenceType { ItemReference = "item_reference" }
}

object! {
    /// A reference to an item that the server has stored. Only in requests.
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
