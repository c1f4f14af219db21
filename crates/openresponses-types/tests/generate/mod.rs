//! Documents made from the specification's OpenAPI file and a list of choices, as text.

#![allow(dead_code, clippy::unwrap_used)]

use std::sync::LazyLock;

use openresponses_types::schema::DocumentKind;
use serde_json::Value;

pub(crate) static OPENAPI: LazyLock<Value> = LazyLock::new(|| {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/spec/2026-04-24/openapi.json"
    );
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
});

/// Kinds whose schema is in the OpenAPI file.
pub(crate) const KINDS: &[DocumentKind] = &[
    DocumentKind::CreateRequest,
    DocumentKind::WebSocketCreate,
    DocumentKind::WebSocketError,
    DocumentKind::CompactRequest,
    DocumentKind::CompactResponse,
    DocumentKind::Response,
    DocumentKind::StreamEvent,
];

/// The schema of a kind.
pub(crate) fn schema(kind: DocumentKind) -> &'static Value {
    let name = match kind {
        DocumentKind::CreateRequest => "CreateResponseBody",
        DocumentKind::WebSocketCreate => "WebSocketResponseCreateEvent",
        DocumentKind::WebSocketError => "WebSocketErrorEvent",
        DocumentKind::CompactRequest => "CompactResponseMethodPublicBody",
        DocumentKind::CompactResponse => "CompactResource",
        DocumentKind::Response => "ResponseResource",
        _ => {
            let pointer = "/paths/~1responses/post/responses/200/content/text~1event-stream/schema";
            return OPENAPI.pointer(pointer).unwrap();
        }
    };
    &OPENAPI["components"]["schemas"][name]
}

/// What the protocol keeps as text, whatever it is.
const OPAQUE: &[&str] = &[
    "null",
    "123456789012345678901234567890",
    "1.50",
    "-0.0",
    "1e2",
    r#"{"b":0.1000000000000000055511151231257827,"a":[{},[]],"":"\u0041\/"}"#,
    r#""\ud83d\ude00""#,
    "true",
];

/// The inside of strings; the first is not empty.
const TEXTS: &[&str] = &[
    "a",
    "",
    r"h\u00e9llo \ud83d\ude00",
    "é\u{2028}\u{85}",
    r#"\"\\\/\b\f\n\r\t\u0000"#,
    "fn_name",
];

/// Makes a document of choices; when they run out, the least one.
pub(crate) struct Generator<'c> {
    choices: &'c [u8],
    /// Adds what the specification's text allows: unknown members and extensions.
    pub(crate) extend: bool,
}

impl<'c> Generator<'c> {
    pub(crate) fn new(choices: &'c [u8]) -> Self {
        Self {
            choices,
            extend: false,
        }
    }

    pub(crate) fn pick(&mut self, count: usize) -> usize {
        let Some((first, rest)) = self.choices.split_first() else {
            return 0;
        };
        self.choices = rest;
        usize::from(*first) % count.max(1)
    }

    fn choose<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.pick(of.len())]
    }

    /// A document of the schema.
    pub(crate) fn document(&mut self, schema: &'static Value) -> String {
        self.value(schema, 0).unwrap()
    }

    /// A value, or nothing where the schema allows none.
    fn value(&mut self, schema: &'static Value, depth: usize) -> Option<String> {
        if let Some(reference) = schema["$ref"].as_str() {
            let pointer = reference.trim_start_matches('#');
            return self.value(OPENAPI.pointer(pointer).unwrap(), depth);
        }
        if schema["x-openresponses-disallowed"] == Value::Bool(true) {
            return None;
        }
        if let Some(parts) = schema["allOf"].as_array() {
            return self.all_of(parts, depth);
        }
        for keyword in ["oneOf", "anyOf"] {
            if let Some(branches) = schema[keyword].as_array() {
                if self.extend && is_union(schema) && self.pick(6) == 5 {
                    return Some(self.extension());
                }
                let at = self.pick(branches.len());
                return self.value(&branches[at], depth);
            }
        }
        if let Some(values) = schema["enum"].as_array() {
            return Some(values[self.pick(values.len())].to_string());
        }
        Some(match schema["type"].as_str().unwrap_or_default() {
            "object" => {
                let members = self.members(schema, depth);
                let is_map = schema["additionalProperties"].is_object();
                self.print(members, !is_map)
            }
            "array" => self.array(schema, depth),
            "string" => self.string(schema),
            "integer" => self.number(schema, &["16", "0", "1", "16.0", "1.6e1", "20"]),
            "number" => self.number(
                schema,
                &[
                    "1",
                    "0",
                    "0.5",
                    "0.9999999999999999",
                    "1.0",
                    "0.30000000000000004",
                    "1e-7",
                ],
            ),
            "boolean" => self.choose(&["true", "false"]).into(),
            "null" => "null".into(),
            _ => self.choose(OPAQUE).into(),
        })
    }

    fn all_of(&mut self, parts: &'static [Value], depth: usize) -> Option<String> {
        let mut real = parts.iter().filter(|part| {
            ["$ref", "type", "allOf", "oneOf", "anyOf"]
                .iter()
                .any(|word| part.get(word).is_some())
        });
        let first = real.next()?;
        let Some(second) = real.next() else {
            return self.value(first, depth);
        };
        // Two objects: what the first has stands before what the second has.
        let pointer = second["$ref"].as_str().unwrap().trim_start_matches('#');
        let disallowed = |name: &String| !first["properties"][name].is_null();
        let mut members = self.members(first, depth);
        let others = self.members(OPENAPI.pointer(pointer).unwrap(), depth);
        members.extend(others.into_iter().filter(|(name, _)| !disallowed(name)));
        Some(self.print(members, true))
    }

    fn members(&mut self, schema: &'static Value, depth: usize) -> Vec<(String, String)> {
        let mut all = Vec::new();
        let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let must = required.iter().any(|required| required == name);
            if must || (depth < 8 && self.pick(3) == 1) {
                all.extend(
                    self.value(property, depth + 1)
                        .map(|value| (name.clone(), value)),
                );
            }
        }
        if schema["additionalProperties"].is_object() && schema["properties"].is_null() {
            for n in 0..self.pick(4) {
                let value = match schema["additionalProperties"]["type"].as_str() {
                    Some("string") => self.string(&Value::Null),
                    _ => self.choose(OPAQUE).to_owned(),
                };
                all.push((format!("k{n}"), value));
            }
        }
        if all.len() > 1 {
            let by = self.pick(all.len());
            all.rotate_left(by);
        }
        all
    }

    fn print(&mut self, mut members: Vec<(String, String)>, open: bool) -> String {
        if self.extend && open {
            for n in 0..self.pick(4).saturating_sub(1) {
                let at = self.pick(members.len() + 1);
                members.insert(
                    at,
                    (format!("x_{}{n}", self.pick(9)), self.choose(OPAQUE).into()),
                );
            }
        }
        let (comma, colon) = [(",", ":"), (" ,\n ", " :\t")][self.pick(2)];
        let printed: Vec<String> = members
            .iter()
            .map(|(name, value)| format!("\"{name}\"{colon}{value}"))
            .collect();
        format!("{{{}}}", printed.join(comma))
    }

    fn extension(&mut self) -> String {
        let opaque = self.choose(OPAQUE);
        format!(
            r#"{{"x_n":{opaque},"type":"acme:x.y_z","id":"e","status":"s","sequence_number":3}}"#
        )
    }

    fn array(&mut self, schema: &'static Value, depth: usize) -> String {
        let least = schema["minItems"].as_u64().unwrap_or(0) as usize;
        let count = if depth < 8 {
            self.pick(3).max(least)
        } else {
            least
        };
        let all: Vec<String> = (0..count)
            .filter_map(|_| self.value(&schema["items"], depth + 1))
            .collect();
        format!("[{}]", all.join(","))
    }

    fn string(&mut self, schema: &Value) -> String {
        if !schema["pattern"].is_null() {
            return r#""fn_name""#.into();
        }
        let longest = schema["maxLength"]
            .as_u64()
            .filter(|max| *max < 1000)
            .unwrap_or(8) as usize;
        let text = match self.pick(TEXTS.len() + 1) {
            at if at == TEXTS.len() => "é".repeat(longest),
            1 if !schema["minLength"].is_null() => "a".into(),
            at => TEXTS[at].into(),
        };
        format!("\"{text}\"")
    }

    fn number(&mut self, schema: &Value, of: &[&str]) -> String {
        let (min, max) = (schema["minimum"].as_f64(), schema["maximum"].as_f64());
        let fits = |text: &&&str| {
            let value: f64 = text.parse().unwrap();
            min.is_none_or(|min| value >= min) && max.is_none_or(|max| value <= max)
        };
        let of: Vec<&str> = of.iter().filter(fits).copied().collect();
        self.choose(&of).into()
    }
}

/// True for a choice of objects that are distinguished by their type.
fn is_union(schema: &Value) -> bool {
    let branches = schema["oneOf"].as_array().map_or(&[][..], Vec::as_slice);
    let named = |branch: &Value| {
        let pointer = branch["$ref"]
            .as_str()
            .unwrap_or_default()
            .trim_start_matches('#');
        let target = OPENAPI.pointer(pointer).unwrap_or(&Value::Null);
        !target["properties"]["type"].is_null()
    };
    !branches.is_empty() && branches.iter().all(named)
}
