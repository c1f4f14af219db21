//! How much the model should reason.

use crate::diagnostics::Leniency;
use crate::rules::{Enum, Object, Open, Value, optional, required};
use crate::wire::{object, open_enum};

open_enum! {
    /// How much the model reasons.
    pub enum ReasoningEffort {
        /// Not at all.
        None = "none",
        /// A little, for speed.
        Low = "low",
        /// In between.
        Medium = "medium",
        /// Much.
        High = "high",
        /// As much as it can.
        XHigh = "xhigh",
    }
}

open_enum! {
    /// How the reasoning is summarised.
    pub enum ReasoningSummary {
        /// Briefly.
        Concise = "concise",
        /// At length.
        Detailed = "detailed",
        /// The model decides.
        Auto = "auto",
    }
}

object! {
    /// How much the model reasons and what of it is shown. Merges `ReasoningParam` and `Reasoning`.
    pub struct ReasoningConfig {
        optional {
            /// How much.
            effort: ReasoningEffort,
            /// What is shown.
            summary: ReasoningSummary,
        }
    }
}

pub(crate) static EFFORT: Enum = Enum::open(
    "ReasoningEffortEnum",
    ReasoningEffort::VALUES,
    Open::To(&["minimal", "max"], Leniency::VendorReasoningEffort),
);

pub(crate) static SUMMARY: Enum = Enum::closed("ReasoningSummaryEnum", ReasoningSummary::VALUES);

pub(crate) static REASONING_PARAM: Object = Object::new(
    "ReasoningParam",
    &[
        optional("effort", Value::Enum(&EFFORT)).or_null(),
        optional("summary", Value::Enum(&SUMMARY)).or_null(),
    ],
);

pub(crate) static REASONING: Object = Object::new(
    "Reasoning",
    &[
        required("effort", Value::Enum(&EFFORT)).or_null(),
        required("summary", Value::Enum(&SUMMARY)).or_null(),
    ],
);
