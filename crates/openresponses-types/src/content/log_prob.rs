//! Log probabilities of sampled tokens.

use alloc::string::String;
use alloc::vec::Vec;

use crate::wire::object_with_constructor;

object_with_constructor! {
    (pub(crate)) from_members
    /// A token that might have been sampled.
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
    /// A sampled token, and those that were likely in its place.
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
            /// The most likely tokens in this place.
            top_logprobs: Vec<TopLogProb>,
        }
    }
}

impl TopLogProb {
    /// A token and its log probability. The bytes are those of the token: set them where it is a
    /// part of a character, which a string cannot hold.
    #[must_use]
    pub fn new(token: impl Into<String>, logprob: f64) -> Self {
        let token = token.into();
        let bytes = bytes(&token);
        Self::from_members(token, logprob).bytes(bytes)
    }
}

impl LogProb {
    /// A token and its log probability, without others in its place. The bytes are those of the
    /// token: set them where it is a part of a character, which a string cannot hold.
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
