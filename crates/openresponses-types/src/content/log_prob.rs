//! Log probabilities of sampled tokens.

use alloc::string::String;
use alloc::vec::Vec;

use crate::rules::{Array, INTEGER, NUMBER, Object, STRING, Value, optional, required};
use crate::wire::object_with_constructor;

object_with_constructor! {
    (pub(crate)) from_members
    /// A candidate token at one position.
    ///
    /// ```
    /// use openresponses_types::content::TopLogProb;
    ///
    /// let value = TopLogProb::new("a", -0.5);
    /// assert_eq!(value.to_json(), r#"{"token":"a","logprob":-0.5,"bytes":[97]}"#);
    /// ```
    pub struct TopLogProb {
        required {
            /// The token.
            token: String,
            /// Its log probability.
            logprob: f64,
        }
        optional {
            /// Its UTF-8 bytes.
            bytes: Vec<i64>,
        }
    }
}

object_with_constructor! {
    (pub(crate)) from_members
    /// A sampled token, and the most likely candidates at its position.
    ///
    /// ```
    /// use openresponses_types::content::LogProb;
    ///
    /// let value = LogProb::new("a", -0.5);
    /// assert_eq!(value.to_json(), r#"{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[]}"#);
    /// ```
    pub struct LogProb {
        required {
            /// The token.
            token: String,
            /// Its log probability.
            logprob: f64,
        }
        optional {
            /// Its UTF-8 bytes.
            bytes: Vec<i64>,
            /// The most likely tokens at this position.
            top_logprobs: Vec<TopLogProb>,
        }
    }
}

impl TopLogProb {
    /// Creates a token with its log probability and its UTF-8 bytes. Set `bytes` where the token is
    /// part of a character, which a string cannot hold.
    #[must_use]
    pub fn new(token: impl Into<String>, logprob: f64) -> Self {
        let token = token.into();
        let bytes = bytes(&token);
        Self::from_members(token, logprob).bytes(bytes)
    }
}

impl LogProb {
    /// Creates a token with its log probability, its UTF-8 bytes and no candidates. Set `bytes`
    /// where the token is part of a character, which a string cannot hold.
    #[must_use]
    pub fn new(token: impl Into<String>, logprob: f64) -> Self {
        let token = token.into();
        let bytes = bytes(&token);
        Self::from_members(token, logprob)
            .bytes(bytes)
            .top_logprobs(Vec::new())
    }
}

fn bytes(token: &str) -> Vec<i64> {
    token.bytes().map(i64::from).collect()
}

static BYTES: Array = Array::of(INTEGER);

static TOP_LOG_PROBS: Array = Array::of(Value::Object(&TOP_LOG_PROB));

pub(crate) static LOG_PROBS: Array = Array::of(Value::Object(&LOG_PROB));

pub(crate) static TOP_LOG_PROB: Object = Object::new(
    "TopLogProb",
    &[
        required("token", STRING),
        required("logprob", NUMBER),
        required("bytes", Value::Array(&BYTES)),
    ],
);

pub(crate) static LOG_PROB: Object = Object::new(
    "LogProb",
    &[
        required("token", STRING),
        required("logprob", NUMBER),
        required("bytes", Value::Array(&BYTES)),
        required("top_logprobs", Value::Array(&TOP_LOG_PROBS)),
    ],
);

/// The log probabilities of a text that a client sends back. The request's schema does not have
/// them, so only the members that make a log probability are required.
pub(crate) static RETURNED_LOG_PROBS: Array = Array::of(Value::Object(&RETURNED_LOG_PROB));

static RETURNED_TOP_LOG_PROBS: Array = Array::of(Value::Object(&RETURNED_TOP_LOG_PROB));

static RETURNED_TOP_LOG_PROB: Object = Object::new(
    "TopLogProb",
    &[
        required("token", STRING),
        required("logprob", NUMBER),
        optional("bytes", Value::Array(&BYTES)).or_null(),
    ],
);

static RETURNED_LOG_PROB: Object = Object::new(
    "LogProb",
    &[
        required("token", STRING),
        required("logprob", NUMBER),
        optional("bytes", Value::Array(&BYTES)).or_null(),
        optional("top_logprobs", Value::Array(&RETURNED_TOP_LOG_PROBS)).or_null(),
    ],
);
