//! The vocabulary in which each concept states its rules: static tables, read by the validation and
//! by the coverage report.
//!
//! The tables are independent of the types: reading a type stops at what it cannot represent, while
//! validation goes on and finds everything.

mod object;
mod union;
mod value;

pub(crate) use object::{Member, Object, beyond, instead, instead_unless, optional, required, tag};
pub(crate) use union::{Branch, Shape, Union};
pub(crate) use value::{
    Array, COUNT, Enum, FOREIGN_NAME_MAX, FUNCTION_NAME, Habit, INTEGER, Map, NAME_MAX,
    NAME_PATTERN, NUMBER, Open, STRING, StringLimits, TEXT_MAX, Value, at_most, is_name, text_or,
};
