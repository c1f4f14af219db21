//! Members that may be absent, null, or have a value.

/// A member that is absent, null, or has a value. Prints exactly what was read.
///
/// ```
/// use openresponses_types::{CreateRequest, Field};
///
/// let request = CreateRequest::from_json(br#"{"instructions": null}"#)?;
/// assert_eq!(request.instructions, Field::Null);
/// assert_eq!(request.temperature, Field::Absent);
/// assert_eq!(request.to_json(), r#"{"instructions":null}"#);
/// # Ok::<(), openresponses_types::Violation>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Field<T> {
    /// The member is absent.
    #[default]
    Absent,
    /// The member is null.
    Null,
    /// The member has a value.
    Value(T),
}

impl<T> Field<T> {
    /// Returns the value, if there is one.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Returns the value mutably, if there is one.
    #[must_use]
    pub fn value_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Returns the value, if there is one.
    #[must_use]
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Changes the value, which is the default's where there was none.
    pub(crate) fn update(&mut self, change: impl FnOnce(&mut T))
    where
        T: Default,
    {
        let mut value = core::mem::take(self).into_value().unwrap_or_default();
        change(&mut value);
        *self = Self::Value(value);
    }

    /// Returns true if the member is absent.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Returns true if the member is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Converts an option to a value or null, for members that must be present.
    #[must_use]
    pub fn or_null(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Value)
    }

    /// Maps the value.
    #[must_use]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Self::Absent => Field::Absent,
            Self::Null => Field::Null,
            Self::Value(value) => Field::Value(change(value)),
        }
    }
}

impl<T: Copy> Field<T> {
    /// Returns the value, if there is one.
    #[must_use]
    pub fn get(&self) -> Option<T> {
        self.value().copied()
    }
}

impl Field<alloc::string::String> {
    /// Returns the text, if there is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.value().map(alloc::string::String::as_str)
    }
}

impl<T> From<T> for Field<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

/// Converts `None` to an absent member. For null, use [`Field::Null`] or [`Field::or_null`].
impl<T> From<Option<T>> for Field<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Self::Value)
    }
}

/// Converts each element, so that setters of lists take arrays.
impl<A: Into<T>, T, const N: usize> From<[A; N]> for Field<alloc::vec::Vec<T>> {
    fn from(values: [A; N]) -> Self {
        Self::Value(values.into_iter().map(Into::into).collect())
    }
}

/// Collects and converts the values of an iterator.
impl<A: Into<T>, T> FromIterator<A> for Field<alloc::vec::Vec<T>> {
    fn from_iter<I: IntoIterator<Item = A>>(values: I) -> Self {
        Self::Value(values.into_iter().map(Into::into).collect())
    }
}

impl From<&str> for Field<alloc::string::String> {
    fn from(value: &str) -> Self {
        Self::Value(value.into())
    }
}
