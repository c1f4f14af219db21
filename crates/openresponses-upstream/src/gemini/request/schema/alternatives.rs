use std::collections::HashSet;

use openresponses_types::Violation;
use openresponses_types::diagnostics::Path;
use openresponses_types::json::{Document, Reader, ValueKind};

use super::Schemas;
use super::keywords::{CARRIED, NO_KEYWORD, SILENT, is_format};
use super::reference::REFERRED;
use crate::json::{Object, elements, members, text};

/// The keywords that list alternatives.
pub(super) const ALTERNATIVES: [&str; 2] = ["anyOf", "oneOf"];

const ALONE: &str = "The upstream's API takes nothing beside 'anyOf'.";

/// Returns the alternatives of a schema, with the keyword that lists them.
pub(super) fn of(value: Reader<'_>) -> Option<(&'static str, Reader<'_>)> {
    let mut names = ALTERNATIVES.iter();
    names.find_map(|name| {
        let list = value.member(name)?;
        (list.kind() == ValueKind::Array).then_some((*name, list))
    })
}

/// True for the schema of null.
pub(super) fn is_null(value: Reader<'_>) -> bool {
    value.member("type").and_then(text).as_deref() == Some("null")
}

impl<'d> Schemas<'d, '_> {
    /// Prints a schema that has `list`, the alternatives that the keyword `name` lists. The API allows
    /// nothing beside them, so what stands there goes into each of them; a single one is printed in place.
    pub(super) fn alternatives<'v>(
        &mut self,
        value: Reader<'v>,
        (name, list): (&str, Reader<'v>),
        path: Path,
        depth: usize,
        out: Object<'_>,
    ) -> Result<(), Violation>
    where
        'd: 'v,
    {
        let place = path.clone().member(name);
        let all = elements(list).enumerate().filter(|(_, it)| !is_null(*it));
        let all: Vec<_> = all
            .map(|(at, mut it)| (place.clone().index(at), it.raw()))
            .collect();
        if all.len() > 1 && self.is_object(&path) {
            self.notes.warn(place, ALONE);
            let beside = self.beside(value, &path, false);
            return self.parsed(&beside, path, depth, out);
        }
        let beside = self.beside(value, &path, false);
        match &all[..] {
            [] => self.parsed(&beside, path, depth, out),
            // What stands beside it is about the whole.
            [(place, only)] => self.both([&beside, only], place.clone(), depth, out),
            all => self.any_of(all, &beside, path, depth, out),
        }
    }

    /// Prints a schema of several types as an alternative for each of them.
    pub(super) fn types_as_alternatives(
        &mut self,
        value: Reader<'_>,
        types: &[String],
        path: Path,
        depth: usize,
        out: Object<'_>,
    ) -> Result<(), Violation> {
        let beside = self.beside(value, &path, true);
        let all: Vec<_> = types
            .iter()
            .map(|kind| format!(r#"{{"type":"{kind}"}}"#))
            .collect();
        let all: Vec<_> = all.iter().map(|it| (path.clone(), &**it)).collect();
        let before = self.notes.warnings.len();
        self.any_of(&all, &beside, path.clone(), depth, out)?;
        // Each alternative has the same keywords beside it, so its warnings repeat those of the first.
        let mut known = HashSet::new();
        let mut at = 0;
        self.notes.warnings.retain(|warning| {
            at += 1;
            at <= before || known.insert((warning.path.clone(), warning.reason))
        });
        Ok(())
    }

    fn any_of(
        &mut self,
        all: &[(Path, &str)],
        beside: &str,
        path: Path,
        depth: usize,
        mut out: Object<'_>,
    ) -> Result<(), Violation> {
        let mut beside = beside;
        let added = beside.len().saturating_mul(all.len());
        if self.referred.saturating_add(added) > REFERRED {
            self.notes.warn(path, ALONE);
            beside = NOTHING;
        } else if beside != NOTHING {
            self.referred += added;
        }
        let mut any = out.array("anyOf");
        for (place, alternative) in all {
            self.both([alternative, beside], place.clone(), depth, any.object())?;
        }
        Ok(())
    }

    /// Prints a schema that satisfies both; the first describes it.
    fn both(
        &mut self,
        [one, other]: [&str; 2],
        path: Path,
        depth: usize,
        out: Object<'_>,
    ) -> Result<(), Violation> {
        if one == NOTHING || other == NOTHING {
            let only = if one == NOTHING { other } else { one };
            return self.parsed(only, path, depth, out);
        }
        let both = format!(r#"{{"allOf":[{one},{other}]}}"#);
        self.parsed(&both, path, depth, out)
    }

    fn parsed(
        &mut self,
        schema: &str,
        path: Path,
        depth: usize,
        out: Object<'_>,
    ) -> Result<(), Violation> {
        match Document::parse(schema.as_bytes()) {
            Ok(document) => self.schema(document.reader(), path, depth + 1, out),
            // What is printed from a document is one.
            Err(_) => Ok(()),
        }
    }

    /// What stands beside the alternatives of a schema, without its types where they are the alternatives.
    /// Warns of keywords that the API does not have.
    fn beside(&mut self, value: Reader<'_>, path: &Path, without_types: bool) -> String {
        let (types, is_nullable) = self.types(value);
        let mut beside = String::new();
        let mut out = Object::begin(&mut beside);
        if !without_types && value.member("type").is_some() && !types.is_empty() {
            let mut list = out.array("type");
            types.iter().for_each(|kind| list.string(kind));
        }
        let alternatives = of(value).map(|(name, _)| name);
        for (name, mut value) in members(value) {
            match &*name {
                "type" => {}
                "items" | "properties" | "required" | "enum" | "const" => {
                    out.raw(&name, value.raw());
                }
                "format" if is_format(value) => out.raw(&name, value.raw()),
                "nullable" if is_nullable => {}
                _ if CARRIED.contains(&&*name) => out.raw(&name, value.raw()),
                _ if Some(&*name) == alternatives || SILENT.contains(&&*name) => {}
                _ => self.notes.warn(path.clone().member(&name), NO_KEYWORD),
            }
        }
        if is_nullable {
            out.boolean("nullable", true);
        }
        drop(out);
        beside
    }

    /// True where `path` is that of the parameters of a function, whose type the API wants to be stated.
    fn is_object(&self, path: &Path) -> bool {
        self.parameters.as_ref() == Some(path)
    }
}

const NOTHING: &str = "{}";
