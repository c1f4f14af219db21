use openresponses_types::diagnostics::Path;

use crate::json::Object;

/// A printed part, and the client's member that it was made of.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) json: String,
    pub(super) path: Path,
}

impl Part {
    /// Prints a part with `write`.
    pub(super) fn new(path: Path, write: impl FnOnce(&mut Object<'_>)) -> Self {
        let mut json = String::new();
        let mut object = Object::begin(&mut json);
        write(&mut object);
        drop(object);
        Self { json, path }
    }

    pub(super) fn text(text: &str, path: Path) -> Self {
        Self::new(path, |part| part.string("text", text))
    }

    /// Adds a thought signature.
    pub(super) fn sign(&mut self, signature: &str) {
        if self.json.pop().is_some() {
            self.json.push_str(",\"thoughtSignature\":");
            // Printing into a string cannot fail.
            let _ = openresponses_types::json::write_string(&mut self.json, signature);
            self.json.push('}');
        }
    }
}
