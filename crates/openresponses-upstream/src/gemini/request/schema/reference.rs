use openresponses_types::Violation;
use openresponses_types::diagnostics::Path;
use openresponses_types::json::Reader;

use super::keywords::{CARRIED, NO_KEYWORD, SILENT};
use super::{DEPTH, Schemas};
use crate::json::{Object, elements, members, text};

/// How many references are replaced: a few may come to any number.
const REFERENCES: usize = 256;

impl<'d> Schemas<'d, '_> {
    /// Prints what a reference refers to, with the annotations that stand beside it.
    pub(super) fn reference(
        &mut self,
        value: Reader<'d>,
        target: Reader<'d>,
        path: Path,
        depth: usize,
        mut out: Object<'_>,
    ) -> Result<(), Violation> {
        self.references += 1;
        let found = text(target).and_then(|pointer| self.resolve(&pointer));
        let found = found.filter(|_| self.references <= REFERENCES && depth < DEPTH / 4);
        let Some(found) = found else {
            self.notes.warn(
                path.member("$ref"),
                "The reference leads elsewhere or into itself: any object was allowed.",
            );
            out.string("type", "OBJECT");
            return Ok(());
        };
        self.replaced(value, "$ref", found, path, depth, out)
    }

    /// Prints the schema `found` for one that has nothing besides annotations and the keyword `by` that
    /// leads there.
    pub(super) fn replaced(
        &mut self,
        value: Reader<'d>,
        by: &str,
        found: Reader<'d>,
        path: Path,
        depth: usize,
        mut out: Object<'_>,
    ) -> Result<(), Violation> {
        // Annotations beside it replace those of the schema.
        for (name, mut value) in members(value) {
            if CARRIED.contains(&&*name) {
                out.raw(&name, value.raw());
            } else if name != by && !SILENT.contains(&&*name) {
                self.notes.warn(path.clone().member(&name), NO_KEYWORD);
            }
        }
        self.schema(found, path, depth + 1, out)
    }

    /// The one schema that a schema stands for: `allOf` with one element and annotations, as some
    /// generators print a reference with a description.
    pub(super) fn only(value: Reader<'d>) -> Option<Reader<'d>> {
        let mut all = elements(value.member("allOf")?);
        let (first, second) = (all.next()?, all.next());
        let is_more = members(value).any(|(name, _)| {
            let is_shape = ["type", "items"].contains(&&*name) || !SILENT.contains(&&*name);
            name != "allOf" && !CARRIED.contains(&&*name) && is_shape
        });
        (second.is_none() && !is_more).then_some(first)
    }

    /// The schema that a pointer into the document refers to.
    fn resolve(&self, pointer: &str) -> Option<Reader<'d>> {
        let mut value = self.root;
        for step in pointer.strip_prefix('#')?.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            value = value.member(&step)?;
        }
        Some(value)
    }
}
