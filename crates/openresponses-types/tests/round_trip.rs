//! Parse, then print: the identity on JSON, for documents of every kind.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod generate;

use generate::{Generator, KINDS, schema};
use openresponses_types::compact::{CompactRequest, CompactResponse};
use openresponses_types::json::{Document, Reader, ValueKind};
use openresponses_types::response::WebSocketError;
use openresponses_types::schema::{DocumentKind, validate};
use openresponses_types::{CreateRequest, Profile, Response, StreamEvent};
use proptest::prelude::*;

/// A JSON value whose numbers are text.
#[derive(Clone, Debug)]
enum Tree {
    Null,
    Boolean(bool),
    Number(String),
    String(String),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

fn tree(reader: &mut Reader<'_>) -> Tree {
    match reader.kind() {
        ValueKind::Null => {
            reader.skip();
            Tree::Null
        }
        ValueKind::Boolean => Tree::Boolean(reader.boolean().unwrap()),
        ValueKind::Number => Tree::Number(reader.number().unwrap().into()),
        ValueKind::String => Tree::String(reader.string().unwrap().into()),
        ValueKind::Array => {
            let mut entered = reader.enter_array();
            let mut all = Vec::new();
            while reader.next_element(&mut entered) {
                all.push(tree(reader));
            }
            Tree::Array(all)
        }
        ValueKind::Object => {
            let mut entered = reader.enter_object();
            let mut all = Vec::new();
            while let Some(name) = reader.next_member(&mut entered) {
                all.push((name.into_owned(), tree(reader)));
            }
            Tree::Object(all)
        }
    }
}

fn parse(text: &str) -> Tree {
    tree(&mut Document::parse(text.as_bytes()).expect(text).reader())
}

/// Members that are kept as text.
fn is_opaque(name: &str) -> bool {
    name.starts_with("x_") || ["parameters", "schema", "metadata", "headers"].contains(&name)
}

/// Equal as JSON; `exact` inside what is kept as text, where numbers keep their spelling and
/// members their order.
fn same(a: &Tree, b: &Tree, exact: bool) -> bool {
    match (a, b) {
        (Tree::Null, Tree::Null) => true,
        (Tree::Boolean(a), Tree::Boolean(b)) => a == b,
        (Tree::String(a), Tree::String(b)) => a == b,
        (Tree::Number(a), Tree::Number(b)) => {
            a == b || (!exact && a.parse::<f64>().unwrap() == b.parse::<f64>().unwrap())
        }
        (Tree::Array(a), Tree::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b, exact))
        }
        (Tree::Object(a), Tree::Object(b)) => {
            let is_extension = a.iter().any(|(name, value)| {
                name == "type" && matches!(value, Tree::String(text) if text.contains(':'))
            });
            let exact = exact || is_extension;
            let kept = |all: &[(String, Tree)]| -> Vec<String> {
                let names = all.iter().map(|(name, _)| name.clone());
                names
                    .filter(|name| exact || name.starts_with("x_"))
                    .collect()
            };
            a.len() == b.len()
                && kept(a) == kept(b)
                && a.iter().all(|(name, value)| {
                    b.iter().any(|(other, same_value)| {
                        name == other && same(value, same_value, exact || is_opaque(name))
                    })
                })
        }
        _ => false,
    }
}

/// Prints the document after reading it; through serde it comes out alike.
fn print(kind: DocumentKind, text: &str) -> String {
    macro_rules! print {
        ($type:ty) => {{
            let value = <$type>::from_json(text.as_bytes()).expect(text);
            let printed = value.to_json();
            let through_serde: $type = serde_json::from_str(text).expect(text);
            assert_eq!(through_serde, value);
            assert_eq!(serde_json::to_string(&value).unwrap(), printed);
            assert_eq!(<$type>::from_json(printed.as_bytes()).unwrap(), value);
            printed
        }};
    }
    match kind {
        DocumentKind::CompactRequest => print!(CompactRequest),
        DocumentKind::CompactResponse => print!(CompactResponse),
        DocumentKind::Response => print!(Response),
        DocumentKind::StreamEvent => print!(StreamEvent),
        DocumentKind::WebSocketError => print!(WebSocketError),
        _ => print!(CreateRequest),
    }
}

fn check(kind: DocumentKind, text: &str) {
    let document = Document::parse(text.as_bytes()).expect(text);
    for profile in [Profile::Strict, Profile::Compatible] {
        let mut report = validate(&document, kind, profile);
        // The generator does not care which tools there are.
        report
            .violations
            .retain(|found| !found.rule.ends_with(":tools") && !found.rule.contains("Format"));
        assert_eq!(report.violations, [], "{profile:?} {text}");
    }
    let printed = print(kind, text);
    assert!(
        same(&parse(text), &parse(&printed), false),
        "{kind}\n{text}\n{printed}"
    );
    assert_eq!(print(kind, &printed), printed);
    assert!(!printed.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_is_lost(choices in proptest::collection::vec(any::<u8>(), 0..600)) {
        for kind in KINDS {
            let mut generator = Generator::new(&choices);
            generator.extend = true;
            let text = generator.document(schema(*kind));
            check(*kind, &text);
        }
    }
}

#[test]
fn the_least_documents() {
    for kind in KINDS {
        check(*kind, &Generator::new(&[]).document(schema(*kind)));
    }
}

/// Every member that a schema names has a place in its type: nothing lands among the unknown
/// members, and no union falls back to a raw object.
#[test]
fn the_types_know_every_member() {
    let mut state = 1u64;
    for kind in KINDS {
        for _ in 0..400 {
            let choices: Vec<u8> = (0..400)
                .map(|_| {
                    state = state
                        .wrapping_mul(6364136223846793005)
                        .wrapping_add(1442695040888963407);
                    (state >> 33) as u8
                })
                .collect();
            let text = Generator::new(&choices).document(schema(*kind));
            let debug = match kind {
                DocumentKind::CompactRequest => {
                    format!("{:?}", CompactRequest::from_json(text.as_bytes()).unwrap())
                }
                DocumentKind::CompactResponse => {
                    format!("{:?}", CompactResponse::from_json(text.as_bytes()).unwrap())
                }
                DocumentKind::Response => {
                    format!("{:?}", Response::from_json(text.as_bytes()).unwrap())
                }
                DocumentKind::StreamEvent => {
                    format!("{:?}", StreamEvent::from_json(text.as_bytes()).unwrap())
                }
                DocumentKind::WebSocketError => {
                    format!("{:?}", WebSocketError::from_json(text.as_bytes()).unwrap())
                }
                _ => format!("{:?}", CreateRequest::from_json(text.as_bytes()).unwrap()),
            };
            // The type of a WebSocket message is kept beside the request's members.
            let debug = debug.replace(r#"extra: {"type": "response.create"}"#, "");
            assert!(!debug.contains("extra: {\""), "{text}\n{debug}");
            assert!(
                !debug.contains("Unknown(") && !debug.contains("Extension("),
                "{text}"
            );
        }
    }
}
