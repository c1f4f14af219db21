//! Log probabilities of sampled tokens.

use alloc::string::String;
use alloc::vec::Vec;

use crate::macros::object;

object! {
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

object! {
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
