//! Tests of the store against SQLite files and a PostgreSQL server of their own. Without PostgreSQL
//! its cases are reported as ignored.

#![allow(clippy::unwrap_used, clippy::panic)]

mod cases;
mod large;
mod outages;
mod postgres;
mod pressure;
mod proxy;
mod round_trips;
mod support;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = cases::sqlite();
    trials.extend(cases::postgres());
    libtest_mimic::run(&arguments, trials).exit_code()
}
