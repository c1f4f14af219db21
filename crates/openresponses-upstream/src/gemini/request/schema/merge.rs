use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use openresponses_types::Violation;
use openresponses_types::diagnostics::Path;
use openresponses_types::json::{Document, Reader, ValueKind};

use super::keywords::{NO_KEYWORD, SILENT, is_annotation};
use super::{Schemas, text_of};
use crate::json::{Array, Object, elements, float, members};

/// How many schemas one `allOf` comes to, with those in its elements.
const PARTS: usize = 64;

const CONTRADICTS: &str = "It cannot be merged with another element of 'allOf': the upstream's API does not have the keyword.";

/// A schema of which a value has to satisfy all, and where it stands.
struct Part<'v> {
    value: Reader<'v>,
    path: Path,
}

impl<'d> Schemas<'d, '_> {
    /// Prints one schema for `allOf` and what stands beside it.
    pub(super) fn merged<'v>(
        &mut self,
        value: Reader<'v>,
        path: Path,
        depth: usize,
        out: Object<'_>,
    ) -> Result<(), Violation>
    where
        'd: 'v,
    {
        let mut parts = Vec::new();
        self.parts(value, path.clone(), depth, &mut parts);
        let merged = self.merge(&parts);
        match Document::parse(merged.as_bytes()) {
            Ok(document) => self.schema(document.reader(), path, depth + 1, out),
            // What is printed from a document is one.
            Err(_) => Ok(()),
        }
    }

    /// Collects a schema and the elements of its `allOf`, with what they refer to.
    fn parts<'v>(&mut self, value: Reader<'v>, path: Path, depth: usize, parts: &mut Vec<Part<'v>>)
    where
        'd: 'v,
    {
        if value.kind() != ValueKind::Object {
            // True allows everything.
            if text_of(value) != "true" {
                self.notes.warn(path, NO_KEYWORD);
            }
            return;
        }
        let all = value.member("allOf");
        let reference = value.member("$ref");
        parts.push(Part {
            value,
            path: path.clone(),
        });
        if let Some(target) = reference {
            match self.found(target, depth) {
                Some(found) => self.parts(found, path.clone(), depth, parts),
                None => self.notes.warn(path.clone().member("$ref"), NO_KEYWORD),
            }
        }
        for (at, element) in all.into_iter().flat_map(elements).enumerate() {
            let place = path.clone().member("allOf").index(at);
            if parts.len() >= PARTS {
                return self.notes.warn(place, NO_KEYWORD);
            }
            self.parts(element, place, depth, parts);
        }
    }

    fn merge(&mut self, parts: &[Part<'_>]) -> String {
        let mut merged = String::new();
        let mut out = Object::begin(&mut merged);
        let all = parts
            .iter()
            .flat_map(|part| members(part.value).map(|(name, value)| (name, (value, &part.path))));
        for (name, stated) in by_name(all) {
            if !matches!(&*name, "allOf" | "$ref") {
                self.keyword_of_all(&name, &stated, &mut out);
            }
        }
        drop(out);
        merged
    }

    /// Prints what all parts that have a keyword say with it.
    fn keyword_of_all(&mut self, name: &str, stated: &[(Reader<'_>, &Path)], out: &mut Object<'_>) {
        let values = || stated.iter().map(|(value, _)| *value);
        let Some(first) = values().next().map(text_of) else {
            return;
        };
        if values().all(|value| text_of(value) == first) {
            return out.raw(name, first);
        }
        let merged = match name {
            "properties" => Some(properties(values())),
            "items" if values().all(|value| value.kind() == ValueKind::Object) => {
                Some(all_of(values()))
            }
            "required" => Some(union(values())),
            "type" | "enum" => intersection(values()),
            "minimum" | "minLength" | "minItems" | "minProperties" => bound(values(), f64::gt),
            "maximum" | "maxLength" | "maxItems" | "maxProperties" => bound(values(), f64::lt),
            "nullable" => Some("false".to_owned()),
            // The outermost describes the whole.
            _ if is_annotation(name) || SILENT.contains(&name) => Some(first.to_owned()),
            _ => None,
        };
        if merged.is_none() {
            for (_, path) in stated.iter().filter(|(value, _)| text_of(*value) != first) {
                self.notes.warn(Path::clone(path).member(name), CONTRADICTS);
            }
        }
        out.raw(name, merged.as_deref().unwrap_or(first));
    }
}

fn all_of<'v>(schemas: impl Iterator<Item = Reader<'v>>) -> String {
    let mut merged = String::new();
    let mut out = Object::begin(&mut merged);
    let mut all = out.array("allOf");
    schemas.for_each(|schema| all.raw(text_of(schema)));
    drop(all);
    drop(out);
    merged
}

/// What members of each name have, in the order of the first.
fn by_name<'v, T>(
    all: impl Iterator<Item = (Cow<'v, str>, T)>,
) -> impl Iterator<Item = (Cow<'v, str>, Vec<T>)> {
    let mut places = BTreeMap::new();
    let mut found: Vec<(Cow<'v, str>, Vec<T>)> = Vec::new();
    for (name, value) in all {
        let place = *places.entry(name.clone()).or_insert(found.len());
        match found.get_mut(place) {
            Some((_, values)) => values.push(value),
            None => found.push((name, vec![value])),
        }
    }
    found.into_iter()
}

/// The properties of all; a value of one that several have satisfies all of its schemas.
fn properties<'v>(stated: impl Iterator<Item = Reader<'v>>) -> String {
    let mut merged = String::new();
    let mut out = Object::begin(&mut merged);
    for (name, schemas) in by_name(stated.flat_map(members)) {
        match schemas[..] {
            [only] => out.raw(&name, text_of(only)),
            _ => out.raw(&name, &all_of(schemas.into_iter())),
        }
    }
    drop(out);
    merged
}

/// The elements of all lists, each once.
fn union<'v>(lists: impl Iterator<Item = Reader<'v>>) -> String {
    let mut known = BTreeSet::new();
    let all = lists.flat_map(elements).map(text_of);
    let all: Vec<&str> = all.filter(|element| known.insert(*element)).collect();
    list(&all)
}

/// What all lists have in common; `None` where that is nothing. Types may be one word, and whole numbers
/// are numbers.
fn intersection<'v>(mut lists: impl Iterator<Item = Reader<'v>>) -> Option<String> {
    let read = |value: Reader<'v>| match value.kind() {
        ValueKind::Array => elements(value).map(text_of).collect(),
        _ => vec![text_of(value)],
    };
    let is_within = |one: &str, all: &BTreeSet<&str>| {
        all.contains(one) || (one == "\"integer\"" && all.contains("\"number\""))
    };
    let first = read(lists.next()?);
    let common = lists.map(read).fold(first, |mut common: Vec<&str>, next| {
        let known: BTreeSet<&str> = common.iter().copied().collect();
        let narrower = next
            .iter()
            .filter(|one| is_within(one, &known) && !known.contains(*one));
        let narrower: Vec<&str> = narrower.copied().collect();
        let next: BTreeSet<&str> = next.into_iter().collect();
        common.retain(|one| is_within(one, &next));
        common.extend(narrower);
        common
    });
    (!common.is_empty()).then(|| list(&common))
}

/// The strictest of the bounds.
fn bound<'v>(
    stated: impl Iterator<Item = Reader<'v>>,
    is_stricter: impl Fn(&f64, &f64) -> bool,
) -> Option<String> {
    let mut strictest: Option<(f64, Reader<'v>)> = None;
    for value in stated {
        let number = float(value)?;
        if strictest.is_none_or(|(known, _)| is_stricter(&number, &known)) {
            strictest = Some((number, value));
        }
    }
    strictest.map(|(_, value)| text_of(value).to_owned())
}

fn list(elements: &[&str]) -> String {
    let mut printed = String::new();
    let mut out = Array::begin(&mut printed);
    elements.iter().for_each(|element| out.raw(element));
    drop(out);
    printed
}
