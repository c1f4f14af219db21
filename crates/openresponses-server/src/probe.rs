//! Attempts to reach what the file names, for `--check`.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;

/// An attempt to reach something outside of the process, such as a store.
pub(crate) struct Probe {
    name: String,
    run: Pin<Box<dyn Future<Output = Result<(), String>> + Send>>,
}

#[cfg(any(feature = "redis", feature = "sqlite", feature = "postgres"))]
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

/// Returns the text of an error and of its causes.
pub(crate) fn with_causes(error: &dyn Error) -> String {
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
