//! The way from an upstream's bytes to deltas.

mod deltas;
mod framing;
mod reader;
mod stray_line;
mod unplaced;
mod values;

pub use deltas::Deltas;
pub use reader::{AnswerEnd, AnswerMachine, AnswerReader};
pub use unplaced::Unplaced;
