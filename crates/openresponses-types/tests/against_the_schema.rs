//! `Strict` agrees with a JSON Schema validator of the OpenAPI file, except for rules that only the
//! specification's text has.
#![allow(clippy::unwrap_used)]

mod generate;

use generate::{Generator, KINDS, OPENAPI, schema};
use jsonschema::Validator;
use openresponses_types::json::Document;
use openresponses_types::schema::{DocumentKind, validate};
use openresponses_types::{Profile, Violation};
use serde_json::Value;

/// A validator of one kind of document.
fn validator(kind: DocumentKind) -> Validator {
    let mut whole = schema(kind).clone();
    whole["components"] = OPENAPI["components"].clone();
    jsonschema::draft202012::new(&whole).unwrap()
}

/// Values that are wrong in most places.
const WRONG: &[&str] = &[
    "null",
    "1",
    "-1",
    "1.5",
    "\"zzz\"",
    "\"\"",
    "[]",
    "{}",
    "true",
    "[{}]",
    "[null]",
    "21",
    "2.5",
    "{\"type\":\"zzz\"}",
    "{\"type\":\"function\"}",
    "\"user\"",
    "\"assistant\"",
    "\"message\"",
    "\"input_text\"",
    "\"output_text\"",
    "\"completed\"",
    "\"auto\"",
    "\"item_reference\"",
    "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"",
];

/// The places of a document that hold something else.
fn places(value: &Value, pointer: &str, all: &mut Vec<String>) {
    let mut visit = |step: String, value: &Value| {
        let pointer = format!("{pointer}/{step}");
        all.push(pointer.clone());
        places(value, &pointer, all);
    };
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                visit(name.replace('~', "~0").replace('/', "~1"), value);
            }
        }
        Value::Array(elements) => {
            for (at, value) in elements.iter().enumerate() {
                visit(at.to_string(), value);
            }
        }
        _ => {}
    }
}

/// Removes or replaces something.
fn mutate(document: &mut Value, generator: &mut Generator<'_>) {
    let mut all = Vec::new();
    places(document, "", &mut all);
    if all.is_empty() {
        return;
    }
    let pointer = all[generator.pick(all.len())].clone();
    let other = document
        .pointer(&all[generator.pick(all.len())])
        .unwrap()
        .clone();
    let (parent, step) = pointer.rsplit_once('/').unwrap();
    let step = step.replace("~1", "/").replace("~0", "~");
    let what = generator.pick(10);
    let wrong = serde_json::from_str(WRONG[generator.pick(WRONG.len())]).unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Object(members) if what < 3 => {
            members.remove(&step);
        }
        Value::Array(elements) if what < 3 => {
            elements.remove(step.parse().unwrap());
        }
        _ => *document.pointer_mut(&pointer).unwrap() = if what < 9 { wrong } else { other },
    }
}

/// A rule that the OpenAPI file does not have: it stands in the text, or keeps what is accepted
/// within what can be represented.
fn is_of_the_text(found: &Violation) -> bool {
    let rule = &*found.rule;
    rule.ends_with(":tools")
        || rule.ends_with("propertyNames.maxLength")
        || rule.starts_with("JsonSchemaResponseFormatParam.name:")
        || ["temperature", "top_p"].iter().any(|name| rule.starts_with(&format!("CreateResponseBody.{name}:m")))
        || (rule.ends_with(":minimum") && !rule.starts_with("CreateResponseBody") && !rule.starts_with("UrlCitationParam"))
        // Members of the merged types.
        || rule.contains(".phase:type") && !rule.starts_with("Assistant")
        || ["OutputTextContentParam.logprobs", "LogProb.", "TopLogProb.", "InputFileContent.file_data", "CompactionSummaryItemParam.created_by", "ReasoningItemParam.status", "ReasoningBody.status"]
            .iter()
            .any(|prefix| rule.starts_with(prefix))
}

#[test]
fn strict_is_the_schema() {
    let mut state = 7u64;
    let mut choices = || -> Vec<u8> {
        let next = |_| {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 33) as u8
        };
        (0..300).map(next).collect()
    };
    let (mut valid, mut invalid) = (0, 0);
    for kind in KINDS {
        let validator = validator(*kind);
        for round in 0..600 {
            let choices = choices();
            let mut generator = Generator::new(&choices);
            let text = generator.document(schema(*kind));
            let mut document: Value = serde_json::from_str(&text).unwrap();
            for _ in 0..round % 3 {
                mutate(&mut document, &mut generator);
            }
            let text = document.to_string();
            let report = validate(
                &Document::parse(text.as_bytes()).unwrap(),
                *kind,
                Profile::Strict,
            );
            let expected = validator.is_valid(&document);
            let of_the_schema: Vec<_> = report
                .violations
                .iter()
                .filter(|found| !is_of_the_text(found))
                .collect();
            if expected {
                assert!(of_the_schema.is_empty(), "{kind} {text}: {of_the_schema:?}");
                valid += 1;
            } else {
                assert!(!report.is_ok(), "{kind} {text}");
                invalid += 1;
            }
        }
    }
    assert!(
        valid > 1500 && invalid > 1000,
        "{valid} valid, {invalid} invalid"
    );
}
