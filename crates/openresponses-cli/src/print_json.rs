//! Prints findings as one JSON object a file.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use crate::checked::Checked;
use crate::finding::At;
use crate::place::Place;

#[derive(Serialize)]
struct Report<'a> {
    file: String,
    kind: Option<&'static str>,
    ok: bool,
    violations: Vec<Violation<'a>>,
    /// The list of violations is truncated.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    more: bool,
    warnings: Vec<Warning<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<Note>,
}

#[derive(Serialize)]
struct Violation<'a> {
    param: Option<String>,
    pointer: String,
    code: &'static str,
    rule: &'a str,
    message: &'a str,
    #[serde(flatten)]
    position: Option<Position>,
    #[serde(flatten)]
    event: Option<Event>,
    #[serde(skip_serializing_if = "Option::is_none")]
    section: Option<&'a str>,
}

#[derive(Serialize)]
struct Warning<'a> {
    name: &'static str,
    param: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    did_you_mean: Option<&'static str>,
    #[serde(flatten)]
    position: Option<Position>,
    #[serde(flatten)]
    event: Option<Event>,
}

/// What a known server does, too.
#[derive(Serialize)]
struct Note {
    name: &'static str,
    example: &'static str,
    seen_at: &'static str,
    count: usize,
    #[serde(flatten)]
    event: Option<Event>,
}

/// A place in the file.
#[derive(Serialize)]
struct Position {
    /// From 1.
    line: usize,
    /// In characters, from 1.
    column: usize,
    /// In bytes, from 0.
    offset: usize,
}

/// An event of a stream.
#[derive(Serialize)]
struct Event {
    event: u64,
    /// The byte where the event starts.
    event_offset: u64,
}

impl From<At> for Event {
    fn from(at: At) -> Self {
        Self {
            event: at.event,
            event_offset: at.offset,
        }
    }
}

/// Prints the findings in a document.
pub(crate) fn report(
    out: &mut impl Write,
    file: &Path,
    bytes: &[u8],
    checked: &Checked,
) -> io::Result<()> {
    let position = |offset: Option<usize>| {
        let offset = offset?;
        let Place { line, column, .. } = Place::new(bytes, offset);
        Some(Position {
            line,
            column,
            offset,
        })
    };
    let violations = checked.violations.iter().map(|found| Violation {
        param: found.param(),
        pointer: found.path.pointer(),
        code: found.code,
        rule: &found.rule,
        message: &found.message,
        position: position(found.place),
        event: found.at.map(Into::into),
        section: found.section.as_deref(),
    });
    let warnings = checked.warnings.iter().map(|warning| Warning {
        name: warning.name,
        param: warning.param.as_deref(),
        did_you_mean: warning.suggestion,
        position: position(warning.place),
        event: warning.at.map(Into::into),
    });
    let notes = checked.notes.iter().map(|note| Note {
        name: note.quirk.name,
        example: note.quirk.example,
        seen_at: note.quirk.seen_at,
        count: note.count,
        event: note.at.map(Into::into),
    });
    let report = Report {
        file: file.display().to_string(),
        kind: checked.kind,
        ok: checked.is_ok(),
        violations: violations.collect(),
        more: checked.more,
        warnings: warnings.collect(),
        notes: notes.collect(),
    };
    serde_json::to_writer(&mut *out, &report)?;
    writeln!(out)
}
