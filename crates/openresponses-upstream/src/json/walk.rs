use std::borrow::Cow;

use openresponses_types::json::{Document, Reader, ValueKind};

/// The members of an object with a reader at the value of each; none where `value` is no object.
pub(crate) fn members<'a>(value: Reader<'a>) -> impl Iterator<Item = (Cow<'a, str>, Reader<'a>)> {
    let mut reader = value;
    let mut entered = reader.enter_object();
    std::iter::from_fn(move || {
        let name = reader.next_member(&mut entered)?;
        let at = reader;
        reader.skip();
        Some((name, at))
    })
}

/// A reader at each element of an array; none where `value` is no array.
pub(crate) fn elements(value: Reader<'_>) -> impl Iterator<Item = Reader<'_>> {
    let mut reader = value;
    let mut entered = reader.enter_array();
    std::iter::from_fn(move || {
        reader.next_element(&mut entered).then(|| {
            let at = reader;
            reader.skip();
            at
        })
    })
}

/// The value as a string.
pub(crate) fn text(mut value: Reader<'_>) -> Option<String> {
    value.string().map(Cow::into_owned)
}

/// The greatest count: beyond it a JSON number is not exact, and sums of a few stay in range.
const COUNT: u64 = 1 << 53;

/// The value as a number that is not negative; a fraction is cut off, and so is what exceeds 2^53.
pub(crate) fn count(value: Reader<'_>) -> Option<u64> {
    let number = float(value)?;
    // A float that is too large becomes the largest integer.
    (number >= 0.0).then_some((number as u64).min(COUNT))
}

/// The value as a number.
pub(crate) fn float(mut value: Reader<'_>) -> Option<f64> {
    value.number()?.parse().ok()
}

/// The elements of an array; of any other value, the value.
pub(crate) fn one_or_more(value: Reader<'_>) -> impl Iterator<Item = Reader<'_>> {
    let is_array = value.kind() == ValueKind::Array;
    let one = (!is_array).then_some(value);
    one.into_iter().chain(elements(value))
}

/// Returns an array as it came, and any other value as an array of it.
pub(crate) fn list_of(mut value: Reader<'_>) -> Cow<'_, str> {
    match value.kind() {
        ValueKind::Array => value.raw().into(),
        _ => format!("[{}]", value.raw()).into(),
    }
}

/// Returns true for what states nothing: null, false, an empty string, object or array.
pub(crate) fn is_blank(mut value: Reader<'_>) -> bool {
    match value.kind() {
        ValueKind::Null => true,
        ValueKind::Boolean => value.boolean() == Some(false),
        ValueKind::String => text(value).is_some_and(|text| text.is_empty()),
        ValueKind::Array => elements(value).next().is_none(),
        ValueKind::Object => members(value).next().is_none(),
        ValueKind::Number => false,
    }
}

/// Returns true for null.
pub(crate) fn is_null(value: Reader<'_>) -> bool {
    value.kind() == ValueKind::Null
}

/// The strings named `member` in the objects of the array `list` of a document.
pub(crate) fn names(body: &[u8], list: &str, member: &str) -> Vec<String> {
    let Ok(document) = Document::parse(body) else {
        return Vec::new();
    };
    let Some(list) = document.reader().member(list) else {
        return Vec::new();
    };
    elements(list)
        .filter_map(|element| text(element.member(member)?))
        .collect()
}
