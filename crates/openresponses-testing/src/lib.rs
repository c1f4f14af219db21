#![doc = include_str!("../README.md")]
//!
//! # The embedded model
//!
//! The answer of [`EmbeddedModel`] depends on the request alone, except for ids and times.
//!
//! | rule | behavior |
//! |---|---|
//! | text | `Echo: ` and the text of the last user message, its text parts joined by a space; where the conversation has an earlier user message, followed by ` (earlier: ` its first 200 characters and `)` |
//! | streaming | one delta for each word, separated by white space; the joined deltas are the exact text. A word is a token |
//! | length | `max_output_tokens` truncates the text after that many words: the response and its message are `incomplete`. Reasoning and calls are not truncated |
//! | tools: candidates | the `function` tools in their order without those that have `defer_loading: true`, narrowed by `allowed_tools` |
//! | tools: `none` | no call |
//! | tools: a named function | one call to it |
//! | tools: `required` | one call: to the first candidate that was not called since the last user message, else to the last candidate. Also as the mode of `allowed_tools` |
//! | tools: `auto` | after a `function_call_output` since the last user message, no call; else one call to the first candidate, or two to the first two when the last user message has the word `parallel`, `parallel_tool_calls` is not false and `max_tool_calls` is not 1 |
//! | tools: written calls | `auto`, where the last user message has `call NAME {..}` with the name of a candidate and a JSON object: these calls with these arguments instead, one a response in their order, or all in one with the word `parallel`; then text |
//! | arguments | a [`sample`] of the function's `parameters`; `{}` where there are none |
//! | `json_schema` | a [`sample`] of the schema as the text, unless there is a call to make first |
//! | `json_object` | `{"answer":"example"}`, likewise |
//! | tool outputs | `Tool result: ` and the outputs since the last user message, joined by ` \| `; a structured answer if one is asked for |
//! | reasoning | where `reasoning` has an `effort` other than `none`, or a `summary`: a reasoning item first, with a summary if that was asked for, and `encrypted_content` if `include` has `reasoning.encrypted_content` |
//! | usage | words: of instructions, messages, arguments and outputs in the whole conversation; of text, arguments and reasoning in the answer. Nothing is cached |
//! | compaction | an input item `{"type":"compaction_trigger"}`: one `compaction` item and nothing else. `POST /v1/responses/compact`: the user messages and one `compaction` item. As input, a `compaction` item of this model's stands for the user messages of what it compacted |
//! | `POST /v1/responses/input_tokens` | the number of words that `usage.input_tokens` of the response would have |
//! | `missing-model` | 404 `model_not_found`; any other model name answers |
//! | `rate-limited` | 429 `rate_limit_exceeded`, `retry-after: 1` |
//! | `fail-midstream` | the text, then a failure: `error` and `response.failed`, or 500 where the response is not streamed |
//! | `slow` | 32 deltas, 100 ms apart. Needs tokio's timer |
//! | `flood` | more than 8 MiB of deltas, as fast as they are read |
//! | `fault-panic-start`, `fault-error-start` | a panic or an error before the first output: 500, 502 |
//! | `fault-panic-mid`, `fault-error-mid` | the text, then a panic or an error: `error` and `response.failed` |
//! | `fault-stall` | the text, then nothing until the client disconnects |
//! | `fault-missing-terminal` | the text, then the end without a finish |
//! | `fault-huge-delta` | one delta of 4 MiB |
//! | `fault-delta-after-done`, `fault-unclosed-item`, `fault-events-after-terminal`, `fault-duplicate-created`, `fault-bad-event-name`, `fault-wrong-index`, `fault-seq-gap` | the text, as sent by an upstream with the protocol violation of the name; relayed and repaired |
//! | keys | [`TestKeys`]: each bearer token is a tenant, `bad` is refused |
#![forbid(unsafe_code)]

mod conversation;
pub mod database_conformance;
mod fault;
mod keys;
mod model;
mod opaque;
pub mod replica_conformance;
mod sample;
mod special;
pub mod store_conformance;
mod tools;
mod words;

pub use keys::TestKeys;
pub use model::EmbeddedModel;
pub use sample::sample;
