//! The rows of a run, and which cases are run.

use std::io;

use super::verdict::{Over, Row, Verdict};

/// A case that there is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) over: Over,
    /// Section of the specification with its rules.
    pub(super) section: &'static str,
}

/// Shows a finished row.
type Show = Box<dyn FnMut(&Row) -> io::Result<()>>;

/// Runs the cases that are asked for, or lists all of them.
pub(super) struct Rows {
    /// All cases are run if there is no pattern.
    patterns: Vec<String>,
    /// The cases instead of their rows.
    listed: Option<Vec<Case>>,
    rows: Vec<Row>,
    show: Show,
    /// The number of rows at the end without an answer.
    silent: usize,
    output: io::Result<()>,
}

/// After this number of cases in sequence without an answer the others are not run: each would wait
/// for its time limit.
const MAX_SILENT: usize = 3;

impl Rows {
    /// Shows each row when it is finished.
    pub(super) fn new(
        patterns: &[String],
        show: impl FnMut(&Row) -> io::Result<()> + 'static,
    ) -> Self {
        Self {
            patterns: patterns.to_vec(),
            listed: None,
            rows: Vec::new(),
            show: Box::new(show),
            silent: 0,
            output: Ok(()),
        }
    }

    /// Runs nothing.
    pub(super) fn listing() -> Self {
        Self {
            listed: Some(Vec::new()),
            ..Self::new(&[], |_| Ok(()))
        }
    }

    /// Returns true for a case that is to be run.
    pub(super) fn wants(&self, case: &str, over: Over) -> bool {
        self.listed.is_none()
            && !self.is_stopped()
            && self.output.is_ok()
            && is_chosen(&self.patterns, case, over)
    }

    /// Runs a case if it is asked for.
    pub(super) async fn run(
        &mut self,
        case: &'static str,
        section: &'static str,
        over: Over,
        verdict: impl Future<Output = Verdict>,
    ) {
        if let Some(listed) = &mut self.listed {
            listed.push(Case {
                name: case,
                over,
                section,
            });
        }
        if !self.wants(case, over) {
            return;
        }
        let row = Row {
            case,
            over,
            section,
            verdict: verdict.await,
        };
        self.silent = if row.is_silent() { self.silent + 1 } else { 0 };
        self.output = (self.show)(&row);
        self.rows.push(row);
    }

    /// Returns true if cases were left out because the server does not answer.
    pub(super) fn is_stopped(&self) -> bool {
        self.silent >= MAX_SILENT
    }

    pub(super) fn finish(self) -> io::Result<Vec<Row>> {
        self.output.map(|()| self.rows)
    }

    /// Returns the cases that were listed.
    pub(super) fn into_cases(self) -> Vec<Case> {
        self.listed.unwrap_or_default()
    }
}

/// Returns true for a case that one of the patterns names, or for any case without patterns.
pub(super) fn is_chosen(patterns: &[String], case: &str, over: Over) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| matches(pattern, case, over))
}

/// Returns the first pattern that names no case.
pub(super) fn unused<'p>(patterns: &'p [String], cases: &[Case]) -> Option<&'p str> {
    let is_used = |pattern: &&String| {
        let mut cases = cases.iter();
        cases.any(|case| matches(pattern, case.name, case.over))
    };
    let mut patterns = patterns.iter();
    patterns
        .find(|pattern| !is_used(pattern))
        .map(String::as_str)
}

fn matches(pattern: &str, case: &str, over: Over) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => case.starts_with(start),
        None => pattern == case || pattern == over.name(),
    }
}
