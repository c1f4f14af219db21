//! Names of events on a line of their own.

/// Returns whether `name` can stand on the `event:` line of an event stream. It holds no control characters
/// and no line or paragraph separators (U+2028, U+2029): clients that split the stream into lines with the
/// tools of their language take many of them for line ends.
///
/// ```
/// use openresponses_types::event::is_event_name;
///
/// assert!(is_event_name("acme:trace_event"));
/// assert!(!is_event_name("ping\ndata: {}"));
/// assert!(!is_event_name("ping\u{2028}data: {}"));
/// ```
#[must_use]
pub fn is_event_name(name: &str) -> bool {
    !name.contains(|character: char| {
        character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
    })
}
