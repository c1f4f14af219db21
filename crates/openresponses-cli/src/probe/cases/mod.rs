//! Cases: requests and their expected answers.

mod asks;
mod errors;
mod look;
mod members;
mod state;
mod tools;

use serde_json::Value;

use super::Probe;
use super::verdict::{Over, Row, Verdict};

/// One request and the check of its response.
struct Ask {
    name: &'static str,
    section: &'static str,
    /// A server may refuse it.
    optional: bool,
    request: fn() -> Value,
    check: fn(&Value) -> Verdict,
}

/// Runs all cases in sequence.
pub(super) async fn run_all(probe: &Probe) -> Vec<Row> {
    let mut rows = Vec::new();
    for ask in asks::ALL.iter().chain(tools::ALL) {
        for over in [Over::Json, Over::Stream] {
            rows.push(Row {
                case: ask.name,
                over,
                section: ask.section,
                verdict: ask.run(probe, over).await,
            });
        }
    }
    for over in [Over::Json, Over::Stream] {
        rows.push(tools::round_trip(probe, over).await);
    }
    members::run(probe, &mut rows).await;
    state::run(probe, &mut rows).await;
    errors::run(probe, &mut rows).await;
    rows
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
