//! `[usage] file`: one line of JSON for each model call, from which bills can be made.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use metrics::counter;
use openresponses_gateway::observe::{Observer, RequestEnd};
use serde::Serialize;

/// Lines that could not be written.
pub(crate) const LOST: &str = "openresponses_usage_lines_lost_total";

/// The file that lines are appended to, if any. Clones share it: requests that began before a reload
/// write to the file of the reload.
#[derive(Clone, Default)]
pub(crate) struct UsageFile(Arc<Mutex<Option<File>>>);

impl UsageFile {
    /// Opens a file, or the same one again, which may have been renamed. A file that cannot be opened
    /// leaves the one before in place.
    ///
    /// # Errors
    /// The fault, for the operator.
    pub(crate) fn open(&self, path: Option<&Path>) -> Result<(), String> {
        let open = |path: &Path| {
            let file = OpenOptions::new().create(true).append(true).open(path);
            file.map_err(|error| format!("usage.file: cannot open {}: {error}", path.display()))
        };
        let file = path.map(open).transpose()?;
        *self.lock() = file;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Option<File>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One write for each line, so that other processes can append to the same file.
    fn write(&self, line: &Line<'_>) -> io::Result<()> {
        let mut file = self.lock();
        let Some(file) = file.as_mut() else {
            return Ok(());
        };
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        file.write_all(&text)
    }
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    tenant: Option<&'a str>,
    key: Option<&'a str>,
    operation: &'a str,
    model: &'a str,
    provider: Option<&'a str>,
    provider_model: Option<&'a str>,
    response_id: Option<&'a str>,
    request_id: Option<&'a str>,
    status: &'a str,
    input_tokens: Option<u64>,
    cached_tokens: Option<u64>,
    output_tokens: Option<u64>,
    reasoning_tokens: Option<u64>,
    /// A decimal number as text, which keeps all of its digits.
    cost: Option<String>,
    duration_ms: u64,
}

impl Observer for UsageFile {
    fn request_ended(&self, request: &RequestEnd<'_>) {
        // Without a provider there is nothing to bill.
        let Some(model) = request.model else {
            return;
        };
        if request.operation == "count_input_tokens" {
            return;
        }
        let (context, usage) = (request.context, request.usage);
        let input = usage.and_then(|usage| usage.input_tokens_details.value());
        let output = usage.and_then(|usage| usage.output_tokens_details.value());
        let written = self.write(&Line {
            time: humantime::format_rfc3339_millis(SystemTime::now()).to_string(),
            tenant: context.and_then(|context| context.tenant()),
            key: request.key_name,
            operation: request.operation,
            model,
            provider: request.provider,
            provider_model: request.provider_model,
            response_id: context.and_then(|context| context.response_id()),
            request_id: context.map(|context| context.request_id()),
            status: request.outcome.label(),
            input_tokens: usage.map(|usage| usage.input_tokens),
            cached_tokens: input.map(|details| details.cached_tokens),
            output_tokens: usage.map(|usage| usage.output_tokens),
            reasoning_tokens: output.map(|details| details.reasoning_tokens),
            cost: request.cost.map(|cost| cost.to_string()),
            duration_ms: u64::try_from(request.took.as_millis()).unwrap_or(u64::MAX),
        });
        if let Err(error) = written {
            counter!(LOST).increment(1);
            tracing::error!(%error, "a line of the usage file was not written");
        }
    }
}
