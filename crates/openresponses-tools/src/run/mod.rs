//! The loop as a stream: rounds asked for, calls run, time kept.

mod calls;
mod ended;
mod stream;

pub(crate) use stream::LoopStream;
