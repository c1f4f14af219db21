//! Reading members in any order, and printing objects.

mod object;
mod walk;

pub(crate) use object::{Array, Object};
pub(crate) use walk::{count, elements, float, is_null, members, names, text};
