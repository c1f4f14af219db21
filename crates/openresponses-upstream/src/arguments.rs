use openresponses_types::diagnostics::Path;
use openresponses_types::json::{RawJson, ValueKind, write_string};

use crate::request::Notes;

/// The arguments of a call as an object, which some APIs want. Models also write arguments that are
/// not an object.
pub(crate) fn object(arguments: &str, path: &Path, notes: &mut Notes) -> String {
    let text = arguments.trim();
    if text.is_empty() {
        return "{}".to_owned();
    }
    let is_object =
        RawJson::parse(text).is_ok_and(|json| json.reader().kind() == ValueKind::Object);
    if is_object {
        return text.to_owned();
    }
    notes.warn(
        path.clone().member("arguments"),
        "The arguments are no JSON object: they were sent as the member 'arguments' of one.",
    );
    let mut out = String::from("{\"arguments\":");
    // Printing into a string cannot fail.
    let _ = write_string(&mut out, arguments);
    out.push('}');
    out
}

/// Follows a JSON text that comes in pieces and tells whether it is a whole value.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Balance {
    depth: u32,
    begun: bool,
    in_string: bool,
    is_escaped: bool,
}

impl Balance {
    pub(crate) fn push(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' if self.in_string => self.is_escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' | b'[' => {
                    self.begun = true;
                    self.depth += 1;
                }
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// Returns true while an object or array is open, and before there is one.
    pub(crate) fn is_unfinished(self) -> bool {
        !self.begun || self.is_within()
    }

    /// Returns true while an object, array or string is open.
    pub(crate) fn is_within(self) -> bool {
        self.depth > 0 || self.in_string
    }
}
