//! Reading members in any order, and printing objects.

mod walk;

pub(crate) use openresponses_types::json::{ArrayPrinter as Array, ObjectPrinter as Object};
pub(crate) use walk::{
    count, elements, float, is_blank, is_null, list_of, members, names, one_or_more, text,
};
