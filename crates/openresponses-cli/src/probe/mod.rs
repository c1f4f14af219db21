//! `openresponses probe`: a conformance run against a running server.

mod answer;
mod cases;
mod client;
mod consistent;
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
use consistent::Seen;
use rows::{Case, Rows};
use table::Table;
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
    /// The server offers WebSockets, as its operator says.
    has_websocket: bool,
    models: Models,
    seen: Seen,
}

/// Models that do not answer, as the server's operator names them.
struct Models {
    failing: Option<String>,
    limited: Option<String>,
    slow: Option<String>,
    missing: Option<String>,
}

impl Probe {
    fn new(arguments: &ProbeArguments, url: &str) -> Result<Self, String> {
        let given = |key: &Option<String>| key.clone().filter(|key| !key.is_empty());
        let (key, bad_key) = (given(&arguments.key), given(&arguments.bad_key));
        let time = Duration::from_secs(arguments.timeout);
        let target = Target::parse(url)?;
        Ok(Self {
            client: Client::new(target, key.as_deref(), bad_key.as_deref(), time)?,
            model: arguments.model.clone(),
            profile: arguments.profile,
            has_key: key.is_some(),
            has_bad_key: bad_key.is_some(),
            has_websocket: arguments.websocket,
            models: Models {
                failing: arguments.failing_model.clone(),
                limited: arguments.limited_model.clone(),
                slow: arguments.slow_model.clone(),
                missing: arguments.missing_model.clone(),
            },
            seen: Seen::default(),
        })
    }

    /// Returns the cases that there are.
    async fn cases(&self) -> Vec<Case> {
        let mut rows = Rows::listing();
        cases::run_all(self, &mut rows).await;
        rows.into_cases()
    }
}

/// A server to list the cases for: nothing is sent to it.
const NOWHERE: &str = "http://localhost";

pub(crate) fn run(arguments: &ProbeArguments) -> io::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let url = match &arguments.url {
        Some(url) if !arguments.list => url.as_str(),
        _ => NOWHERE,
    };
    let probe = match Probe::new(arguments, url) {
        Ok(probe) => probe,
        Err(problem) => return Ok(unusable(url, problem)),
    };
    let cases = runtime.block_on(probe.cases());
    if arguments.list {
        table::cases(&mut io::stdout().lock(), &cases)?;
        return Ok(Outcome::Fine);
    }
    if let Some(pattern) = rows::unused(&arguments.cases, &cases) {
        let problem = format!("there is no case '{pattern}' (--cases lists them)");
        return Ok(unusable(url, problem));
    }
    runtime.block_on(probe_server(arguments, url, &probe, &cases))
}

async fn probe_server(
    arguments: &ProbeArguments,
    url: &str,
    probe: &Probe,
    cases: &[Case],
) -> io::Result<Outcome> {
    // A server that cannot be reached violates no rule.
    if let Err(problem) = probe.client.reach().await {
        return Ok(unusable(url, problem));
    }
    let patterns = arguments.cases.as_slice();
    let chosen = cases
        .iter()
        .filter(|case| rows::is_chosen(patterns, case.name, case.over));
    let table = Table::new(chosen.map(|case| case.name));
    let mut rows = match arguments.format {
        Format::Text => {
            table.head(&mut io::stdout(), url)?;
            Rows::new(patterns, move |row| table.row(&mut io::stdout(), row))
        }
        Format::Json => Rows::new(patterns, |_| Ok(())),
    };
    cases::run_all(probe, &mut rows).await;
    let is_stopped = rows.is_stopped();
    let rows = rows.finish()?;
    match arguments.format {
        Format::Text => table::totals(&mut io::stdout(), &rows)?,
        Format::Json => table::json(&mut io::stdout().lock(), url, &rows)?,
    }
    if is_stopped {
        let problem = "the server does not answer any more: the other cases are not run";
        eprintln!("openresponses: {url}: {problem}");
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
