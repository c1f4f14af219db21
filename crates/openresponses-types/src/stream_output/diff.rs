//! When two snapshots of an item say the same.
//!
//! Types, texts, arguments and their order count; so do the names that tie a call to its function
//! and its output. What servers legally fill in later or print another way does not: log
//! probabilities, annotations, encrypted content (some encrypt it anew for each event), members of
//! an implementer's.

use alloc::format;

use super::item::contents;
use crate::content::{Content, ContentPart};
use crate::diagnostics::Path;
use crate::event::PartList;
use crate::item::Item;

/// The first place in `theirs` that says something else than `ours`. Ids and statuses are left to
/// the caller.
pub(crate) fn difference(ours: &Item, theirs: &Item) -> Option<Path> {
    if ours.type_name() != theirs.type_name() {
        return Some(Path::default().member("type"));
    }
    let member = |differs: bool, name| differs.then(|| Path::default().member(name));
    match (ours, theirs) {
        (Item::Message(ours), Item::Message(theirs)) => member(ours.role != theirs.role, "role")
            .or_else(|| differing_contents(&ours.content, &theirs.content, "content")),
        (Item::FunctionCall(ours), Item::FunctionCall(theirs)) => {
            member(renamed(&ours.call_id, &theirs.call_id), "call_id")
                .or_else(|| member(renamed(&ours.name, &theirs.name), "name"))
                .or_else(|| member(ours.arguments != theirs.arguments, "arguments"))
        }
        (Item::FunctionCallOutput(ours), Item::FunctionCallOutput(theirs)) => {
            member(ours.call_id != theirs.call_id, "call_id")
                .or_else(|| differing_contents(&ours.output, &theirs.output, "output"))
        }
        (Item::Reasoning(_), Item::Reasoning(_)) => [
            (PartList::Summary, "summary"),
            (PartList::Content, "content"),
        ]
        .into_iter()
        .find_map(|(list, name)| {
            differing_parts(contents(ours, list), contents(theirs, list), name)
        }),
        _ => None,
    }
}

/// Returns true if a name was announced otherwise. What was not known yet is announced empty.
pub(crate) fn renamed(ours: &str, theirs: &str) -> bool {
    !ours.is_empty() && ours != theirs
}

fn differing_contents(ours: &Content, theirs: &Content, name: &str) -> Option<Path> {
    match (ours, theirs) {
        (Content::Parts(ours), Content::Parts(theirs)) => differing_parts(ours, theirs, name),
        // The short form is one text.
        _ => {
            let same = ours
                .texts()
                .flat_map(str::bytes)
                .eq(theirs.texts().flat_map(str::bytes));
            (!same).then(|| Path::default().member(name))
        }
    }
}

fn differing_parts(ours: &[ContentPart], theirs: &[ContentPart], name: &str) -> Option<Path> {
    let at = || Path::default().member(name);
    if let Some(index) = ours
        .iter()
        .zip(theirs)
        .position(|(ours, theirs)| differing_part(ours, theirs).is_some())
    {
        let member = ours.get(index).zip(theirs.get(index));
        let member = member.and_then(|(ours, theirs)| differing_part(ours, theirs));
        return Some(at().index(index).member(member.unwrap_or_default()));
    }
    (ours.len() != theirs.len()).then(|| at().index(ours.len().min(theirs.len())))
}

/// The member in which two parts differ.
pub(crate) fn differing_part(ours: &ContentPart, theirs: &ContentPart) -> Option<&'static str> {
    if ours.type_name() != theirs.type_name() {
        Some("type")
    } else if ours.text() != theirs.text() {
        Some(text_member(theirs))
    } else {
        None
    }
}

/// The name of the member that holds a part's text.
pub(crate) fn text_member(content: &ContentPart) -> &'static str {
    match content {
        ContentPart::Refusal(_) => "refusal",
        _ => "text",
    }
}

/// What can be shown of two texts that should be equal: never the texts, they may be long or secret.
pub(crate) fn lengths(expected: &str, got: &str) -> alloc::string::String {
    let same = expected
        .bytes()
        .zip(got.bytes())
        .take_while(|(expected, got)| expected == got)
        .count();
    format!(
        "expected {} bytes, got {}, the first {same} are the same",
        expected.len(),
        got.len()
    )
}
