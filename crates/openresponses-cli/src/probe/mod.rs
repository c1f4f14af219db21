//! `openresponses probe`: a conformance run against a running server.

mod answer;
mod cases;
mod client;
mod rows;
mod socket;
mod table;
mod target;
#[cfg(feature = "tls")]
mod tls;
mod verdict;

use std::io;
use std::time::Duration;

use openresponses_types::Profile;

use crate::Outcome;
use crate::args::{Format, ProbeArguments};
use client::Client;
use rows::Rows;
use target::Target;
use verdict::Row;

/// The server and the settings of requests.
struct Probe {
    client: Client,
    model: String,
    profile: Profile,
    has_key: bool,
    /// The server refuses this key, as its operator says.
    has_bad_key: bool,
    models: Models,
}

/// Models that do not answer, as the server's operator names them.
struct Models {
    failing: Option<String>,
    limited: Option<String>,
    slow: Option<String>,
    missing: Option<String>,
}

pub(crate) fn run(arguments: &ProbeArguments) -> io::Result<Outcome> {
    let target = match Target::parse(&arguments.url) {
        Ok(target) => target,
        Err(problem) => return Ok(unusable(&arguments.url, problem)),
    };
    let time = Duration::from_secs(arguments.timeout);
    let (key, bad_key) = (arguments.key.as_deref(), arguments.bad_key.as_deref());
    let client = match Client::new(target, key, bad_key, time) {
        Ok(client) => client,
        Err(problem) => return Ok(unusable(&arguments.url, problem)),
    };
    let probe = Probe {
        client,
        model: arguments.model.clone(),
        profile: arguments.profile,
        has_key: arguments.key.is_some(),
        has_bad_key: arguments.bad_key.is_some(),
        models: Models {
            failing: arguments.failing_model.clone(),
            limited: arguments.limited_model.clone(),
            slow: arguments.slow_model.clone(),
            missing: arguments.missing_model.clone(),
        },
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let rows: Vec<Row> = match runtime.block_on(async {
        // An unreachable server violates no rule.
        probe.client.reach().await?;
        let mut rows = Rows::new(&arguments.cases);
        cases::run_all(&probe, &mut rows).await;
        rows.finish()
    }) {
        Ok(rows) => rows,
        Err(problem) => return Ok(unusable(&arguments.url, problem)),
    };
    let out = &mut io::stdout().lock();
    match arguments.format {
        Format::Text => table::text(out, &arguments.url, &rows)?,
        Format::Json => table::json(out, &arguments.url, &rows)?,
    }
    Ok(if rows.iter().any(Row::failed) {
        Outcome::Violation
    } else {
        Outcome::Fine
    })
}

fn unusable(url: &str, problem: impl std::fmt::Display) -> Outcome {
    eprintln!("openresponses: {url}: {problem}");
    Outcome::Unusable
}
