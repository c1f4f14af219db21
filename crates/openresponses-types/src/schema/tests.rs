//! A corpus made from the tables: one valid document for each value that a schema names, one
//! invalid document for each of its rules, with the place where the fault must be found.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{DocumentKind, root, validate};
use crate::diagnostics::{Profile, ValidationReport};
use crate::json::Document;
use crate::rules::{Array, Map, Member, Object, Shape, StringLimits, Union, Value};

/// The same rule is tried in this many places; in one when its document is large.
const PLACES: usize = 3;
const LARGE: usize = 1_000_000;

/// A place in a document: what stands around the value, and its path.
#[derive(Clone)]
struct Around {
    before: String,
    after: String,
    path: String,
    depth: usize,
}

impl Around {
    fn with(&self, value: &str) -> String {
        format!("{}{value}{}", self.before, self.after)
    }

    fn inside(&self, before: &str, after: &str, step: &str) -> Self {
        let dot = if self.path.is_empty() || step.starts_with('[') {
            ""
        } else {
            "."
        };
        Self {
            before: format!("{}{before}", self.before),
            after: format!("{after}{}", self.after),
            path: format!("{}{dot}{step}", self.path),
            depth: self.depth + 1,
        }
    }
}

struct Corpus {
    kind: DocumentKind,
    tried: BTreeMap<String, usize>,
    valid: usize,
    invalid: usize,
}

impl Corpus {
    fn valid(&mut self, document: &str) {
        let parsed = Document::parse(document.as_bytes()).unwrap();
        for profile in [Profile::Strict, Profile::Compatible] {
            let report = checked(&parsed, self.kind, profile);
            assert!(
                report.is_ok(),
                "{profile:?} {} {document}: {report:?}",
                self.kind
            );
            assert_eq!(report.warnings, [], "{profile:?} {} {document}", self.kind);
        }
        self.valid += 1;
    }

    /// `document` breaks one rule, at `path`.
    fn invalid(&mut self, schema: &str, keyword: &str, document: &str, path: &str) {
        let most = if document.len() > LARGE { 1 } else { PLACES };
        let member = path.rsplit('.').next().unwrap_or_default();
        let tried = self
            .tried
            .entry(format!("{schema}.{member}:{keyword}"))
            .or_default();
        *tried += 1;
        if *tried > most {
            return;
        }
        let parsed = Document::parse(document.as_bytes()).unwrap();
        let report = checked(&parsed, self.kind, Profile::Strict);
        let shown: String = document.chars().take(600).collect();
        assert_eq!(
            report.violations.len(),
            1,
            "{} {shown}: {:?}",
            self.kind,
            report.violations
        );
        let found = &report.violations[0];
        let expected = (!path.is_empty()).then(|| path.to_string());
        assert_eq!(found.param(), expected, "{} {shown}: {found:?}", self.kind);
        assert!(
            found.rule.ends_with(&format!(":{keyword}")),
            "{shown}: {found:?}"
        );
        assert!(
            found.message.len() < 400 && found.message.ends_with('.'),
            "{found:?}"
        );
        self.invalid += 1;
    }

    fn value(&mut self, schema: &str, value: &Value, at: &Around) {
        let wrong = |corpus: &mut Self, keyword: &str, value: &str| {
            corpus.invalid(schema, keyword, &at.with(value), &at.path);
        };
        match value {
            Value::Any | Value::Habit { .. } => self.valid(&at.with("{\"any\":[1e2]}")),
            Value::Opaque => {
                self.valid(&at.with("{\"a\":[{}]}"));
                wrong(self, "type", "[]");
            }
            Value::Null => {
                self.valid(&at.with("null"));
                wrong(self, "type", "[]");
            }
            Value::Forbidden => wrong(self, "disallowed", "true"),
            Value::Instead { .. } => wrong(self, "unsupported", "true"),
            Value::Boolean => {
                self.valid(&at.with("false"));
                wrong(self, "type", "\"true\"");
            }
            Value::String(text) => {
                self.text(schema, *text, at);
                wrong(self, "type", "7");
            }
            Value::Constant(_) => {
                wrong(self, "type", "7");
                wrong(self, "enum", "\"zzz\"");
            }
            Value::Enum(set) => {
                for value in set.values.iter().chain(set.by_text) {
                    self.valid(&at.with(&format!("\"{value}\"")));
                }
                wrong(self, "enum", "\"zzz\"");
                wrong(self, "enum", "\"\"");
                wrong(self, "type", "7");
            }
            Value::Integer { min, max } => {
                self.valid(&at.with(&format!("{}.0", min.unwrap_or(3))));
                wrong(self, "type", "\"7\"");
                wrong(self, "type", "7.5");
                if let Some(min) = min {
                    wrong(self, "minimum", &format!("{}", min - 1));
                }
                if let Some(max) = max {
                    self.valid(&at.with(&format!("{max}")));
                    wrong(self, "maximum", &format!("{}", max + 1));
                }
                wrong(self, "maximum", "1e30");
            }
            Value::Number { min, max } => {
                self.valid(&at.with("0.123456789012345678"));
                wrong(self, "type", "\"7\"");
                if let (Some(min), Some(max)) = (min, max) {
                    self.valid(&at.with(&format!("{min:?}")));
                    self.valid(&at.with(&format!("{max:?}")));
                    wrong(self, "minimum", &format!("{}", min - 0.001));
                    wrong(self, "maximum", &format!("{}", max + 0.001));
                }
            }
            Value::Object(object) => {
                self.object(object, &|_| false, at);
                wrong(self, "type", "[]");
            }
            Value::Map(map) => {
                self.map(schema, map, at);
                wrong(self, "type", "[]");
            }
            Value::Array(array) => {
                self.array(schema, array, at);
                wrong(self, "type", "{}");
            }
            Value::TextOr(text, array) => {
                self.text(schema, *text, at);
                self.array(schema, array, at);
                wrong(self, "type", "{}");
            }
            Value::EnumOr(set, union) => {
                self.value(schema, &Value::Enum(set), at);
                self.union(schema, union, at);
                wrong(self, "type", "[]");
            }
            Value::Union(union) => {
                self.union(schema, union, at);
                wrong(self, "type", "[]");
            }
            Value::Relaxed { strict, .. } => self.value(schema, strict, at),
        }
    }

    fn text(&mut self, schema: &str, text: StringLimits, at: &Around) {
        self.valid(&at.with("\"\\u0061-B_9\""));
        if text.pattern {
            self.invalid(schema, "pattern", &at.with("\"a b\""), &at.path);
            self.invalid(schema, "pattern", &at.with("\"\\u00e9\""), &at.path);
        } else {
            self.valid(&at.with("\"é😀\\ud83d\\ude00\""));
        }
        if text.min > 0 {
            self.invalid(schema, "minLength", &at.with("\"\""), &at.path);
        }
        if let Some(max) = text.max {
            let longest = "x".repeat(max);
            if max < LARGE {
                self.valid(&at.with(&format!("\"{longest}\"")));
                if !text.pattern {
                    // Code points are counted, not bytes.
                    self.valid(&at.with(&format!("\"{}\"", "\\u00e9".repeat(max))));
                }
            }
            let document = at.with(&format!("\"{longest}x\""));
            self.invalid(schema, "maxLength", &document, &at.path);
        }
    }

    fn map(&mut self, schema: &str, map: &Map, at: &Around) {
        let pairs = |count: usize| {
            let pairs: Vec<String> = (0..count).map(|n| format!("\"k{n}\":\"v\"")).collect();
            format!("{{{}}}", pairs.join(","))
        };
        self.valid(&at.with("{}"));
        if let Some(max) = map.max_members {
            self.valid(&at.with(&pairs(max)));
            self.invalid(schema, "maxProperties", &at.with(&pairs(max + 1)), &at.path);
        }
        if let Some(max) = map.max_name {
            let named = |len: usize| at.with(&format!("{{\"{}\":\"v\"}}", "é".repeat(len)));
            self.valid(&named(max));
            self.invalid(schema, "propertyNames.maxLength", &named(max + 1), &at.path);
        }
        self.value(schema, &map.value, &at.inside("{\"key\":", "}", "key"));
    }

    fn array(&mut self, schema: &str, array: &Array, at: &Around) {
        let element = minimal(&array.items);
        let of = |count: usize| {
            let all: Vec<&str> = (0..count).map(|_| element.as_str()).collect();
            format!("[{}]", all.join(","))
        };
        self.valid(&at.with(&of(array.min)));
        if array.min > 0 {
            self.invalid(schema, "minItems", &at.with(&of(array.min - 1)), &at.path);
        }
        if let Some(max) = array.max {
            self.valid(&at.with(&of(max)));
            self.invalid(schema, "maxItems", &at.with(&of(max + 1)), &at.path);
        }
        let before = format!("[{element},");
        self.value(schema, &array.items, &at.inside(&before, "]", "[1]"));
    }

    fn object(&mut self, object: &Object, skip: &dyn Fn(&Member) -> bool, at: &Around) {
        self.valid(&at.with(&fields(object, "", "")));
        self.valid(&at.with(&fields(object, "x_unknown", "{\"deep\":[null]}")));
        if at.depth > 9 {
            return;
        }
        for (schema, member) in object.all() {
            // Own members hide those of the base.
            let hidden = object
                .find(member.name)
                .is_none_or(|(_, _, found)| !core::ptr::eq(found, member));
            if hidden || member.beyond || skip(member) {
                continue;
            }
            let (before, after) = surroundings(object, member.name);
            let inside = at.inside(&before, &after, member.name);
            if member.required {
                let document = at.with(&fields(object, member.name, ""));
                self.invalid(schema, "required", &document, &inside.path);
            }
            match member.value {
                _ if member.nullable => self.valid(&inside.with("null")),
                Value::Forbidden | Value::Any | Value::Null => {}
                Value::Relaxed { .. } => {}
                // A union takes null for a missing type.
                Value::Constant(_) if member.name == "type" => {}
                _ => {
                    let keyword = "type";
                    self.invalid(schema, keyword, &inside.with("null"), &inside.path);
                }
            }
            self.value(schema, &member.value, &inside);
        }
    }

    fn union(&mut self, schema: &str, union: &Union, at: &Around) {
        for branch in union.branches {
            let is_tag = |member: &Member| member.name == "type" || member.name == "role";
            let skip = |member: &Member| !branch.tag.is_empty() && is_tag(member);
            self.object(branch.object, &skip, at);
            // The type is what tells the branches apart.
            let has_type = branch
                .object
                .find("type")
                .is_some_and(|(_, _, found)| found.required);
            if has_type && !matches!(union.shape, Shape::Bare(_)) {
                let path = at.inside("", "", "type").path;
                let without = fields(branch.object, "type", "");
                self.invalid(schema, "required", &at.with(&without), &path);
            }
            for value in ["7", "[]"] {
                let (before, after) = surroundings(branch.object, "type");
                let inside = at.inside(&before, &after, "type");
                self.invalid(schema, "type", &inside.with(value), &inside.path);
            }
            if !branch.role.is_empty() {
                let (before, after) = surroundings(branch.object, "role");
                let inside = at.inside(&before, &after, "role");
                self.invalid(schema, "enum", &inside.with("\"tool\""), &inside.path);
                self.invalid(schema, "type", &inside.with("7"), &inside.path);
                let without = at.with(&fields(branch.object, "role", ""));
                self.invalid(schema, "required", &without, &inside.path);
            }
        }
        let path = at.inside("", "", "type").path;
        for name in ["zzz", "", ":zzz", "acme:", "a b:c"] {
            let document = at.with(&format!("{{\"type\":\"{name}\"}}"));
            self.invalid(schema, "oneOf", &document, &path);
        }
        let Some(object) = union.extension else {
            return self.valid(&at.with("{\"type\":\"acme:x.y\"}"));
        };
        self.valid(&at.with(&fields(object, "type", "\"acme:x.y\"")));
        for member in object.members {
            let mut all = others(object, member.name);
            all.push("\"type\":\"acme:x.y\"".into());
            let without = format!("{{{}}}", all.join(","));
            let path = at.inside("", "", member.name).path;
            self.invalid(object.name, "required", &at.with(&without), &path);
        }
    }
}

/// The report without what needs another member: the tools that are chosen are not there.
fn checked(document: &Document<'_>, kind: DocumentKind, profile: Profile) -> ValidationReport {
    let mut report = validate(document, kind, profile);
    report
        .violations
        .retain(|found| !found.rule.ends_with(":tools"));
    report
}

/// The required members of `object` but for `name`, printed.
fn others(object: &Object, name: &str) -> Vec<String> {
    let required = object.all().map(|(_, member)| member);
    required
        .filter(|member| (member.required || member.name == "type") && member.name != name)
        .map(|member| format!("\"{}\":{}", member.name, minimal(&member.value)))
        .collect()
}

/// The least object; its member `instead` has the value `value`, or is left out when that is empty.
fn fields(object: &Object, instead: &str, value: &str) -> String {
    let mut all = others(object, instead);
    if !value.is_empty() {
        all.push(format!("\"{instead}\":{value}"));
    }
    format!("{{{}}}", all.join(","))
}

/// What stands around the member `name` of an object that is valid otherwise.
fn surroundings(object: &Object, name: &str) -> (String, String) {
    let mut all = others(object, name);
    all.push(format!("\"{name}\":"));
    (format!("{{{}", all.join(",")), String::from("}"))
}

/// The least that is valid.
fn minimal(value: &Value) -> String {
    match value {
        Value::Any
        | Value::Null
        | Value::Forbidden
        | Value::Instead { .. }
        | Value::Habit { .. } => "null".into(),
        Value::Opaque | Value::Map(_) => "{}".into(),
        Value::Boolean => "true".into(),
        Value::String(_) | Value::TextOr(..) => "\"x\"".into(),
        Value::Constant(value) => format!("\"{value}\""),
        Value::Enum(set) | Value::EnumOr(set, _) => format!("\"{}\"", set.values[0]),
        Value::Integer { min, .. } => min.unwrap_or(1).to_string(),
        Value::Number { .. } => "1".into(),
        Value::Object(object) => fields(object, "", ""),
        Value::Array(array) => {
            let all: Vec<String> = (0..array.min).map(|_| minimal(&array.items)).collect();
            format!("[{}]", all.join(","))
        }
        Value::Union(union) => fields(union.branches[0].object, "", ""),
        Value::Relaxed { strict, .. } => minimal(strict),
    }
}

#[test]
fn every_rule_is_found_at_its_place() {
    let (mut valid, mut invalid) = (0, 0);
    for kind in DocumentKind::ALL {
        let mut corpus = Corpus {
            kind: *kind,
            tried: BTreeMap::new(),
            valid: 0,
            invalid: 0,
        };
        let (schema, value) = root(*kind);
        let around = Around {
            before: String::new(),
            after: String::new(),
            path: String::new(),
            depth: 0,
        };
        corpus.value(schema, value, &around);
        valid += corpus.valid;
        invalid += corpus.invalid;
    }
    std::println!("{valid} valid and {invalid} invalid documents");
    assert!(valid > 2000 && invalid > 1000, "{valid} {invalid}");
}

#[test]
fn no_object_has_more_members_than_the_walk_can_count() {
    use super::coverage::registry::{Named, SCHEMAS};
    for named in SCHEMAS.iter().copied().flatten() {
        if let Named::Object(object) = named {
            assert!(object.all().count() < 64, "{}", object.name);
        }
    }
}
