//! `openresponses check`.

use std::io::{self, Write};
use std::path::PathBuf;

use openresponses_types::Profile;
use openresponses_types::diagnostics::ValidationReport;
use openresponses_types::json::Document;
use openresponses_types::schema::{DocumentKind, validate};

use crate::args::{CheckArguments, CheckProfile, Format, Kind};
use crate::checked::Checked;
use crate::show::Totals;
use crate::style::Style;
use crate::{Outcome, guess, list, print_json, show, source, transcript};

/// Checks a file against the rules of its kind.
fn check(bytes: &[u8], kind: Option<Kind>, profile: CheckProfile) -> Checked {
    if kind == Some(Kind::Stream) {
        return transcript::check(bytes, profile);
    }
    let known = kind.and_then(Kind::of_document);
    let text = source::without_mark(bytes);
    let mut checked = match Document::parse(text) {
        Ok(document) => {
            let kind = known.unwrap_or_else(|| guess::kind(&document));
            let mut checked = check_document(&document, kind, profile.of_documents());
            if profile == CheckProfile::Vendor {
                checked.excuse();
            }
            checked
        }
        Err(_) if kind.is_none() && transcript::looks_like_stream(bytes) => {
            return transcript::check(bytes, profile);
        }
        Err(error) => Checked {
            kind: known.map(DocumentKind::name),
            violations: vec![openresponses_types::Violation::from(error).into()],
            ..Checked::default()
        },
    };
    checked.shift(bytes.len() - text.len());
    checked
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
        ..Checked::default()
    }
}

pub(crate) fn run(arguments: &CheckArguments) -> io::Result<Outcome> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let outcome = if arguments.stream_rules {
        list::stream_rules(&mut out)?;
        Outcome::Fine
    } else if arguments.quirks {
        list::quirks(&mut out)?;
        Outcome::Fine
    } else {
        check_files(arguments, &mut out)?
    };
    out.flush()?;
    Ok(outcome)
}

fn check_files(arguments: &CheckArguments, out: &mut impl Write) -> io::Result<Outcome> {
    let style = Style::of_standard_output();
    let mut outcome = Outcome::Fine;
    let mut totals = Totals::default();
    let files = match arguments.files.as_slice() {
        [] => vec![Ok(PathBuf::from(source::STANDARD_INPUT))],
        named => source::files(named),
    };
    for file in files {
        let read = file.and_then(|file| match source::read(&file) {
            Ok(bytes) => Ok((file, bytes)),
            Err(error) => Err((file, error)),
        });
        let (file, bytes) = match read {
            Ok(read) => read,
            Err((path, error)) => {
                out.flush()?;
                source::complain(&path, error);
                outcome = Outcome::Unusable;
                totals.add_unreadable();
                continue;
            }
        };
        let checked = check(&bytes, arguments.kind, arguments.profile);
        let quiet = arguments.quiet;
        match arguments.format {
            Format::Text => show::text(out, &file, &bytes, &checked, style, quiet)?,
            Format::Json if quiet && checked.is_ok() => {}
            Format::Json => print_json::report(out, &file, &bytes, &checked)?,
        }
        totals.add(&checked);
        if !checked.is_ok() {
            outcome = outcome.max(Outcome::Violation);
        }
    }
    if matches!(arguments.format, Format::Text) && !arguments.quiet {
        totals.text(out)?;
    }
    Ok(outcome)
}
