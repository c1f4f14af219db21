use openresponses_types::Violation;
use openresponses_types::diagnostics::Path;
use openresponses_types::json::Reader;

use super::keywords::SILENT;
use super::{DEPTH, Schemas, text_of};
use crate::json::{Object, members, text};

/// How many references are replaced: a few may come to any number.
const REFERENCES: usize = 256;

/// How many bytes the schemas that replace references have together, with what is copied into
/// alternatives.
pub(super) const REFERRED: usize = 4 << 20;

impl<'d> Schemas<'d, '_> {
    /// Prints what a reference refers to, with the annotations that stand beside it.
    pub(super) fn reference<'v>(
        &mut self,
        value: Reader<'v>,
        target: Reader<'_>,
        path: Path,
        depth: usize,
        mut out: Object<'_>,
    ) -> Result<(), Violation>
    where
        'd: 'v,
    {
        let found = self.found(target, depth);
        let Some(found) = found else {
            self.notes.warn(
                path.member("$ref"),
                "The reference leads elsewhere or into itself: any object was allowed.",
            );
            out.string("type", "OBJECT");
            return Ok(());
        };
        // What stands beside it is about the whole.
        if members(value).any(|(name, _)| name != "$ref" && !SILENT.contains(&&*name)) {
            return self.merged(value, path, depth, out);
        }
        self.schema(found, path, depth + 1, out)
    }

    /// The schema that a reference refers to, while not too many were replaced, nor
    /// too deep in each other.
    pub(super) fn found(&mut self, target: Reader<'_>, depth: usize) -> Option<Reader<'d>> {
        self.references += 1;
        let is_few = self.references <= REFERENCES && self.referred <= REFERRED;
        if !is_few || depth >= DEPTH / 4 {
            return None;
        }
        let found = text(target).and_then(|pointer| self.resolve(&pointer))?;
        self.referred += text_of(found).len();
        (self.referred <= REFERRED).then_some(found)
    }

    /// The schema that a pointer into the document refers to.
    fn resolve(&mut self, pointer: &str) -> Option<Reader<'d>> {
        let mut value = self.root;
        for step in pointer.strip_prefix('#')?.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            let known = self.definitions.entry(value.offset());
            let known = known.or_insert_with(|| members(value).collect());
            value = *known.get(&*step)?;
        }
        Some(value)
    }
}
