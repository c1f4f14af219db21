//! The rows of a run, and which cases are run.

use super::verdict::{Over, Row, Verdict};

/// Runs the cases that are asked for.
pub(super) struct Rows {
    /// All cases are run if there is no pattern.
    patterns: Vec<Pattern>,
    rows: Vec<Row>,
}

struct Pattern {
    text: String,
    is_used: bool,
}

impl Rows {
    pub(super) fn new(patterns: &[String]) -> Self {
        let pattern = |text: &String| Pattern {
            text: text.clone(),
            is_used: false,
        };
        Self {
            patterns: patterns.iter().map(pattern).collect(),
            rows: Vec::new(),
        }
    }

    /// Returns true for a case that is to be run.
    pub(super) fn wants(&mut self, case: &str, over: Over) -> bool {
        let mut wants = self.patterns.is_empty();
        for pattern in &mut self.patterns {
            if pattern.matches(case, over) {
                pattern.is_used = true;
                wants = true;
            }
        }
        wants
    }

    /// Runs a case if it is asked for.
    pub(super) async fn run(
        &mut self,
        case: &'static str,
        section: &'static str,
        over: Over,
        verdict: impl Future<Output = Verdict>,
    ) {
        if self.wants(case, over) {
            self.rows.push(Row {
                case,
                over,
                section,
                verdict: verdict.await,
            });
        }
    }

    /// Returns the rows, or an error if a pattern has no case.
    pub(super) fn finish(self) -> Result<Vec<Row>, String> {
        match self.patterns.into_iter().find(|pattern| !pattern.is_used) {
            Some(pattern) => Err(format!("there is no case '{}'", pattern.text)),
            None => Ok(self.rows),
        }
    }
}

impl Pattern {
    fn matches(&self, case: &str, over: Over) -> bool {
        match self.text.strip_suffix('*') {
            Some(start) => case.starts_with(start),
            None => self.text == case || self.text == over.name(),
        }
    }
}
