//! Token counts.

use super::super::table::{COUNT, Object, Value, required};

pub(in super::super) static INPUT_TOKENS_DETAILS: Object =
    Object::new("InputTokensDetails", &[required("cached_tokens", COUNT)]);

pub(in super::super) static OUTPUT_TOKENS_DETAILS: Object = Object::new(
    "OutputTokensDetails",
    &[required("reasoning_tokens", COUNT)],
);

pub(in super::super) static USAGE: Object = Object::new(
    "Usage",
    &[
        required("input_tokens", COUNT),
        required("output_tokens", COUNT),
        required("total_tokens", COUNT),
        required("input_tokens_details", Value::Object(&INPUT_TOKENS_DETAILS)),
        required(
            "output_tokens_details",
            Value::Object(&OUTPUT_TOKENS_DETAILS),
        ),
    ],
);
