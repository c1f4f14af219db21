//! What the setters of optional members take.

use alloc::vec::Vec;

use super::field::Field;

/// What the setter of an optional member takes: a value, or what converts into one; an [`Option`];
/// a [`Field`], such as [`Field::Null`]; for a list an array, a `Vec` or an iterator.
///
/// `M` is what is taken: the member's type, or that of a list's items. It is always inferred.
///
/// ```
/// use openresponses_types::item::Message;
/// use openresponses_types::tool::FunctionTool;
/// use openresponses_types::wire::IntoField;
/// use openresponses_types::{CreateRequest, Field};
///
/// let request = CreateRequest::new()
///     .model("provider/model-1")
///     .input(["Hello", "Are you there?"].into_iter().map(Message::user))
///     .tools(["weather", "search"].iter().map(|name| FunctionTool::new(*name)))
///     .instructions(Field::Null)
///     .max_output_tokens(Some(256));
/// assert_eq!(request.tools.value().map(Vec::len), Some(2));
///
/// let field: Field<u64> = 7.into_field();
/// assert_eq!(field, Field::Value(7));
/// ```
pub trait IntoField<T, M> {
    /// Converts into the member.
    fn into_field(self) -> Field<T>;
}

impl<T, V: Into<Field<T>>> IntoField<T, T> for V {
    fn into_field(self) -> Field<T> {
        self.into()
    }
}

impl<T, I: Iterator<Item: Into<T>>> IntoField<Vec<T>, T> for I {
    fn into_field(self) -> Field<Vec<T>> {
        self.collect()
    }
}
