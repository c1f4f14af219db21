//! Parts of a text.

use core::slice::SliceIndex;

/// The part of `text` in `range`, which must be inside of the text and on the boundaries of
/// characters. Readers and printers compute their ranges from the text, so they always are.
pub(crate) fn part<R: SliceIndex<str, Output = str>>(text: &str, range: R) -> &str {
    let found = text.get(range);
    debug_assert!(found.is_some(), "a range outside of the text");
    found.unwrap_or_default()
}
