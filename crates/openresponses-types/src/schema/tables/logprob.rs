//! Log probabilities.

use super::super::table::{Array, INTEGER, NUMBER, Object, STRING, Value, optional, required};

static BYTES: Array = Array::of(INTEGER);
static TOP_LOG_PROBS: Array = Array::of(Value::Object(&TOP_LOG_PROB));
pub(crate) static LOG_PROBS: Array = Array::of(Value::Object(&LOG_PROB));

pub(in super::super) static TOP_LOG_PROB: Object = Object::new(
    "TopLogProb",
    &[
        required("token", STRING),
        required("logprob", NUMBER),
        required("bytes", Value::Array(&BYTES)),
    ],
);

pub(in super::super) static LOG_PROB: Object = Object::new(
    "LogProb",
    &[
        required("token", STRING),
        required("logprob", NUMBER),
        required("bytes", Value::Array(&BYTES)),
        required("top_logprobs", Value::Array(&TOP_LOG_PROBS)),
    ],
);

/// The log probabilities of a text that a client sends back: no part of the request's schema, so
/// only what makes them log probabilities is asked for.
pub(super) static RETURNED_LOG_PROBS: Array = Array::of(Value::Object(&RETURNED_LOG_PROB));
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
