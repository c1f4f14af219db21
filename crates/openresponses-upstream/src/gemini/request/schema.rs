use openresponses_types::Violation;
use openresponses_types::diagnostics::Path;
use openresponses_types::json::{Reader, ValueKind};

use crate::json::{Array, Object, elements, members, text};
use crate::request::{Notes, refused};

/// How deep a schema may nest, and how many references are replaced: a few may come to any number.
const DEPTH: usize = 64;
const REFERENCES: usize = 256;

/// Keywords that the API has as they are.
const CARRIED: &[&str] = &[
    "title",
    "description",
    "default",
    "example",
    "nullable",
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "propertyOrdering",
];

/// Keywords that say nothing about values, or are read with others.
const SILENT: &[&str] = &[
    "$schema",
    "$id",
    "$comment",
    "$defs",
    "definitions",
    "type",
    "properties",
    "required",
    "items",
    "enum",
    "const",
    "anyOf",
    "oneOf",
    "allOf",
    "format",
];

const NO_KEYWORD: &str = "The upstream's API does not have the keyword of JSON Schema.";

/// Converts one document of JSON Schema to the subset that the API has.
pub(super) struct Schemas<'d, 'n> {
    root: Reader<'d>,
    notes: &'n mut Notes,
    references: usize,
}

impl<'d, 'n> Schemas<'d, 'n> {
    pub(super) fn new(root: Reader<'d>, notes: &'n mut Notes) -> Self {
        Self {
            root,
            notes,
            references: 0,
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
                if !CARRIED.contains(&&*name) && !SILENT.contains(&&*name) {
                    self.notes.warn(path.clone().member(&name), NO_KEYWORD);
                }
            }
            return Ok(None);
        }
        self.convert(path).map(Some)
    }

    /// Converts the document.
    pub(super) fn convert(&mut self, path: Path) -> Result<String, Violation> {
        let mut out = String::new();
        self.schema(self.root, path, 0, Object::begin(&mut out))?;
        Ok(out)
    }

    fn schema(
        &mut self,
        value: Reader<'d>,
        path: Path,
        depth: usize,
        mut out: Object<'_>,
    ) -> Result<(), Violation> {
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
        if let Some(target) = value.member("$ref") {
            return self.reference(value, target, path, depth, out);
        }
        let (types, is_nullable) = self.types(value, &path);
        match &types[..] {
            [] => {}
            [kind] => out.string("type", kind),
            kinds => {
                let mut any = out.array("anyOf");
                for kind in kinds {
                    any.object().string("type", kind);
                }
            }
        }
        for (name, mut member) in members(value) {
            let place = path.clone().member(&name);
            match &*name {
                "properties" => self.properties(member, place, depth, &mut out)?,
                "required" => required(value, member, &mut out),
                "items" if member.kind() == ValueKind::Object => {
                    self.schema(member, place, depth + 1, out.object("items"))?;
                }
                "items" => self.notes.warn(place, NO_KEYWORD),
                "enum" => self.enumeration(elements(member), place, &mut out),
                "const" => self.enumeration(std::iter::once(member), place, &mut out),
                "anyOf" | "oneOf" if out.has("anyOf") => self.notes.warn(place, NO_KEYWORD),
                "anyOf" | "oneOf" => self.alternatives(member, place, depth, &mut out)?,
                "allOf" => self.notes.warn(place, NO_KEYWORD),
                "format" if is_format(member) => out.raw("format", member.raw()),
                "format" => self.notes.warn(place, NO_KEYWORD),
                name if CARRIED.contains(&name) && out.has(name) => {}
                name if CARRIED.contains(&name) => out.raw(name, member.raw()),
                name if SILENT.contains(&name) => {}
                _ => self.notes.warn(place, NO_KEYWORD),
            }
        }
        if types.iter().any(|kind| kind == "ARRAY") && !out.has("items") {
            // The API wants the type of elements.
            self.notes.warn(
                path,
                "The upstream's API wants the schema of elements: texts were assumed.",
            );
            out.object("items").string("type", "STRING");
        }
        if is_nullable && !out.has("nullable") {
            out.boolean("nullable", true);
        }
        Ok(())
    }

    /// The types of a value in the words of the API, and whether it may be null.
    fn types(&mut self, value: Reader<'d>, path: &Path) -> (Vec<String>, bool) {
        let stated = value.member("type");
        let mut types: Vec<String> = match stated {
            Some(kind) if kind.kind() == ValueKind::Array => {
                elements(kind).filter_map(text).collect()
            }
            Some(kind) => text(kind).into_iter().collect(),
            None if value.member("properties").is_some() => vec!["object".to_owned()],
            None if value.member("items").is_some() => vec!["array".to_owned()],
            None if value.member("enum").is_some() || value.member("const").is_some() => {
                vec!["string".to_owned()]
            }
            None => Vec::new(),
        };
        let is_null = |value: Reader<'_>| {
            value.kind() == ValueKind::Null
                || value.member("type").and_then(text).as_deref() == Some("null")
        };
        let alternatives = ["anyOf", "oneOf", "enum"];
        let mut lists = alternatives.iter().filter_map(|name| value.member(name));
        let has_null = lists.any(|list| elements(list).any(is_null));
        let count = types.len();
        types.retain(|kind| kind != "null");
        let is_nullable = has_null || types.len() < count;
        if types.len() > 1 && value.member("anyOf").is_some() {
            self.notes.warn(path.clone().member("type"), NO_KEYWORD);
            types.clear();
        }
        for kind in &mut types {
            kind.make_ascii_uppercase();
        }
        (types, is_nullable)
    }

    fn properties(
        &mut self,
        value: Reader<'d>,
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

    /// Prints alternatives besides null.
    fn alternatives(
        &mut self,
        value: Reader<'d>,
        path: Path,
        depth: usize,
        out: &mut Object<'_>,
    ) -> Result<(), Violation> {
        let mut any: Array<'_> = out.array("anyOf");
        for (at, value) in elements(value).enumerate() {
            let is_null = value.member("type").and_then(text).as_deref() == Some("null");
            if !is_null {
                let place = path.clone().index(at);
                self.schema(value, place, depth + 1, any.object())?;
            }
        }
        Ok(())
    }

    /// Prints the values of an enumeration, which are texts there.
    fn enumeration(
        &mut self,
        values: impl Iterator<Item = Reader<'d>>,
        path: Path,
        out: &mut Object<'_>,
    ) {
        let values: Vec<_> = values
            .filter(|value| value.kind() != ValueKind::Null)
            .collect();
        let is_text = |value: &Reader<'_>| value.kind() == ValueKind::String;
        if out.has("enum") || values.is_empty() || !values.iter().all(is_text) {
            return self.notes.warn(path, NO_KEYWORD);
        }
        let mut array = out.array("enum");
        for mut value in values {
            array.raw(value.raw());
        }
    }

    /// Prints what a reference refers to, with the annotations that stand beside it.
    fn reference(
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
        // Annotations beside the reference replace those of the schema.
        for (name, mut value) in members(value) {
            if CARRIED.contains(&&*name) {
                out.raw(&name, value.raw());
            } else if name != "$ref" && !SILENT.contains(&&*name) {
                self.notes.warn(path.clone().member(&name), NO_KEYWORD);
            }
        }
        self.schema(found, path, depth + 1, out)
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

/// Prints the names of required properties that there are.
fn required(schema: Reader<'_>, value: Reader<'_>, out: &mut Object<'_>) {
    let properties = schema.member("properties");
    let is_there = |name: &mut Reader<'_>| {
        let name = text(*name);
        name.is_some_and(|name| properties.is_some_and(|all| all.member(&name).is_some()))
    };
    let names: Vec<_> = elements(value)
        .filter_map(|mut name| is_there(&mut name).then_some(name))
        .collect();
    if names.is_empty() {
        return;
    }
    let mut array = out.array("required");
    for mut name in names {
        array.raw(name.raw());
    }
}

/// True for the formats that the API has.
fn is_format(value: Reader<'_>) -> bool {
    matches!(
        text(value).as_deref(),
        Some("enum" | "date-time" | "int32" | "int64" | "float" | "double")
    )
}
