//! Prints violations in the style of a compiler.

use std::io::{self, Write};
use std::path::Path;

use crate::checked::{Checked, Note};
use crate::finding::{Caveat, Finding};
use crate::place::Place;
use crate::style::Style;

/// Prints the findings in a document. `quiet` leaves the violations only.
pub(crate) fn text(
    out: &mut impl Write,
    file: &Path,
    bytes: &[u8],
    checked: &Checked,
    style: Style,
    quiet: bool,
) -> io::Result<()> {
    for violation in &checked.violations {
        one(out, file, bytes, violation, style)?;
    }
    if checked.more {
        let error = style.error("error");
        writeln!(out, "{error}: more violations follow that are not shown\n")?;
    }
    if quiet {
        return Ok(());
    }
    for warning in &checked.warnings {
        warn(out, file, warning, style)?;
    }
    for note in &checked.notes {
        self::note(out, file, note, style)?;
    }
    summary(out, file, checked)
}

fn summary(out: &mut impl Write, file: &Path, checked: &Checked) -> io::Result<()> {
    let kind = checked.kind.unwrap_or("document");
    write!(out, "{}: {kind}", file.display())?;
    match checked.is_ok() {
        true => write!(out, " ok")?,
        false => write!(out, ": {} violation(s)", checked.violations.len())?,
    }
    if checked.more {
        write!(out, " and more")?;
    }
    if checked.is_ok() && !checked.warnings.is_empty() {
        write!(out, ", {} warning(s)", checked.warnings.len())?;
    }
    if !checked.notes.is_empty() {
        write!(out, ", {} note(s)", checked.notes.len())?;
    }
    writeln!(out)
}

fn warn(out: &mut impl Write, file: &Path, warning: &Caveat, style: Style) -> io::Result<()> {
    let label = style.warning("warning");
    write!(out, "{label}: {}: {}", file.display(), warning.name)?;
    if let Some(param) = &warning.param {
        write!(out, " at {param}")?;
    }
    if let Some(at) = warning.at {
        write!(out, " (event {}, byte {})", at.event, at.offset)?;
    }
    if let Some(meant) = warning.suggestion {
        write!(out, ": did you mean '{meant}'?")?;
    }
    writeln!(out)
}

fn note(out: &mut impl Write, file: &Path, note: &Note, style: Style) -> io::Result<()> {
    let Note { quirk, count, at } = note;
    let label = style.note("note");
    write!(out, "{label}: {}: {}", file.display(), quirk.name)?;
    if let Some(at) = at {
        write!(out, " (event {}, byte {})", at.event, at.offset)?;
    }
    if *count > 1 {
        write!(out, ", {count} times")?;
    }
    writeln!(out, ": {}, as at {}", quirk.example, quirk.seen_at)
}

fn one(
    out: &mut impl Write,
    file: &Path,
    bytes: &[u8],
    found: &Finding,
    style: Style,
) -> io::Result<()> {
    let label = style.error(&format!("error[{}]", found.code));
    writeln!(out, "{label}: {}", found.message)?;
    let place = Place::new(bytes, found.place.unwrap_or_default());
    let margin = " ".repeat(place.line.to_string().len());
    writeln!(
        out,
        "{margin}--> {}:{}:{}",
        file.display(),
        place.line,
        place.column
    )?;
    writeln!(out, "{margin} |")?;
    writeln!(out, "{} | {}", place.line, place.excerpt)?;
    let whole = if found.at.is_some() {
        "the event"
    } else {
        "the document"
    };
    writeln!(
        out,
        "{margin} | {}{} {}",
        " ".repeat(place.indent),
        style.error("^"),
        found.path.param().as_deref().unwrap_or(whole)
    )?;
    if let Some(at) = found.at {
        writeln!(out, "{margin} = event {}, byte {}", at.event, at.offset)?;
    }
    writeln!(out, "{margin} = rule: {}", found.rule)?;
    if let Some(section) = &found.section {
        writeln!(out, "{margin} = specification: {section}")?;
    }
    writeln!(out)
}

/// What several files came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    files: usize,
    good: usize,
    unreadable: usize,
    violations: usize,
    warnings: usize,
    notes: usize,
}

impl Totals {
    pub(crate) fn add(&mut self, checked: &Checked) {
        self.files += 1;
        self.good += usize::from(checked.is_ok());
        self.violations += checked.violations.len();
        self.warnings += checked.warnings.len();
        self.notes += checked.notes.len();
    }

    /// Counts a path that cannot be read.
    pub(crate) fn add_unreadable(&mut self) {
        self.files += 1;
        self.unreadable += 1;
    }

    /// Prints the totals, where there is more than one file.
    pub(crate) fn text(self, out: &mut impl Write) -> io::Result<()> {
        let Self {
            files,
            good,
            unreadable,
            violations,
            warnings,
            notes,
        } = self;
        if files < 2 {
            return Ok(());
        }
        let bad = files - good - unreadable;
        write!(out, "{files} files: {good} ok, {bad} not ok")?;
        for (count, what) in [
            (unreadable, "unreadable"),
            (violations, "violation(s)"),
            (warnings, "warning(s)"),
            (notes, "note(s)"),
        ] {
            if count > 0 {
                write!(out, ", {count} {what}")?;
            }
        }
        writeln!(out)
    }
}
