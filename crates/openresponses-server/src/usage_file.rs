//! `[usage] file`: one line of JSON for each model call, from which bills can be made.
//!
//! A thread of its own writes, since a disk that hangs would hold the threads that serve connections.
//! Responses wait for their line.

use std::fs::{File, OpenOptions};
use std::future::Future;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
use std::path::Path;
use std::pin::Pin;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use metrics::counter;
use openresponses_gateway::observe::{Observer, RequestEnd};
use serde::Serialize;
use tokio::sync::watch;

/// Lines that could not be written.
pub(crate) const LOST: &str = "openresponses_usage_lines_lost_total";

/// The most lines that wait to be written. Others are lost.
const WAITING: usize = 16 * 1024;

/// How often the end of the process looks whether all was written.
const LOOK: Duration = Duration::from_millis(5);

/// The file that lines are appended to, if any. Clones share it: requests that began before a reload
/// write to the file of the reload.
#[derive(Clone, Default)]
pub(crate) struct UsageFile(Arc<OnceLock<Queue>>);

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
    /// Writes a line and its end at once, so that other processes can append to the same file.
    fn write(&mut self, mut line: Vec<u8>) -> io::Result<()> {
        if self.is_torn {
            line.insert(0, b'\n');
        }
        let written = self.file.write_all(&line);
        self.is_torn = written.is_err();
        written
    }
}

/// An order to the thread that writes.
enum Order<F> {
    Write(Vec<u8>),
    /// Further lines go to this file, or nowhere.
    Open(Option<Lines<F>>),
}

/// The lines on their way to the thread that writes.
struct Queue<F = File> {
    orders: SyncSender<Order<F>>,
    /// The number of lines that were ever queued. Locked while a line is queued, so that its number is its
    /// place in the queue.
    queued: Mutex<u64>,
    /// The number of lines that were ever taken from the queue and written, or lost.
    written: watch::Receiver<u64>,
}

impl<F: Write + Send + 'static> Queue<F> {
    /// # Errors
    /// When the system has no thread.
    fn start(waiting: usize) -> io::Result<Self> {
        let (orders, taken) = sync_channel(waiting);
        let (count, written) = watch::channel(0);
        let writer = thread::Builder::new().name("usage-file".into());
        writer.spawn(move || write(&taken, &count))?;
        let queued = Mutex::default();
        Ok(Self {
            orders,
            queued,
            written,
        })
    }

    /// Queues a line. Returns false if too many wait.
    fn push(&self, line: Vec<u8>) -> bool {
        let mut queued = self.queued.lock().unwrap_or_else(PoisonError::into_inner);
        let is_queued = self.orders.try_send(Order::Write(line)).is_ok();
        *queued += u64::from(is_queued);
        is_queued
    }

    /// Resolves when all lines that are queued now were written. `None` if they were.
    fn written(&self) -> Option<impl Future<Output = ()> + Send + use<F>> {
        let queued = *self.queued.lock().unwrap_or_else(PoisonError::into_inner);
        let mut written = self.written.clone();
        let is_written = move |written: &u64| *written >= queued;
        let waits = !is_written(&written.borrow());
        waits.then_some(async move { drop(written.wait_for(is_written).await) })
    }

    /// Waits until all lines that are queued now were written, for at most so long, and returns how many were not.
    /// Needs no room in the queue, which may be full.
    fn flush(&self, limit: Duration) -> u64 {
        let begun = Instant::now();
        let queued = *self.queued.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let left = queued.saturating_sub(*self.written.borrow());
            if left == 0 || begun.elapsed() >= limit {
                return left;
            }
            thread::sleep(LOOK);
        }
    }
}

/// Writes what is queued, until the queue is dropped.
fn write<F: Write>(orders: &Receiver<Order<F>>, count: &watch::Sender<u64>) {
    let mut to: Option<Lines<F>> = None;
    for order in orders {
        match order {
            Order::Write(line) => {
                let written = to.as_mut().map_or(Ok(()), |lines| lines.write(line));
                if let Err(error) = written {
                    lost(&error);
                }
                count.send_modify(|count| *count += 1);
            }
            Order::Open(lines) => to = lines,
        }
    }
}

fn lost(error: &impl std::fmt::Display) {
    counter!(LOST).increment(1);
    tracing::error!(%error, "a line of the usage file was not written");
}

impl UsageFile {
    /// Opens a file, or the same one again, which may have been renamed. A file that cannot be opened
    /// leaves the one before in place.
    ///
    /// # Errors
    /// The fault, for the operator.
    pub(crate) fn open(&self, path: Option<&Path>) -> Result<(), String> {
        let Some(path) = path else {
            return self.0.get().map_or(Ok(()), |queue| turn_to(queue, None));
        };
        let cannot = |error| format!("usage.file: cannot open {}: {error}", path.display());
        let lines = Lines::open(path).map_err(cannot)?;
        let queue = match self.0.get() {
            Some(queue) => queue,
            None => {
                let started = Queue::start(WAITING).map_err(cannot)?;
                self.0.get_or_init(|| started)
            }
        };
        turn_to(queue, Some(lines))
    }

    /// Waits until everything was written, for at most so long.
    pub(crate) fn flush(&self, limit: Duration) {
        let left = self.0.get().map_or(0, |queue| queue.flush(limit));
        if left > 0 {
            counter!(LOST).increment(left);
            tracing::error!(
                lines = left,
                "the usage file does not take what is written to it"
            );
        }
    }
}

/// Has further lines written to another file.
fn turn_to(queue: &Queue, lines: Option<Lines>) -> Result<(), String> {
    let sent = queue.orders.try_send(Order::Open(lines));
    sent.map_err(|_| "usage.file: too many lines wait to be written to the file before it".into())
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
        let (Some(queue), Some(model)) = (self.0.get(), request.model) else {
            return;
        };
        if request.operation == "count_input_tokens" {
            return;
        }
        let (context, usage) = (request.context, request.usage);
        let input = usage.and_then(|usage| usage.input_tokens_details.value());
        let output = usage.and_then(|usage| usage.output_tokens_details.value());
        let line = text(&Line {
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
        match line {
            Ok(line) => {
                if !queue.push(line) {
                    lost(&"too many lines wait for the disk");
                }
            }
            Err(error) => lost(&error),
        }
    }

    fn settled(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        Some(Box::pin(self.0.get()?.written()?))
    }
}

/// Returns a line with its end.
fn text(line: &Line<'_>) -> serde_json::Result<Vec<u8>> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    Ok(text)
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
        let text = |model| text(&line(model)).unwrap();
        assert!(lines.write(text("lost")).is_err());
        lines.file.room = usize::MAX;
        lines.write(text("first")).unwrap();
        lines.write(text("second")).unwrap();
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

    /// A disk that takes a line for each permit.
    struct Permitted(Receiver<()>);

    impl Write for Permitted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_queue_is_written_before_the_process_ends() {
        let (permits, taken) = sync_channel(8);
        let queue = Queue::start(3).unwrap();
        let (file, is_torn) = (Permitted(taken), false);
        assert!(
            queue
                .orders
                .send(Order::Open(Some(Lines { file, is_torn })))
                .is_ok()
        );
        let mut queued = 0;
        // The one that is being written waits in no queue.
        while queued < 4 {
            queued += u64::from(queue.push(b"{}\n".to_vec()));
        }
        assert!(!queue.push(b"{}\n".to_vec()));
        assert_eq!(queue.flush(Duration::ZERO), 4);
        permits.send(()).unwrap();
        while *queue.written.borrow() < 1 {
            thread::yield_now();
        }
        assert_eq!(queue.flush(Duration::ZERO), 3);
        for _ in 0..3 {
            permits.send(()).unwrap();
        }
        assert_eq!(queue.flush(Duration::MAX), 0);
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

    /// A disk that takes one line for each message in `go`.
    struct Hanging {
        go: Receiver<()>,
        text: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Hanging {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.go.recv().map_err(io::Error::other)?;
            self.text.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_disk_that_hangs_holds_what_waits_for_its_line_and_no_thread() {
        let (go, allowed) = sync_channel(0);
        let text = Arc::<Mutex<Vec<u8>>>::default();
        let file = Hanging {
            go: allowed,
            text: Arc::clone(&text),
        };
        let is_torn = false;
        let queue = Queue::start(4).unwrap();
        let opened = queue
            .orders
            .send(Order::Open(Some(Lines { file, is_torn })));
        assert!(opened.is_ok() && queue.written().is_none());
        let mut queued = 0;
        while queue.push(b"line\n".to_vec()) {
            queued += 1;
        }
        // One of them is being written, or the order to open still has a place.
        assert!((3..=5).contains(&queued), "{queued}");
        let waiting = tokio::spawn(queue.written().unwrap());
        for taken in 0..queued {
            assert_eq!(text.lock().unwrap().len() / 5, taken);
            assert!(!waiting.is_finished());
            go.send(()).unwrap();
            while text.lock().unwrap().len() / 5 == taken {
                tokio::task::yield_now().await;
            }
        }
        waiting.await.unwrap();
        assert!(queue.written().is_none());
    }
}
