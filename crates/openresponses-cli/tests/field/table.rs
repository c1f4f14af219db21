//! How many streams show what, by kind.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::{Arc, Mutex};

use crate::judge::Fault;

/// Counts shared by all trials.
#[derive(Clone, Default)]
pub(crate) struct Table(Arc<Mutex<Rows>>);

#[derive(Default)]
struct Rows {
    /// Streams by mode and kind of fault.
    faults: BTreeMap<(String, String), BTreeSet<String>>,
    /// Streams by mode, source and name of a rule or repair.
    names: BTreeMap<(String, String, String), usize>,
}

impl Table {
    pub(crate) fn note(&self, mode: &str, stream: &str, faults: &[Fault], names: &[String]) {
        let mut rows = self.0.lock().unwrap();
        for fault in faults {
            let key = (mode.to_owned(), fault.kind.clone());
            rows.faults.entry(key).or_default().insert(stream.into());
        }
        let source = stream.split("__").next().unwrap_or_default();
        for name in names.iter().collect::<BTreeSet<_>>() {
            let key = (mode.to_owned(), source.to_owned(), name.clone());
            *rows.names.entry(key).or_default() += 1;
        }
    }

    /// Notes how many of one kind there are.
    pub(crate) fn count(&self, mode: &str, kind: &str, count: usize) {
        let mut rows = self.0.lock().unwrap();
        let names = (0..count).map(|at| at.to_string()).collect();
        if count > 0 {
            rows.faults.insert((mode.into(), kind.into()), names);
        }
    }

    /// The counts as Markdown.
    pub(crate) fn print(&self) -> String {
        let rows = self.0.lock().unwrap();
        let mut text =
            String::from("| mode | fault | streams | for example |\n|---|---|---|---|\n");
        for ((mode, kind), streams) in &rows.faults {
            let example = streams.first().map_or("", |name| name);
            let _ = writeln!(text, "| {mode} | {kind} | {} | {example} |", streams.len());
        }
        text.push_str("\n| mode | recorded by | rule or repair | streams |\n|---|---|---|---|\n");
        for ((mode, source, name), count) in &rows.names {
            let _ = writeln!(text, "| {mode} | {source} | {name} | {count} |");
        }
        text
    }
}
