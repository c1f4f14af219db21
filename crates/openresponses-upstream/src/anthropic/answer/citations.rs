use openresponses_types::content::{Annotation, UrlCitation};
use openresponses_types::json::Reader;
use openresponses_types::sequence::Delta;

use crate::answer::Deltas;
use crate::json::{members, text};

const PLACE: &str = "content[].citations[]";

/// The text of a block and what it cites. A citation is about the whole block, and comes before the
/// text: it is held until the block ends.
#[derive(Debug, Default)]
pub(super) struct CitedText {
    characters: usize,
    citations: Vec<UrlCitation>,
}

impl CitedText {
    /// Takes in a piece of the text.
    pub(super) fn push(&mut self, text: String, out: &mut Deltas) {
        if !text.is_empty() {
            self.characters += text.chars().count();
            out.push(Delta::Text(text));
        }
    }

    /// Reads a citation. Those of documents have no address, and so no place.
    pub(super) fn cite(&mut self, value: Reader<'_>, out: &mut Deltas) {
        let kind = value.member("type").and_then(text);
        let address = match kind.as_deref() {
            Some("web_search_result_location") => "url",
            Some("search_result_location") => "source",
            _ => return out.unplaced(PLACE, "", value),
        };
        let mut citation = UrlCitation::new("", 0i64, 0i64, "");
        for (name, value) in members(value) {
            match &*name {
                "type" => {}
                "title" => citation.title = text(value).unwrap_or_default(),
                name if name == address => citation.url = text(value).unwrap_or_default(),
                _ => out.unplaced(PLACE, &name, value),
            }
        }
        out.hold(bytes(&citation));
        self.citations.push(citation);
    }

    /// The block is over.
    pub(super) fn end(self, out: &mut Deltas) {
        let end = i64::try_from(self.characters).unwrap_or(i64::MAX);
        for mut citation in self.citations {
            out.let_go(bytes(&citation));
            citation.end_index = end;
            out.push(Delta::Annotation(Box::new(Annotation::UrlCitation(
                citation,
            ))));
        }
    }
}

/// The bytes of a citation that is held.
fn bytes(citation: &UrlCitation) -> usize {
    citation.url.len() + citation.title.len()
}
