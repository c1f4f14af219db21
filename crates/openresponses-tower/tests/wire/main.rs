//! Compares what the endpoint answers, byte for byte, with what was recorded: over JSON, server-sent
//! events and WebSocket.
//!
//! Each file in `wire/cases` holds cases: requests, and beneath each the recorded answer. [`case`]
//! describes the format. Identifiers are counted, the clock stands still, the timers are virtual, and no
//! socket is opened, so an answer depends on the requests alone. Only the prose of `error.message` is
//! masked.
//!
//! After an intended change of an answer, or for a new case, record the answers anew and review the
//! diff:
//!
//! ```text
//! WIRE_RECORD=1 cargo test -p openresponses-tower --test wire
//! ```
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod answer;
mod case;
mod diff;
mod mask;
mod names;
mod project;
mod run;
mod socket;

use std::path::{Path, PathBuf};
use std::{env, fs};

use libtest_mimic::{Arguments, Trial};

use case::Case;

fn main() {
    let arguments = Arguments::from_args();
    let files = files();
    assert!(!files.is_empty(), "there are no cases");
    if env::var_os("WIRE_RECORD").is_some() {
        files.iter().for_each(|path| record(path));
        return;
    }
    let trials = files.iter().flat_map(|path| {
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        let cases = case::parse(&fs::read_to_string(path).unwrap());
        assert!(!cases.is_empty(), "{file} holds no case");
        cases.into_iter().map(move |case| {
            let name = format!("{file}::{}", case.name);
            Trial::test(name, move || compare(&case))
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire/cases");
    let entries = fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn compare(case: &Case) -> Result<(), libtest_mimic::Failed> {
    let answers = run::run(case);
    let pairs = case.steps.iter().zip(&answers);
    let differences: Vec<_> = pairs
        .filter_map(|(step, answer)| diff::diff(&step.expected, answer, step.line))
        .collect();
    if differences.is_empty() {
        return Ok(());
    }
    Err(differences.join("\n").into())
}

fn record(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    let answers: Vec<_> = case::parse(&text).iter().flat_map(run::run).collect();
    fs::write(path, case::with_answers(&text, &answers)).unwrap();
    println!("recorded {} answers in {}", answers.len(), path.display());
}
