//! Prints the rows as a table or as JSON.

use std::io::{self, Write};

use openresponses_types::diagnostics::Excerpt;
use serde::Serialize;

use super::verdict::{Row, Stop};

/// One line for each case, with the reason below a failed or skipped one.
pub(super) fn text(out: &mut impl Write, url: &str, rows: &[Row]) -> io::Result<()> {
    let rules: Vec<&str> = rows.iter().map(rule).collect();
    let width = |texts: &mut dyn Iterator<Item = &str>| {
        texts
            .map(|text| text.chars().count())
            .max()
            .unwrap_or_default()
    };
    let cases = width(&mut rows.iter().map(|row| row.case).chain(["CASE"]));
    let wide = width(&mut rules.iter().copied().chain(["RULE"]));
    writeln!(out, "{url}\n")?;
    writeln!(
        out,
        "{:cases$}  {:9}  RESULT   {:wide$}  SPECIFICATION",
        "CASE", "OVER", "RULE"
    )?;
    for (row, rule) in rows.iter().zip(rules) {
        writeln!(
            out,
            "{:cases$}  {:9}  {:7}  {rule:wide$}  {}",
            row.case,
            row.over.name(),
            row.result(),
            section(row),
        )?;
        match &row.verdict {
            Ok(()) => {}
            Err(Stop::Skip(why) | Stop::NotShown(why)) => writeln!(out, "    {}", plain(why))?,
            Err(Stop::Broken(broken)) => {
                write!(out, "    {}", plain(&broken.message))?;
                if let (Some(event), Some(offset)) = (broken.event, broken.offset) {
                    write!(out, " (event {event}, byte {offset})")?;
                }
                writeln!(out)?;
            }
        }
    }
    let Counts {
        passed,
        failed,
        skipped,
        not_shown,
    } = count(rows);
    write!(out, "\n{passed} passed, {failed} failed, {skipped} skipped")?;
    match not_shown {
        0 => writeln!(out),
        count => writeln!(out, ", {count} not shown by this model"),
    }
}

/// Control characters from a server must not reach the terminal.
fn plain(text: &str) -> Excerpt<'_> {
    const MAX_CELL_CHARS: usize = 1_000;
    Excerpt::new(text).limit(MAX_CELL_CHARS)
}

fn rule(row: &Row) -> &str {
    match &row.verdict {
        Err(Stop::Broken(broken)) => &broken.rule,
        _ => "-",
    }
}

fn section(row: &Row) -> &str {
    match &row.verdict {
        Err(Stop::Broken(broken)) => broken.section.as_deref().unwrap_or(row.section),
        _ => row.section,
    }
}

struct Counts {
    passed: usize,
    failed: usize,
    skipped: usize,
    not_shown: usize,
}

fn count(rows: &[Row]) -> Counts {
    let of = |is: fn(&Row) -> bool| rows.iter().filter(|row| is(row)).count();
    Counts {
        passed: of(|row| row.verdict.is_ok()),
        failed: of(Row::failed),
        skipped: of(Row::skipped),
        not_shown: of(Row::not_shown),
    }
}

#[derive(Serialize)]
struct Report<'a> {
    url: &'a str,
    ok: bool,
    passed: usize,
    failed: usize,
    skipped: usize,
    not_shown: usize,
    cases: Vec<Case<'a>>,
}

#[derive(Serialize)]
struct Case<'a> {
    case: &'a str,
    over: &'a str,
    result: &'a str,
    rule: Option<&'a str>,
    section: &'a str,
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
}

/// One object in one line.
pub(super) fn json(out: &mut impl Write, url: &str, rows: &[Row]) -> io::Result<()> {
    let Counts {
        passed,
        failed,
        skipped,
        not_shown,
    } = count(rows);
    let cases = rows.iter().map(|row| {
        let broken = match &row.verdict {
            Err(Stop::Broken(broken)) => Some(broken),
            _ => None,
        };
        Case {
            case: row.case,
            over: row.over.name(),
            result: row.result(),
            rule: broken.map(|broken| &*broken.rule),
            section: section(row),
            message: match &row.verdict {
                Err(Stop::Skip(why) | Stop::NotShown(why)) => Some(why),
                _ => broken.map(|broken| &*broken.message),
            },
            event: broken.and_then(|broken| broken.event),
            offset: broken.and_then(|broken| broken.offset),
        }
    });
    let report = Report {
        url,
        ok: failed == 0,
        passed,
        failed,
        skipped,
        not_shown,
        cases: cases.collect(),
    };
    serde_json::to_writer(&mut *out, &report)?;
    writeln!(out)
}
