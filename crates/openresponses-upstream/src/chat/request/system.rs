use openresponses_types::diagnostics::Path;
use openresponses_types::{Item, Turn, Violation};

use super::content::BETWEEN;
use crate::parts;
use crate::request::item_path;
use crate::walk::is_system;

/// The texts of the system and the developer as one, with the first member that has one; nothing where
/// there is none.
///
/// # Errors
/// When a message has parts besides texts.
pub(super) fn joined(turn: &Turn) -> Result<Option<(Path, String)>, Violation> {
    let instructions = turn.instructions.as_deref();
    let instructions = instructions.map(|text| (Path::default().member("instructions"), text));
    let mut all: Vec<_> = instructions.into_iter().collect();
    for speech in turn.messages() {
        if !is_system(speech.speaker) {
            continue;
        }
        for (at, item) in speech.enumerate() {
            let Item::Message(message) = item else {
                continue;
            };
            let path = item_path(turn, at);
            parts::check_texts(&message.content, &path.clone().member("content"))?;
            let texts = message.content.texts();
            all.extend(texts.map(|text| (path.clone(), text)));
        }
    }
    all.retain(|(_, text)| !text.is_empty());
    let texts: Vec<_> = all.iter().map(|(_, text)| *text).collect();
    let joined = texts.join(BETWEEN);
    Ok(all.into_iter().next().map(|(path, _)| (path, joined)))
}
