//! The `openresponses` command: checks documents, streams and servers of the Open Responses protocol.
//!
//! ```sh
//! openresponses check request.json
//! openresponses check --kind response --profile strict --format json answer.json
//! openresponses check --kind stream --profile vendor answer.sse
//! openresponses check --quiet recordings/
//! openresponses check --stream-rules
//! openresponses echo request.json
//! openresponses probe http://127.0.0.1:8080/v1 --key secret
//! openresponses schema-coverage
//! ```
//!
//! Exit status: 0 on success, 1 when a document or a server violates a rule, 2 for an unreadable
//! file, a directory without documents, a server that does not answer at all or an invalid argument.
//! With `check --profile vendor` the status is 0 for a stream that is
//! no worse than those of known servers: what they do wrong is noted.
#![forbid(unsafe_code)]

mod args;
mod check;
mod checked;
mod coverage;
mod echo;
mod finding;
mod guess;
mod list;
mod place;
mod print_json;
mod probe;
mod quirk;
mod show;
mod source;
mod style;
mod transcript;

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};

/// Exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// Success.
    Fine,
    /// A document or a server violates a rule.
    Violation,
    /// A file or an argument could not be used.
    Unusable,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Echo(arguments) => echo::run(&arguments),
        Command::Probe(arguments) => probe::run(&arguments),
        Command::SchemaCoverage => coverage::run(),
    };
    // Without a reader, an error of the output cannot be reported.
    ExitCode::from(match outcome.unwrap_or(Outcome::Unusable) {
        Outcome::Fine => 0,
        Outcome::Violation => 1,
        Outcome::Unusable => 2,
    })
}
