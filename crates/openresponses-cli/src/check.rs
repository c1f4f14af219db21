//! `openresponses check`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use openresponses_types::json::Document;
use openresponses_types::{DocumentKind, Profile, Report, Violation, Warning, validate};
use serde::Serialize;

use crate::args::{CheckArguments, Format, Kind};
use crate::{Outcome, guess, show, source};

/// What is known about one document.
pub(crate) struct Checked {
    /// Not known when the text is no JSON and nobody told.
    pub(crate) kind: Option<DocumentKind>,
    pub(crate) violations: Vec<Violation>,
    pub(crate) warnings: Vec<Warning>,
    /// There are more violations than those.
    pub(crate) more: bool,
}

impl Checked {
    fn new(bytes: &[u8], kind: Option<DocumentKind>, profile: Profile) -> Self {
        match Document::parse(bytes) {
            Ok(document) => {
                let kind = kind.unwrap_or_else(|| guess::kind(&document));
                let Report {
                    violations,
                    warnings,
                    more_violations,
                    ..
                } = validate(&document, kind, profile);
                Self {
                    kind: Some(kind),
                    violations,
                    warnings,
                    more: more_violations,
                }
            }
            Err(error) => Self {
                kind,
                violations: vec![error.into()],
                warnings: Vec::new(),
                more: false,
            },
        }
    }
}

pub(crate) fn run(arguments: &CheckArguments) -> io::Result<Outcome> {
    if arguments.kind == Some(Kind::Stream) {
        eprintln!("openresponses: checking a stream is not supported yet");
        return Ok(Outcome::Unusable);
    }
    let standard_input = [PathBuf::from(source::STANDARD_INPUT)];
    let files = if arguments.files.is_empty() {
        &standard_input[..]
    } else {
        &arguments.files
    };
    let kind = arguments.kind.and_then(Kind::of_document);
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
        let checked = Checked::new(&bytes, kind, arguments.profile.into());
        match arguments.format {
            Format::Text => show::text(&mut out, file, &bytes, &checked)?,
            Format::Json => json(&mut out, file, &checked)?,
        }
        if !checked.violations.is_empty() {
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
    warnings: Vec<JsonWarning>,
}

#[derive(Serialize)]
struct JsonViolation<'a> {
    param: Option<String>,
    pointer: String,
    code: &'static str,
    rule: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
struct JsonWarning {
    name: &'static str,
    param: Option<String>,
}

fn json(out: &mut impl Write, file: &Path, checked: &Checked) -> io::Result<()> {
    let report = JsonReport {
        file: file.display().to_string(),
        kind: checked.kind.map(DocumentKind::name),
        ok: checked.violations.is_empty(),
        violations: checked
            .violations
            .iter()
            .map(|violation| JsonViolation {
                param: violation.param(),
                pointer: violation.path.pointer(),
                code: violation.code.as_str(),
                rule: &violation.rule,
                message: &violation.message,
            })
            .collect(),
        warnings: checked
            .warnings
            .iter()
            .map(|warning| JsonWarning {
                name: warning.leniency.name(),
                param: warning.path.param(),
            })
            .collect(),
    };
    serde_json::to_writer(&mut *out, &report)?;
    writeln!(out)
}
