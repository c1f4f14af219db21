use openresponses_types::content::{Annotation, UrlCitation};

use super::*;

impl ChatMachine {
    /// Reads `annotations`: the citations stand one level deeper than in the protocol.
    pub(super) fn annotations(&mut self, value: Reader<'_>, place: &str, out: &mut Deltas) {
        let place = format!("{place}.annotations[]");
        for annotation in elements(value) {
            let kind = annotation.member("type").and_then(text);
            if kind.as_deref() != Some("url_citation") {
                out.unplaced(&place, "", annotation);
                continue;
            }
            let inner = annotation.member("url_citation").unwrap_or(annotation);
            let place = format!("{place}.url_citation");
            let mut citation = UrlCitation::new("", 0i64, 0i64, "");
            let index = |value| count(value).and_then(|count| i64::try_from(count).ok());
            for (name, value) in members(inner) {
                match &*name {
                    "type" => {}
                    "url" => citation.url = text(value).unwrap_or_default(),
                    "title" => citation.title = text(value).unwrap_or_default(),
                    "start_index" => citation.start_index = index(value).unwrap_or(0),
                    "end_index" => citation.end_index = index(value).unwrap_or(0),
                    _ => out.unplaced(&place, &name, value),
                }
            }
            self.emit(
                Delta::Annotation(Box::new(Annotation::UrlCitation(citation))),
                out,
            );
        }
    }
}
