use crate::table::{Row, Treatment::*};

/// What becomes of the members of a request.
pub const REQUEST: &[Row] = &[Row::new("model", Carried, "`model`")];

/// What becomes of the members of an answer.
pub const ANSWER: &[Row] = &[Row::new("id", Served, "")];
