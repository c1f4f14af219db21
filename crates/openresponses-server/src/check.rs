//! `--check` and `--check-upstreams`: whether the file is good, and what it names can be reached.

use std::pin::pin;
use std::process::ExitCode;

use futures_util::future::{Either, select};

use crate::gateway::Upstreams;
use crate::plan::Plan;
use crate::shutdown::{Hangup, Signals};
use crate::{probe, refuse, say};

/// Tries what the file names, until a signal arrives.
pub(crate) async fn run(
    plan: Plan,
    asks_upstreams: bool,
    (mut signals, mut hangup): (Signals, Hangup),
) -> ExitCode {
    let checked = pin!(all(plan, asks_upstreams));
    let (signal, hangup) = (pin!(signals.next()), pin!(hangup.next()));
    match select(checked, select(signal, hangup)).await {
        Either::Left((code, _)) => code,
        Either::Right(_) => refuse(["the check was interrupted"]),
    }
}

async fn all(plan: Plan, asks_upstreams: bool) -> ExitCode {
    if let Err(failed) = probe::run(plan.probes).await {
        return refuse(&failed);
    }
    if asks_upstreams {
        return upstreams(&plan.upstreams).await;
    }
    match plan.settings.telemetry.described() {
        Ok(text) => say(&text),
        Err(fault) => return refuse([fault]),
    }
    say("The file is good.");
    ExitCode::SUCCESS
}

/// Asks each model server for its models, and fails if one does not answer.
async fn upstreams(upstreams: &Upstreams) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    if upstreams.is_empty() {
        say("There are no model servers.");
    }
    for (name, models) in upstreams.ask().await {
        match models {
            Ok(models) if models.is_empty() => say(&format!("{name}: answers, lists no model")),
            Ok(models) => say(&format!("{name}: {}", models.join(", "))),
            Err(error) => {
                code = ExitCode::FAILURE;
                say(&format!("{name}: FAILED: {error}"));
            }
        }
    }
    code
}
