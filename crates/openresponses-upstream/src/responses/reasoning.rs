//! Reasoning of earlier turns, which goes back to a server.

use openresponses_types::Field;
use openresponses_types::content::{ContentPart, SummaryText};
use openresponses_types::diagnostics::Path;
use openresponses_types::item::Reasoning;

use crate::request::Notes;
use crate::tagged::TaggedReasoning;

/// Returns `reasoning` as the server takes it; `None`, with a warning, where it has nothing that the
/// server could read. `is_kept` where the server keeps its items and finds them by their ids.
pub(super) fn replayed(
    reasoning: &Reasoning,
    is_kept: bool,
    path: Path,
    notes: &mut Notes,
) -> Option<Reasoning> {
    let mut reasoning = reasoning.clone();
    // The schema has none, and servers refuse it.
    reasoning.status = Field::Absent;
    let is_foreign = is_foreign(reasoning.encrypted_content.as_str());
    if is_foreign {
        notes.warn(
            path.clone().member("encrypted_content"),
            "Another upstream has made it: this one cannot read it.",
        );
        reasoning.encrypted_content = Field::Absent;
    }
    let is_readable = reasoning
        .encrypted_content
        .as_str()
        .is_some_and(|text| !text.is_empty());
    if is_readable || is_kept && !is_foreign {
        return Some(reasoning);
    }
    // A server looks for reasoning that it cannot read by its id, and does not have it.
    if has_text(&reasoning) {
        reasoning.id = Field::Absent;
        return Some(reasoning);
    }
    if !is_foreign {
        notes.warn(
            path,
            "The reasoning has neither text nor encrypted content: the upstream cannot read it.",
        );
    }
    None
}

/// Returns `reasoning` for a server that takes no content of it: its texts are the summary, unless it has
/// one, and then they are left out with a warning.
pub(super) fn without_content(reasoning: &Reasoning, path: &Path, notes: &mut Notes) -> Reasoning {
    let mut reasoning = reasoning.clone();
    let content = std::mem::take(&mut reasoning.content).into_value();
    let texts = content.iter().flatten().filter_map(ContentPart::text);
    let summary: Vec<_> = texts
        .filter(|text| !text.is_empty())
        .map(|text| ContentPart::from(SummaryText::new(text)))
        .collect();
    if reasoning.summary.value().is_none_or(Vec::is_empty) {
        reasoning.summary = Field::Value(summary);
    } else if !summary.is_empty() {
        notes.warn(
            path.clone().member("content"),
            "The upstream takes the summary of reasoning only: its content was left out.",
        );
    }
    reasoning
}

/// Returns true for reasoning that a translator of this crate has marked as another dialect's.
fn is_foreign(encrypted: Option<&str>) -> bool {
    encrypted.is_some_and(|text| TaggedReasoning::read(text).is_some())
}

fn has_text(reasoning: &Reasoning) -> bool {
    let parts = [&reasoning.summary, &reasoning.content];
    let mut parts = parts.into_iter().filter_map(Field::value).flatten();
    parts.any(|part| ContentPart::text(part).is_none_or(|text| !text.is_empty()))
}
