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
    /// By mode: streams without a fault, a rule or a repair, and all.
    clean: BTreeMap<String, (usize, usize)>,
    /// Streams by mode, server and name of a rule or repair.
    names: BTreeMap<(String, String, String), usize>,
}

impl Table {
    /// Notes what a stream of `server` showed in `mode`.
    pub(crate) fn note(
        &self,
        mode: &str,
        server: &str,
        stream: &str,
        faults: &[Fault],
        names: &[String],
    ) {
        let mut rows = self.0.lock().unwrap();
        let (clean, all) = rows.clean.entry(mode.to_owned()).or_default();
        *clean += usize::from(faults.is_empty() && names.is_empty());
        *all += 1;
        for fault in faults {
            let key = (mode.to_owned(), fault.kind.clone());
            rows.faults.entry(key).or_default().insert(stream.into());
        }
        for name in names.iter().collect::<BTreeSet<_>>() {
            let key = (mode.to_owned(), server.to_owned(), name.clone());
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

    /// By mode: streams without a fault, a rule or a repair, and all.
    pub(crate) fn clean(&self) -> BTreeMap<String, (usize, usize)> {
        self.0.lock().unwrap().clean.clone()
    }

    /// Streams by mode, server and name of a rule or repair.
    pub(crate) fn names(&self) -> BTreeMap<(String, String, String), usize> {
        self.0.lock().unwrap().names.clone()
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
        text.push_str("\n| mode | without any | streams |\n|---|---|---|\n");
        for (mode, (clean, all)) in &rows.clean {
            let _ = writeln!(text, "| {mode} | {clean} | {all} |");
        }
        text.push_str("\n| mode | server | rule or repair | streams |\n|---|---|---|---|\n");
        for ((mode, server, name), count) in &rows.names {
            let _ = writeln!(text, "| {mode} | {server} | {name} | {count} |");
        }
        text
    }
}
