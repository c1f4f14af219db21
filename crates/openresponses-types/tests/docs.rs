//! The tables of the documentation agree with the code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use openresponses_types::content::{Annotation, ContentPart};
use openresponses_types::diagnostics::Leniency;
use openresponses_types::request::TextFormat;
use openresponses_types::tool::{SpecificToolChoice, Tool};
use openresponses_types::{Item, StreamEvent};
use serde_json::Value;

fn read(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The cells of the rows of the first table below `start`.
fn table(text: &str, start: &str) -> Vec<Vec<String>> {
    let (_, below) = text.split_once(start).expect(start);
    let lines = below
        .lines()
        .map(|line| line.trim().trim_start_matches(['/', '!']).trim());
    let rows = lines
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2);
    rows.map(|row| {
        let cells = row.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().to_owned()).collect()
    })
    .collect()
}

/// The file that defines the union `name`, and the union's documentation.
fn union(name: &str) -> (String, String) {
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = fs::read_to_string(&path).unwrap();
            let start = match name {
                // The table of events generates the union.
                "StreamEvent" => source.find("stream_event! {\n    /// An event"),
                _ => source.find(&format!("pub enum {name} {{")),
            };
            let Some(start) = start else { continue };
            let documentation = if name == "StreamEvent" {
                source[start..].to_owned()
            } else {
                let above = source[..start].trim_end().lines().rev();
                let is_above = |line: &&str| line.trim().starts_with(['/', '#']);
                let mut lines: Vec<_> = above.take_while(is_above).collect();
                lines.reverse();
                lines.join("\n")
            };
            return (source, documentation);
        }
    }
    panic!("no file defines {name}")
}

/// The first thing between backticks, or brackets of a link.
fn code(cell: &str) -> &str {
    cell.split('`').nth(1).unwrap_or_default()
}

/// All values that a `type` may have in a version of the OpenAPI file.
fn types_of(version: &str) -> BTreeSet<String> {
    fn collect(value: &Value, all: &mut BTreeSet<String>) {
        if let Some(values) = value.pointer("/properties/type") {
            let mut pending = vec![values];
            while let Some(next) = pending.pop() {
                let names = next["enum"].as_array().into_iter().flatten();
                all.extend(names.filter_map(Value::as_str).map(str::to_owned));
                pending.extend(next["anyOf"].as_array().into_iter().flatten());
            }
        }
        match value {
            Value::Object(members) => members.values().for_each(|value| collect(value, all)),
            Value::Array(elements) => elements.iter().for_each(|value| collect(value, all)),
            _ => {}
        }
    }
    let file = read(&format!("tests/spec/{version}/openapi.json"));
    let mut all = BTreeSet::new();
    collect(&serde_json::from_str(&file).unwrap(), &mut all);
    all
}

#[test]
fn each_union_has_its_table() {
    let versions = ["2026-01-15", "2026-04-24"].map(|version| (version, types_of(version)));
    let index = read("src/docs.rs");
    let mut indexed = table(&index, "# Unions").len();
    for (name, types) in [
        ("Item", Item::TYPES),
        ("ContentPart", ContentPart::TYPES),
        ("Annotation", Annotation::TYPES),
        ("Tool", Tool::TYPES),
        ("SpecificToolChoice", SpecificToolChoice::TYPES),
        ("ToolChoice", &["function", "allowed_tools"]),
        ("TextFormat", TextFormat::TYPES),
    ] {
        assert!(
            index.contains(&format!("::{name})")),
            "{name} is not in the index"
        );
        indexed -= 1;
        let (source, documentation) = union(name);
        let mut listed = Vec::new();
        for row in table(&documentation, "") {
            let (tag, variant, since) = (code(&row[0]), code(&row[1]), &row[row.len() - 1]);
            assert!(row[1].ends_with(&format!("(Self::{variant})")), "{row:?}");
            if since.is_empty() {
                assert!(
                    ["Extension", "Unknown"].contains(&variant),
                    "{name}: {row:?}"
                );
                continue;
            }
            if row[0].starts_with("a string") {
                continue;
            }
            let (first, _) = versions
                .iter()
                .find(|(_, all)| all.contains(tag))
                .unwrap_or_else(|| panic!("{tag} is in no version"));
            assert_eq!(since, first, "{name}: {tag}");
            // The macro's line for the variant; `ToolChoice` is written by hand.
            let line = |text: &str| {
                text.trim().starts_with(&format!("{variant}("))
                    && text.trim_end().ends_with(&format!("= \"{tag}\","))
            };
            assert!(
                name == "ToolChoice" || source.lines().any(line),
                "{name}: {tag} is not {variant}"
            );
            listed.push(tag.to_owned());
        }
        assert_eq!(listed, types, "{name}");
    }
    // The events' table is generated from the list of events.
    assert!(index.contains("(crate::StreamEvent)"));
    for event_type in StreamEvent::TYPES {
        assert!(
            versions.iter().any(|(_, all)| all.contains(*event_type)),
            "{event_type}"
        );
    }
    indexed -= 1;
    assert_eq!(indexed, 0, "the index has unions that are not tested");
}

#[test]
fn each_decision_has_its_test() {
    let rows = table(&read("docs/decisions.md"), "What is done");
    let numbers: Vec<usize> = rows.iter().map(|row| row[0].parse().unwrap()).collect();
    assert_eq!(numbers, (1..=21).collect::<Vec<_>>());
    let tests = read("../openresponses-tower/tests/decisions.rs")
        + &read("../openresponses-tower/tests/websocket/turns.rs");
    let names: BTreeSet<_> = Leniency::ALL
        .iter()
        .map(|leniency| leniency.name())
        .collect();
    for row in &rows {
        assert!(
            tests.contains(&format!("fn decision_{}_", row[0])),
            "{row:?}"
        );
        // What stands in brackets is the name of a leniency.
        for (at, _) in row[2].match_indices("(`") {
            let name = code(&row[2][at..]);
            assert!(names.contains(name), "{name} is no leniency");
        }
    }
}

/// Members that the page of versions lists as new are in the later file only; those listed as
/// relaxed are required in the earlier one.
#[test]
fn the_versions_differ_as_documented() {
    let files = ["2026-01-15", "2026-04-24"].map(|version| {
        let file = read(&format!("tests/spec/{version}/openapi.json"));
        serde_json::from_str::<Value>(&file).unwrap()["components"]["schemas"].clone()
    });
    let state = |file: &Value, name: &str| {
        let (schema, member) = name.split_once('.').unwrap_or((name, ""));
        let schema = &file[schema];
        let there = if member.is_empty() {
            !schema.is_null()
        } else {
            !schema["properties"][member].is_null()
        };
        let required = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|name| name == member);
        match (there, member.is_empty(), required) {
            (false, ..) => "none",
            (true, true, _) => "there",
            (true, false, true) => "required",
            (true, false, false) => "optional",
        }
    };
    let rows = table(&read("docs/versions.md"), "One set of types");
    let mut listed = BTreeSet::new();
    for row in &rows {
        for name in row[0].split(',').map(|name| code(name).to_owned()) {
            assert_eq!(
                [state(&files[0], &name), state(&files[1], &name)],
                [&row[1], &row[2]],
                "{name}"
            );
            listed.insert(name);
        }
    }
    // No schema is new that the page does not have.
    for name in files[1].as_object().unwrap().keys() {
        assert!(
            !files[0][name].is_null() || listed.contains(name),
            "{name} is new"
        );
    }
}
