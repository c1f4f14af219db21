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
use super::verdict::{Over, Verdict};

/// One request and the check of its response.
struct Ask {
    name: &'static str,
    section: &'static str,
    /// A server may refuse it.
    optional: bool,
    request: fn() -> Value,
    check: fn(&Value) -> Verdict,
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
        let response = if self.optional {
            probe.optional(&request, over).await?
        } else {
            probe.response(&request, over).await?
        };
        (self.check)(&response)
    }
}
