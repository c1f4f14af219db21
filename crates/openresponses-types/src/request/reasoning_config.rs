//! How much the model should reason.

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
