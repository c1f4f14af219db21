mod alternatives;
mod keywords;
mod merge;
mod nested;
mod reference;
mod types;
mod values;

use std::borrow::Cow;
use std::collections::BTreeMap;

use openresponses_types::Violation;
use openresponses_types::diagnostics::Path;
use openresponses_types::json::{Reader, ValueKind};

use crate::json::{Object, elements, members, text};
use crate::request::{Notes, refused};
use keywords::{CARRIED, NO_KEYWORD, SILENT, is_format};

/// How deep a schema may nest.
const DEPTH: usize = 64;

/// Converts one document of JSON Schema to the subset that the API has.
pub(super) struct Schemas<'d, 'n> {
    root: Reader<'d>,
    notes: &'n mut Notes,
    references: usize,
    /// Bytes of what references were replaced by, and of what was copied into alternatives.
    referred: usize,
    /// The members of the objects that references lead through, by where they begin.
    definitions: BTreeMap<usize, BTreeMap<Cow<'d, str>, Reader<'d>>>,
    /// The path of the parameters of a function.
    parameters: Option<Path>,
}

impl<'d, 'n> Schemas<'d, 'n> {
    pub(super) fn new(root: Reader<'d>, notes: &'n mut Notes) -> Self {
        Self {
            root,
            notes,
            references: 0,
            referred: 0,
            definitions: BTreeMap::new(),
            parameters: None,
        }
    }

    /// Converts the parameters of a function; nothing for an object that has no properties.
    pub(super) fn parameters(&mut self, path: Path) -> Result<Option<String>, Violation> {
        let root = self.root;
        let kind = root.member("type").and_then(text);
        if root.kind() != ValueKind::Object || kind.is_some_and(|kind| kind != "object") {
            return Err(refused(
                path,
                "The model behind this server takes parameters of the type 'object' only.",
            ));
        }
        let is_bare = ["properties", "$ref", "anyOf", "oneOf", "allOf"]
            .iter()
            .filter_map(|name| root.member(name))
            .all(|value| members(value).next().is_none() && elements(value).next().is_none());
        let is_reference = root.member("$ref").is_some();
        if is_bare && !is_reference {
            for (name, _) in members(root) {
                let is_empty = ["properties", "required"].contains(&&*name);
                if !SILENT.contains(&&*name) && !is_empty {
                    self.notes.warn(path.clone().member(&name), NO_KEYWORD);
                }
            }
            return Ok(None);
        }
        self.parameters = Some(path.clone());
        self.convert(path).map(Some)
    }

    /// Converts the document.
    pub(super) fn convert(&mut self, path: Path) -> Result<String, Violation> {
        let mut out = String::new();
        self.schema(self.root, path, 0, Object::begin(&mut out))?;
        Ok(out)
    }

    fn schema<'v>(
        &mut self,
        value: Reader<'v>,
        path: Path,
        depth: usize,
        out: Object<'_>,
    ) -> Result<(), Violation>
    where
        'd: 'v,
    {
        let mut out = out.keep_names();
        if depth > DEPTH {
            return Err(refused(
                path,
                "The schema is too deep for the model behind this server.",
            ));
        }
        // True and false are schemas too.
        if value.kind() == ValueKind::Boolean {
            self.notes.warn(path, NO_KEYWORD);
            return Ok(());
        }
        if value.member("allOf").is_some() {
            return self.merged(value, path, depth, out);
        }
        if let Some(target) = value.member("$ref") {
            return self.reference(value, target, path, depth, out);
        }
        if let Some(list) = alternatives::of(value) {
            return self.alternatives(value, list, path, depth, out);
        }
        let (types, is_nullable) = self.types(value);
        match &types[..] {
            [] => {}
            [kind] => {
                let kind = kind.to_ascii_uppercase();
                out.string("type", &kind);
                self.elements(&kind, value, &path, depth, &mut out)?;
            }
            kinds => return self.types_as_alternatives(value, kinds, path, depth, out),
        }
        for (name, member) in members(value) {
            self.keyword(value, &name, member, &path, depth, &mut out)?;
        }
        if is_nullable && !out.has("nullable") {
            out.boolean("nullable", true);
        }
        Ok(())
    }

    /// Prints the keyword `name` of a schema.
    fn keyword(
        &mut self,
        schema: Reader<'_>,
        name: &str,
        mut value: Reader<'_>,
        path: &Path,
        depth: usize,
        out: &mut Object<'_>,
    ) -> Result<(), Violation> {
        let place = path.clone().member(name);
        match name {
            "properties" => self.properties(value, place, depth, out)?,
            "required" => self.required(schema, value, place, out),
            "enum" => self.enumeration(elements(value), place, out),
            "const" => self.enumeration(std::iter::once(value), place, out),
            "format" if is_format(value) => out.raw(name, value.raw()),
            // An annotation beside a reference has replaced it.
            _ if CARRIED.contains(&name) && out.has(name) => {}
            _ if CARRIED.contains(&name) => out.raw(name, value.raw()),
            _ if SILENT.contains(&name) => {}
            _ => self.notes.warn(place, NO_KEYWORD),
        }
        Ok(())
    }
}

fn text_of(mut value: Reader<'_>) -> &str {
    value.raw()
}
