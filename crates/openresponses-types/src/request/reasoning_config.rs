//! Effort and summary of the reasoning.

use crate::diagnostics::Leniency;
use crate::rules::{Enum, Object, Open, Value, optional, required};
use crate::wire::{object, open_enum};

open_enum! {
    /// Effort that the model spends on reasoning.
    ///
    /// ```
    /// use openresponses_types::request::ReasoningEffort;
    ///
    /// assert_eq!(ReasoningEffort::Low.as_str(), "low");
    /// assert_eq!(ReasoningEffort::from_json(br#""low""#), Ok(ReasoningEffort::Low));
    /// ```
    pub enum ReasoningEffort {
        /// No reasoning.
        None = "none",
        /// Little reasoning, for speed.
        Low = "low",
        /// A balance of speed and quality.
        Medium = "medium",
        /// Much reasoning.
        High = "high",
        /// The most reasoning that the model can do.
        XHigh = "xhigh",
    }
}

open_enum! {
    /// Length of the summary of the reasoning.
    ///
    /// ```
    /// use openresponses_types::request::ReasoningSummary;
    ///
    /// assert_eq!(ReasoningSummary::Auto.as_str(), "auto");
    /// assert_eq!(ReasoningSummary::from_json(br#""auto""#), Ok(ReasoningSummary::Auto));
    /// ```
    pub enum ReasoningSummary {
        /// A short summary.
        Concise = "concise",
        /// A detailed summary.
        Detailed = "detailed",
        /// Decided by the model.
        Auto = "auto",
    }
}

object! {
    /// Effort and summary of the reasoning. Merges `ReasoningParam` and `Reasoning`.
    ///
    /// ```
    /// use openresponses_types::request::ReasoningConfig;
    /// use openresponses_types::request::ReasoningEffort;
    ///
    /// let value = ReasoningConfig::new().effort(ReasoningEffort::Low);
    /// assert_eq!(value.to_json(), r#"{"effort":"low"}"#);
    /// ```
    pub struct ReasoningConfig {
        optional {
            /// The effort.
            effort: ReasoningEffort,
            /// The summary to produce.
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
