//! Compacting a conversation.

use super::super::table::{INTEGER, Object, STRING, Value, at_most, optional, required};
use super::input_item::NAME_MAX;
use super::output_item::OUTPUT_ITEMS;
use super::request::input;
use super::usage::USAGE;

pub(in super::super) static COMPACT: Object = Object::new(
    "CompactResponseMethodPublicBody",
    &[
        required("model", STRING),
        input(),
        optional("previous_response_id", STRING).or_null(),
        optional("instructions", STRING).or_null(),
        optional("prompt_cache_key", at_most(NAME_MAX)).or_null(),
    ],
);

pub(in super::super) static COMPACT_RESOURCE: Object = Object::new(
    "CompactResource",
    &[
        required("id", STRING),
        required("object", Value::Constant("response.compaction")),
        required("output", Value::Array(&OUTPUT_ITEMS)),
        required("created_at", INTEGER),
        required("usage", Value::Object(&USAGE)),
    ],
);
