use openresponses_types::Violation;
use openresponses_types::diagnostics::Path;
use openresponses_types::json::{Reader, ValueKind};

use super::Schemas;
use crate::json::{Object, members};

impl<'d> Schemas<'d, '_> {
    /// Prints the schema of the elements of an array, which the API wants to be stated.
    pub(super) fn elements(
        &mut self,
        kind: &str,
        schema: Reader<'_>,
        path: &Path,
        depth: usize,
        out: &mut Object<'_>,
    ) -> Result<(), Violation> {
        let items = schema.member("items");
        match items.filter(|items| items.kind() == ValueKind::Object) {
            _ if kind != "ARRAY" => {}
            Some(items) => {
                let place = path.clone().member("items");
                self.schema(items, place, depth + 1, out.object("items"))?;
            }
            None => {
                self.notes.warn(
                    path.clone().member("items"),
                    "The upstream's API wants one schema of all elements: texts were assumed.",
                );
                out.object("items").string("type", "STRING");
            }
        }
        Ok(())
    }

    /// Prints the schemas of properties.
    pub(super) fn properties(
        &mut self,
        value: Reader<'_>,
        path: Path,
        depth: usize,
        out: &mut Object<'_>,
    ) -> Result<(), Violation> {
        if members(value).next().is_none() {
            return Ok(());
        }
        let mut properties = out.object("properties");
        for (name, value) in members(value) {
            let place = path.clone().member(&name);
            self.schema(value, place, depth + 1, properties.object(&name))?;
        }
        Ok(())
    }
}
