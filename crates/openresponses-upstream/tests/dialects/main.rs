//! One fact a test: what the translators of Messages and of generateContent do with what.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod anthropic_answer;
mod anthropic_request;
mod gemini_answer;
mod gemini_request;
mod support;
