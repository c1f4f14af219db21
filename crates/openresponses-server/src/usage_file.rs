//! `[usage] file`: one line of JSON for each model call, from which bills can be made.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
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
pub(crate) struct UsageFile(Arc<Mutex<Option<Lines>>>);

/// An open file. `file` may end in a part of a line, of a write that failed.
struct Lines<F = File> {
    file: F,
    is_torn: bool,
}

impl Lines {
    fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        let file = options.open(path)?;
        let is_torn = file.metadata()?.is_file() && ends_in_a_line(path).is_ok_and(|ends| !ends);
        Ok(Self { file, is_torn })
    }
}

/// Returns whether the last line of a file has its end. True for an empty file.
fn ends_in_a_line(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

impl<F: Write> Lines<F> {
    /// Writes a line with its end at once, so that other processes can append to the same file.
    fn write(&mut self, line: &Line<'_>) -> io::Result<()> {
        let mut text = Vec::new();
        if self.is_torn {
            text.push(b'\n');
        }
        serde_json::to_writer(&mut text, line)?;
        text.push(b'\n');
        let written = self.file.write_all(&text);
        self.is_torn = written.is_err();
        written
    }
}

impl UsageFile {
    /// Opens a file, or the same one again, which may have been renamed. A file that cannot be opened
    /// leaves the one before in place.
    ///
    /// # Errors
    /// The fault, for the operator.
    pub(crate) fn open(&self, path: Option<&Path>) -> Result<(), String> {
        let open = |path: &Path| {
            let lines = Lines::open(path);
            lines.map_err(|error| format!("usage.file: cannot open {}: {error}", path.display()))
        };
        *self.lock() = path.map(open).transpose()?;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Option<Lines>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, line: &Line<'_>) -> io::Result<()> {
        self.lock()
            .as_mut()
            .map_or(Ok(()), |lines| lines.write(line))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk that is full after some bytes, and has room again.
    struct Full {
        text: Vec<u8>,
        room: usize,
    }

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.room);
            self.room -= taken;
            self.text.extend(&bytes[..taken]);
            match taken {
                0 => Err(io::ErrorKind::StorageFull.into()),
                taken => Ok(taken),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn line(model: &str) -> Line<'_> {
        Line {
            time: "2026-01-01T00:00:00Z".into(),
            tenant: None,
            key: None,
            operation: "respond",
            model,
            provider: None,
            provider_model: None,
            response_id: None,
            request_id: None,
            status: "completed",
            input_tokens: None,
            cached_tokens: None,
            output_tokens: None,
            reasoning_tokens: None,
            cost: None,
            duration_ms: 1,
        }
    }

    #[test]
    fn a_line_after_a_torn_one_is_whole() {
        let file = Full {
            text: Vec::new(),
            room: 10,
        };
        let mut lines = Lines {
            file,
            is_torn: false,
        };
        assert!(lines.write(&line("lost")).is_err());
        lines.file.room = usize::MAX;
        lines.write(&line("first")).unwrap();
        lines.write(&line("second")).unwrap();
        let text = String::from_utf8(lines.file.text).unwrap();
        let read: Vec<_> = text
            .lines()
            .map(serde_json::from_str::<serde_json::Value>)
            .collect();
        assert_eq!(read.len(), 3, "{text}");
        assert!(read[0].is_err());
        assert_eq!(read[1].as_ref().unwrap()["model"], "first");
        assert_eq!(read[2].as_ref().unwrap()["model"], "second");
    }

    #[test]
    fn a_file_that_ends_in_a_part_of_a_line_is_torn() {
        let folder = std::env::temp_dir().join(format!("usage-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for (name, before, is_torn) in [
            ("new", "", false),
            ("whole", "{}\n", false),
            ("torn", "{}\n{\"mo", true),
        ] {
            let path = folder.join(name);
            std::fs::write(&path, before).unwrap();
            assert_eq!(Lines::open(&path).unwrap().is_torn, is_torn, "{name}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
