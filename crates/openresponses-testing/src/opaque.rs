//! Content that only this model can read: compacted conversations and encrypted reasoning. It is
//! encoded, not encrypted.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openresponses_types::json::{Document, write_string};

const COMPACTION: &str = "user_messages";
const REASONING: &str = "reasoning";

/// Encodes user messages as the content of a `compaction` item.
pub(crate) fn compaction(messages: &[String]) -> String {
    encode(COMPACTION, messages)
}

/// Decodes the user messages of a `compaction` item; empty for the content of another model.
pub(crate) fn read_compaction(content: &str) -> Option<Vec<String>> {
    let bytes = STANDARD.decode(content).ok()?;
    let document = Document::parse(&bytes).ok()?;
    let mut list = document.reader().member(COMPACTION)?;
    let mut entered = list.enter_array();
    let mut messages = Vec::new();
    while list.next_element(&mut entered) {
        messages.push(list.string()?.into_owned());
    }
    Some(messages)
}

/// Encodes reasoning as `encrypted_content`.
pub(crate) fn reasoning(text: &str) -> String {
    encode(REASONING, &[text])
}

fn encode(name: &str, texts: &[impl AsRef<str>]) -> String {
    let mut json = format!("{{\"{name}\":[");
    for (index, text) in texts.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        // Printing into a string cannot fail.
        let _ = write_string(&mut json, text.as_ref());
    }
    json.push_str("]}");
    STANDARD.encode(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_wrote() {
        let messages = ["one \"é😀\"\n".to_owned(), String::new()];
        assert_eq!(read_compaction(&compaction(&messages)).unwrap(), messages);
    }

    #[test]
    fn reads_nothing_else() {
        for foreign in ["", "x", "eyJpdGVtcyI6Mn0=", &reasoning("r"), "e30="] {
            assert_eq!(read_compaction(foreign), None, "{foreign}");
        }
    }
}
