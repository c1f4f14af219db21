//! How much the model reasons.

use super::super::table::{Enum, Object, Open, Value, optional, required};
use crate::diagnostics::Leniency;

pub(in super::super) static EFFORT: Enum = Enum::open(
    "ReasoningEffortEnum",
    &["none", "low", "medium", "high", "xhigh"],
    Open::To(&["minimal", "max"], Leniency::VendorReasoningEffort),
);

pub(in super::super) static SUMMARY: Enum =
    Enum::closed("ReasoningSummaryEnum", &["concise", "detailed", "auto"]);

pub(in super::super) static REASONING_PARAM: Object = Object::new(
    "ReasoningParam",
    &[
        optional("effort", Value::Enum(&EFFORT)).or_null(),
        optional("summary", Value::Enum(&SUMMARY)).or_null(),
    ],
);

pub(in super::super) static REASONING: Object = Object::new(
    "Reasoning",
    &[
        required("effort", Value::Enum(&EFFORT)).or_null(),
        required("summary", Value::Enum(&SUMMARY)).or_null(),
    ],
);
