//! The loop without I/O: deltas of a round in, deltas for the client and calls to run out.

mod appearance;
mod call;
mod calling;
mod held;
mod judge;
mod ledger;
mod machine;
mod round;
mod settings;
mod transcript;

pub(crate) use call::{Job, Outcome};
pub(crate) use machine::{LoopMachine, Phase};
pub(crate) use settings::{Settings, scope};
