//! `openresponses check`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use openresponses_types::Profile;
use openresponses_types::diagnostics::ValidationReport;
use openresponses_types::json::Document;
use openresponses_types::schema::{DocumentKind, validate};
use serde::Serialize;

use crate::args::{CheckArguments, Format, Kind};
use crate::finding::Checked;
use crate::{Outcome, guess, show, source, transcript};

/// Checks a file against the rules of its kind.
fn check(bytes: &[u8], kind: Option<Kind>, profile: Profile) -> Checked {
    if kind == Some(Kind::Stream) {
        return transcript::check(bytes, profile);
    }
    let known = kind.and_then(Kind::of_document);
    match Document::parse(bytes) {
        Ok(document) => check_document(
            &document,
            known.unwrap_or_else(|| guess::kind(&document)),
            profile,
        ),
        Err(_) if kind.is_none() && transcript::looks_like_stream(bytes) => {
            transcript::check(bytes, profile)
        }
        Err(error) => Checked {
            kind: known.map(DocumentKind::name),
            violations: vec![openresponses_types::Violation::from(error).into()],
            ..Checked::default()
        },
    }
}

/// Checks a document against the specification.
pub(crate) fn check_document(
    document: &Document<'_>,
    kind: DocumentKind,
    profile: Profile,
) -> Checked {
    let ValidationReport {
        violations,
        warnings,
        more_violations,
        ..
    } = validate(document, kind, profile);
    Checked {
        kind: Some(kind.name()),
        violations: violations.into_iter().map(Into::into).collect(),
        warnings: warnings.iter().map(Into::into).collect(),
        more: more_violations,
    }
}

pub(crate) fn run(arguments: &CheckArguments) -> io::Result<Outcome> {
    let standard_input = [PathBuf::from(source::STANDARD_INPUT)];
    let files = if arguments.files.is_empty() {
        &standard_input[..]
    } else {
        &arguments.files
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut outcome = Outcome::Fine;
    for file in files {
        let bytes = match source::read(file) {
            Ok(bytes) => bytes,
            Err(error) => {
                out.flush()?;
                source::complain(file, error);
                outcome = Outcome::Unusable;
                continue;
            }
        };
        let checked = check(&bytes, arguments.kind, arguments.profile);
        match arguments.format {
            Format::Text => show::text(&mut out, file, &bytes, &checked)?,
            Format::Json => json(&mut out, file, &checked)?,
        }
        if !checked.is_ok() {
            outcome = outcome.max(Outcome::Violation);
        }
    }
    out.flush()?;
    Ok(outcome)
}

#[derive(Serialize)]
struct JsonReport<'a> {
    file: String,
    kind: Option<&'static str>,
    ok: bool,
    violations: Vec<JsonViolation<'a>>,
    warnings: Vec<JsonWarning<'a>>,
}

#[derive(Serialize)]
struct JsonViolation<'a> {
    param: Option<String>,
    pointer: String,
    code: &'static str,
    rule: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    section: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonWarning<'a> {
    name: &'static str,
    param: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    did_you_mean: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
}

fn json(out: &mut impl Write, file: &Path, checked: &Checked) -> io::Result<()> {
    let report = JsonReport {
        file: file.display().to_string(),
        kind: checked.kind,
        ok: checked.is_ok(),
        violations: checked
            .violations
            .iter()
            .map(|found| JsonViolation {
                param: found.param(),
                pointer: found.path.pointer(),
                code: found.code,
                rule: &found.rule,
                message: &found.message,
                event: found.at.map(|at| at.event),
                offset: found.at.map(|at| at.offset),
                section: found.section.as_deref(),
            })
            .collect(),
        warnings: checked
            .warnings
            .iter()
            .map(|warning| JsonWarning {
                name: warning.name,
                param: warning.param.as_deref(),
                did_you_mean: warning.suggestion,
                event: warning.at.map(|at| at.event),
                offset: warning.at.map(|at| at.offset),
            })
            .collect(),
    };
    serde_json::to_writer(&mut *out, &report)?;
    writeln!(out)
}
