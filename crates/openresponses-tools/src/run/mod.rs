//! The loop as a stream: rounds asked for, calls run, time kept.

mod calls;
mod stream;

pub(crate) use stream::LoopStream;
