//! Prints violations in the style of a compiler.

use std::io::{self, Write};
use std::path::Path;

use crate::finding::{Caveat, Checked, Finding};

/// Number of characters of a line shown before and after the place.
const BEFORE: usize = 40;
const BEHIND: usize = 60;

/// Prints the findings in a document.
pub(crate) fn text(
    out: &mut impl Write,
    file: &Path,
    bytes: &[u8],
    checked: &Checked,
) -> io::Result<()> {
    for violation in &checked.violations {
        one(out, file, bytes, violation)?;
    }
    if checked.more {
        writeln!(out, "error: more violations follow that are not shown\n")?;
    }
    for warning in &checked.warnings {
        warn(out, file, warning)?;
    }
    let kind = checked.kind.unwrap_or("document");
    match (checked.violations.len(), checked.warnings.len()) {
        (0, 0) => writeln!(out, "{}: {kind} ok", file.display()),
        (0, warnings) => writeln!(out, "{}: {kind} ok, {warnings} warning(s)", file.display()),
        (violations, _) => writeln!(out, "{}: {kind}: {violations} violation(s)", file.display()),
    }
}

fn warn(out: &mut impl Write, file: &Path, warning: &Caveat) -> io::Result<()> {
    write!(out, "warning: {}: {}", file.display(), warning.name)?;
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

fn one(out: &mut impl Write, file: &Path, bytes: &[u8], found: &Finding) -> io::Result<()> {
    writeln!(out, "error[{}]: {}", found.code, found.message)?;
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
        "{margin} | {}^ {}",
        " ".repeat(place.indent),
        found.param().as_deref().unwrap_or(whole)
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

/// A byte of a document, as line and column.
struct Place {
    line: usize,
    column: usize,
    /// A part of the line with the place `indent` characters from the left.
    excerpt: String,
    indent: usize,
}

impl Place {
    fn new(bytes: &[u8], offset: usize) -> Self {
        let (before, behind) = bytes.split_at(offset.min(bytes.len()));
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let end = behind
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(behind.len());
        let left = String::from_utf8_lossy(before.get(start..).unwrap_or_default());
        let right = String::from_utf8_lossy(behind.get(..end).unwrap_or_default());
        let column = left.chars().count() + 1;
        let skipped = column.saturating_sub(BEFORE + 1);
        let mut excerpt = String::new();
        if skipped > 0 {
            excerpt.push('…');
        }
        excerpt.extend(left.chars().skip(skipped).map(printable));
        let indent = excerpt.chars().count();
        excerpt.extend(right.chars().take(BEHIND).map(printable));
        if right.chars().nth(BEHIND).is_some() {
            excerpt.push('…');
        }
        Self {
            line,
            column,
            excerpt,
            indent,
        }
    }
}

/// Replaces tabs and escape sequences, which would shift columns.
fn printable(character: char) -> char {
    if character.is_control() {
        ' '
    } else {
        character
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_line_and_column() {
        let text = "{\n  \"é\": [1, 2]\n}".as_bytes();
        let place = Place::new(text, 10);
        assert_eq!((place.line, place.column, place.indent), (2, 8, 7));
        assert_eq!(place.excerpt, "  \"é\": [1, 2]");
    }

    #[test]
    fn cuts_long_lines() {
        let text = format!("{}X{}", "a".repeat(100), "b".repeat(100));
        let place = Place::new(text.as_bytes(), 100);
        assert_eq!(place.column, 101);
        assert_eq!(place.excerpt.chars().nth(place.indent), Some('X'));
        assert_eq!(place.excerpt.chars().count(), 1 + BEFORE + BEHIND + 1);
        assert_eq!(Place::new(b"", 9).line, 1);
    }
}
