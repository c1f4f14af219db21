//! `--check` and `--check-upstreams`: whether what the file names can be reached.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;

use crate::gateway::Upstreams;
use crate::say;

/// An attempt to reach something outside of the process, such as a store.
pub(crate) struct Probe {
    name: String,
    run: Pin<Box<dyn Future<Output = Result<(), String>> + Send>>,
}

impl Probe {
    pub(crate) fn new<E: Error>(
        name: impl Into<String>,
        run: impl Future<Output = Result<(), E>> + Send + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            run: Box::pin(async move { run.await.map_err(|error| with_causes(&error)) }),
        }
    }
}

fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Runs all probes one after the other.
///
/// # Errors
/// One line for each that failed.
pub(crate) async fn run(probes: Vec<Probe>) -> Result<(), Vec<String>> {
    let mut failed = Vec::new();
    for probe in probes {
        if let Err(error) = probe.run.await {
            failed.push(format!("{}: {error}", probe.name));
        }
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(failed)
    }
}

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
