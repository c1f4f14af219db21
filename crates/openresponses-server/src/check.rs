//! `--check-upstreams`: whether the model servers answer.

use std::process::ExitCode;

use crate::gateway::Upstreams;
use crate::say;

/// Asks each model server for its models, and fails if one does not answer.
pub(crate) async fn upstreams(upstreams: &Upstreams) -> ExitCode {
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
