//! Cases: requests and their expected answers.

mod asks;
mod errors;
mod faults;
mod look;
mod members;
mod state;
mod tools;
mod websocket;

use serde_json::Value;

use super::Probe;
use super::rows::Rows;
use super::verdict::{Over, Stop, Verdict, broken};

/// One request and the check of its response.
struct Ask {
    name: &'static str,
    section: &'static str,
    need: Need,
    request: fn() -> Value,
    check: fn(&Value) -> Verdict,
}

/// What a server, and its model, must do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// Answer it.
    Answer,
    /// Answer it, or refuse it because it is optional.
    AnswerOrRefusal,
    /// Answer it with a call of a tool: the model is forced to.
    Call,
}

/// Runs the cases in sequence.
pub(super) async fn run_all(probe: &Probe, rows: &mut Rows) {
    for ask in asks::ALL.iter().chain(tools::ALL) {
        for over in [Over::Json, Over::Stream] {
            rows.run(ask.name, ask.section, over, ask.run(probe, over))
                .await;
        }
    }
    for over in [Over::Json, Over::Stream] {
        tools::round_trip(probe, rows, over).await;
    }
    members::run(probe, rows).await;
    state::run(probe, rows).await;
    errors::run(probe, rows).await;
    faults::run(probe, rows).await;
    websocket::run(probe, rows).await;
}

impl Ask {
    async fn run(&self, probe: &Probe, over: Over) -> Verdict {
        let request = (self.request)();
        let response = match self.need {
            Need::AnswerOrRefusal => probe.optional(&request, over).await?,
            Need::Answer | Need::Call => probe.response(&request, over).await?,
        };
        tools::agrees(&request, &response)?;
        let calls = look::calls(&response).next().is_some();
        if calls && self.need != Need::Call {
            probe.seen.calls.set(true);
        }
        match (self.check)(&response) {
            Err(Stop::NotShown(_)) if self.need == Need::Call && probe.seen.calls.get() => broken(
                "tool-choice-required",
                "Expected a call, got none from a model that calls tools when it is free to.",
            ),
            verdict => verdict,
        }
    }
}
