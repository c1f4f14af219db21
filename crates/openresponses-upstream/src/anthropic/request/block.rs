use openresponses_types::diagnostics::Path;

use crate::json::Object;

/// A printed block of content, and the client's member that it was made of.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) json: String,
    pub(super) path: Path,
    kind: &'static str,
    is_cached: bool,
}

impl Block {
    /// Prints a block with `write`, and `cache_control` where it is stated.
    pub(super) fn new(
        kind: &'static str,
        path: Path,
        cache_control: Option<&str>,
        write: impl FnOnce(&mut Object<'_>),
    ) -> Self {
        let mut json = String::new();
        let mut object = Object::begin(&mut json);
        object.string("type", kind);
        write(&mut object);
        drop(object);
        let mut block = Self {
            json,
            path,
            kind,
            is_cached: false,
        };
        if let Some(cache_control) = cache_control {
            block.cache(cache_control);
        }
        block
    }

    pub(super) fn text(text: &str, path: Path, cache_control: Option<&str>) -> Self {
        Self::new("text", path, cache_control, |block| {
            block.string("text", text);
        })
    }

    pub(super) fn is_tool_result(&self) -> bool {
        self.kind == "tool_result"
    }

    pub(super) fn is_thinking(&self) -> bool {
        matches!(self.kind, "thinking" | "redacted_thinking")
    }

    /// Adds `cache_control`, unless the block has one.
    pub(super) fn cache(&mut self, cache_control: &str) {
        if !std::mem::replace(&mut self.is_cached, true) && self.json.pop().is_some() {
            self.json.push_str(",\"cache_control\":");
            self.json.push_str(cache_control);
            self.json.push('}');
        }
    }
}
