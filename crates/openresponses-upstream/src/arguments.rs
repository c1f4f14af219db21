use openresponses_types::diagnostics::Path;
use openresponses_types::json::{RawJson, ValueKind, write_string};

use crate::request::Notes;

/// The arguments of a call as an object, which some APIs want. Models write arguments that are none.
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
