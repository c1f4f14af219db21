use openresponses_types::Violation;
use openresponses_types::content::{Content, ContentPart};
use openresponses_types::diagnostics::Path;
use openresponses_types::wire::Extra;

use crate::request::{NO_MEMBER, Notes, refused};

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

/// Checks that the content at `path` has nothing but texts.
///
/// # Errors
/// When it has another part.
pub(crate) fn check_texts(content: &Content, path: &Path) -> Result<(), Violation> {
    let not_text = |part: &ContentPart| part.text().is_none();
    match content.parts().iter().position(not_text) {
        Some(at) => Err(refused(
            path.clone().index(at),
            "The model behind this server takes texts only in messages of this role.",
        )),
        None => Ok(()),
    }
}

/// Warns of the members that the protocol does not name in the parts of the content at `path`.
pub(crate) fn warn_of_extra(content: &Content, path: &Path, notes: &mut Notes) {
    for (at, part) in content.parts().iter().enumerate() {
        if let Some(extra) = extra(part) {
            notes.warn_of_extra(&path.clone().index(at), extra);
        }
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
