//! Token counts.

use crate::rules::{COUNT, Object, Value, required};
use crate::wire::{object, object_with_constructor};

object! {
    /// Breakdown of the input tokens.
    ///
    /// ```
    /// use openresponses_types::response::InputTokensDetails;
    ///
    /// let value = InputTokensDetails::new(8u64);
    /// assert_eq!(value.to_json(), r#"{"cached_tokens":8}"#);
    /// ```
    pub struct InputTokensDetails {
        required {
            /// Tokens read from a cache.
            cached_tokens: u64,
        }
    }
}

object! {
    /// Breakdown of the output tokens.
    ///
    /// ```
    /// use openresponses_types::response::OutputTokensDetails;
    ///
    /// let value = OutputTokensDetails::new(3u64);
    /// assert_eq!(value.to_json(), r#"{"reasoning_tokens":3}"#);
    /// ```
    pub struct OutputTokensDetails {
        required {
            /// Tokens spent on reasoning.
            reasoning_tokens: u64,
        }
    }
}

object_with_constructor! {
    (pub(crate)) from_members
    /// Token counts of a response.
    ///
    /// ```
    /// use openresponses_types::response::Usage;
    ///
    /// let usage = Usage::new(7, 5).reasoning_tokens(2);
    /// assert_eq!(usage.total_tokens, 12);
    /// assert_eq!(usage.output_tokens_details.value().unwrap().reasoning_tokens, 2);
    /// ```
    pub struct Usage {
        required {
            /// Tokens of the input.
            input_tokens: u64,
            /// Tokens of the output, reasoning included.
            output_tokens: u64,
            /// The sum of input and output.
            total_tokens: u64,
        }
        optional {
            /// Breakdown of the input tokens.
            input_tokens_details: InputTokensDetails,
            /// Breakdown of the output tokens.
            output_tokens_details: OutputTokensDetails,
        }
    }
}

impl Usage {
    /// Creates the counts of a response, with no cached and no reasoning tokens.
    #[must_use]
    pub fn new(input_tokens: u64, output_tokens: u64) -> Self {
        Self::from_members(
            input_tokens,
            output_tokens,
            input_tokens.saturating_add(output_tokens),
        )
        .input_tokens_details(InputTokensDetails::new(0u64))
        .output_tokens_details(OutputTokensDetails::new(0u64))
    }

    /// Sets how many input tokens were read from a cache.
    #[must_use]
    pub fn cached_tokens(self, count: u64) -> Self {
        self.input_tokens_details(InputTokensDetails::new(count))
    }

    /// Sets how many output tokens were spent on reasoning.
    #[must_use]
    pub fn reasoning_tokens(self, count: u64) -> Self {
        self.output_tokens_details(OutputTokensDetails::new(count))
    }
}

pub(crate) static INPUT_TOKENS_DETAILS: Object =
    Object::new("InputTokensDetails", &[required("cached_tokens", COUNT)]);

pub(crate) static OUTPUT_TOKENS_DETAILS: Object = Object::new(
    "OutputTokensDetails",
    &[required("reasoning_tokens", COUNT)],
);

pub(crate) static USAGE: Object = Object::new(
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
