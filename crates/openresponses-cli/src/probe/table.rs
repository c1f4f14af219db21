//! Prints the rows as a table or as JSON.

use std::io::{self, Write};

use openresponses_types::diagnostics::Excerpt;
use serde::Serialize;

use super::rows::Case;
use super::verdict::{Row, Stop};

/// The width of the column of rules: those of streams fit, those of members may be longer.
const RULE_WIDTH: usize = 34;

/// A table whose rows are printed one by one.
#[derive(Clone, Copy)]
pub(super) struct Table {
    /// The width of the column of cases.
    cases: usize,
}

impl Table {
    /// For these cases.
    pub(super) fn new<'c>(cases: impl Iterator<Item = &'c str>) -> Self {
        let widths = cases.chain(["CASE"]).map(str::len);
        Self {
            cases: widths.max().unwrap_or_default(),
        }
    }

    pub(super) fn head(self, out: &mut impl Write, url: &str) -> io::Result<()> {
        writeln!(out, "{url}\n")?;
        self.line(out, ["CASE", "OVER", "RESULT", "RULE", "SPECIFICATION"])
    }

    /// One line, with the reason below a failed or skipped case.
    pub(super) fn row(self, out: &mut impl Write, row: &Row) -> io::Result<()> {
        let over = row.over.name();
        self.line(out, [row.case, over, row.result(), rule(row), section(row)])?;
        match &row.verdict {
            Ok(()) => Ok(()),
            Err(Stop::Skip(why) | Stop::NotShown(why)) => writeln!(out, "    {}", plain(why)),
            Err(Stop::Broken(broken)) => {
                write!(out, "    {}", plain(&broken.message))?;
                if let (Some(event), Some(offset)) = (broken.event, broken.offset) {
                    write!(out, " (event {event}, byte {offset})")?;
                }
                writeln!(out)
            }
        }
    }

    fn line(self, out: &mut impl Write, cells: [&str; 5]) -> io::Result<()> {
        let cases = self.cases;
        let [case, over, result, rule, section] = cells;
        writeln!(
            out,
            "{case:cases$}  {over:9}  {result:7}  {rule:RULE_WIDTH$}  {section}"
        )
    }
}

/// What the rows came to.
pub(super) fn totals(out: &mut impl Write, rows: &[Row]) -> io::Result<()> {
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

/// The cases that there are.
pub(super) fn cases(out: &mut impl Write, cases: &[Case]) -> io::Result<()> {
    let wide = cases.iter().map(|case| case.name.len()).max();
    let wide = wide.unwrap_or_default();
    for Case {
        name,
        over,
        section,
    } in cases
    {
        writeln!(out, "{name:wide$}  {:9}  {section}", over.name())?;
    }
    Ok(())
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
    cases: Vec<Finished<'a>>,
}

#[derive(Serialize)]
struct Finished<'a> {
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
        Finished {
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
