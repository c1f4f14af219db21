//! Tests of the store against real servers. Each case starts its own `redis-server` from the path
//! on a free port of 127.0.0.1. Without a `redis-server` the cases are reported as ignored.

#![allow(clippy::unwrap_used, clippy::panic)]

mod basics;
#[cfg(feature = "budgets")]
mod budgets;
mod cancel;
#[cfg(feature = "cluster")]
mod cluster;
mod faults;
mod large;
mod outages;
mod refusals;
mod sharing;
mod streams;
mod support;
#[cfg(feature = "tls")]
mod tls;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    trials.extend(basics::trials());
    trials.extend(sharing::trials());
    trials.extend(streams::trials());
    trials.extend(faults::trials());
    trials.extend(large::trials());
    trials.extend(outages::trials());
    trials.extend(refusals::trials());
    trials.extend(cancel::trials());
    #[cfg(feature = "budgets")]
    trials.extend(budgets::trials());
    #[cfg(feature = "cluster")]
    trials.extend(cluster::trials());
    #[cfg(feature = "tls")]
    trials.extend(tls::trials());
    let missing = ["redis-server", "redis-cli"]
        .iter()
        .any(|program| !support::installed(program, "--version"));
    let trials: Vec<Trial> = trials
        .into_iter()
        .map(|trial| {
            let ignored = missing || trial.has_ignored_flag();
            trial.with_ignored_flag(ignored)
        })
        .collect();
    if missing {
        eprintln!("redis-server is not installed: these tests are ignored");
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
