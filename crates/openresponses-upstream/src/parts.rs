use openresponses_types::content::ContentPart;
use openresponses_types::diagnostics::Path;
use openresponses_types::wire::Extra;

use crate::request::{NO_MEMBER, Notes};

/// Returns the members of a text that the protocol does not name; nothing for other parts.
pub(crate) fn extra(part: &ContentPart) -> Option<&Extra> {
    match part {
        ContentPart::InputText(part) => Some(&part.extra),
        ContentPart::OutputText(part) => Some(&part.extra),
        ContentPart::Refusal(part) => Some(&part.extra),
        ContentPart::Text(part) => Some(&part.extra),
        ContentPart::SummaryText(part) => Some(&part.extra),
        ContentPart::ReasoningText(part) => Some(&part.extra),
        _ => None,
    }
}

/// Warns of what a text of the model's has besides the text.
pub(crate) fn warn_of_annotations(part: &ContentPart, path: &Path, notes: &mut Notes) {
    let ContentPart::OutputText(part) = part else {
        return;
    };
    for (name, count) in [
        ("annotations", part.annotations.value().map(Vec::len)),
        ("logprobs", part.logprobs.value().map(Vec::len)),
    ] {
        if count.is_some_and(|count| count > 0) {
            notes.warn(path.clone().member(name), NO_MEMBER);
        }
    }
}
