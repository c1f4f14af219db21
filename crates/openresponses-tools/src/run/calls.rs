use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::request::Parts;
use openresponses_types::json::RawJson;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, Sleep};
use tracing::{Instrument, Span};

use super::ended::Ended;

use crate::causes::causes;
use crate::context::{CallContext, PROGRESS};
use crate::error::ToolError;
use crate::rounds::{Job, Outcome};
use crate::tool::{OnDrop, Tool, ToolOutput};

/// How much longer than its time a call may take to notice that it is over. A tool that blocks its
/// thread does not notice at all.
const GRACE: Duration = Duration::from_millis(100);

/// What happened to a call.
pub(super) enum CallEvent {
    Progress(usize, RawJson),
    Ended(usize, Outcome),
}

/// The calls of a round: some run, the rest waits for its turn.
pub(super) struct Calls {
    waiting: VecDeque<Job>,
    running: Vec<RunningCall>,
}

impl Calls {
    pub(super) fn new(jobs: impl Iterator<Item = Job>) -> Self {
        Self {
            waiting: jobs.collect(),
            running: Vec::new(),
        }
    }

    /// What happens next; pending for ever when there are no calls.
    pub(super) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        head: &Arc<Parts>,
        at_once: usize,
    ) -> Poll<CallEvent> {
        while self.running.len() < at_once {
            let Some(job) = self.waiting.pop_front() else {
                break;
            };
            let index = job.index;
            match RunningCall::start(job, head) {
                Ok(running) => self.running.push(running),
                Err(error) => return Poll::Ready(CallEvent::Ended(index, Outcome::Failed(error))),
            }
        }
        for at in 0..self.running.len() {
            let running = &mut self.running[at];
            let index = running.index;
            if let Poll::Ready(Some(report)) = running.progress.poll_recv(cx) {
                return Poll::Ready(CallEvent::Progress(index, report));
            }
            if let Poll::Ready(outcome) = running.poll_end(cx) {
                self.running.swap_remove(at);
                return Poll::Ready(CallEvent::Ended(index, outcome));
            }
        }
        Poll::Pending
    }
}

/// A call in a task of its own: its panic, or a thread that it blocks, is not the turn's.
struct RunningCall {
    index: usize,
    task: JoinHandle<Result<Result<ToolOutput, ToolError>, Elapsed>>,
    progress: mpsc::Receiver<RawJson>,
    timer: Pin<Box<Sleep>>,
    tool: Arc<Tool>,
    span: Span,
    began: Instant,
    ended: Option<Ended>,
}

impl RunningCall {
    fn start(job: Job, head: &Arc<Parts>) -> Result<Self, ToolError> {
        let Job {
            index,
            call_id,
            arguments,
            offer,
        } = job;
        let tool = offer.tool;
        let runtime = Handle::try_current().map_err(ToolError::internal)?;
        let (sender, progress) = mpsc::channel(PROGRESS);
        let span = tracing::info_span!(
            "execute_tool",
            "otel.name" = format!("execute_tool {}", tool.name),
            "gen_ai.operation.name" = "execute_tool",
            "gen_ai.tool.name" = tool.name,
            "gen_ai.tool.type" = "function",
            "gen_ai.tool.call.id" = call_id,
            "error.type" = tracing::field::Empty,
        );
        let context = CallContext {
            call_id,
            head: Arc::clone(head),
            declaration: offer.declaration,
            progress: sender,
        };
        let (run, time) = (Arc::clone(&tool.run), tool.timeout);
        // The tool's own code runs in the task from its first line on.
        let work = async move { run(arguments, context).await };
        let work = tokio::time::timeout(time, work).instrument(span.clone());
        Ok(Self {
            index,
            task: runtime.spawn(work),
            progress,
            timer: Box::pin(tokio::time::sleep(time.saturating_add(GRACE))),
            tool,
            span,
            began: Instant::now(),
            ended: None,
        })
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Outcome> {
        let (ended, result) = match Pin::new(&mut self.task).poll(cx) {
            Poll::Ready(Ok(Ok(Ok(output)))) => (Ended::Ok, Ok(output)),
            Poll::Ready(Ok(Ok(Err(error)))) => (Ended::Failed, Err(error)),
            Poll::Ready(Ok(Err(_))) => (Ended::Timeout, Err(too_slow(self.tool.timeout))),
            Poll::Ready(Err(error)) => (Ended::Panicked, Err(ToolError::internal(error))),
            Poll::Pending => {
                ready!(self.timer.as_mut().poll(cx));
                (Ended::Timeout, Err(too_slow(self.tool.timeout)))
            }
        };
        self.ended = Some(ended);
        Poll::Ready(match result {
            Ok(output) => Outcome::Done(output),
            Err(error) => {
                let source = causes(&error).map(tracing::field::display);
                tracing::warn!(parent: &self.span, %error, source, "a tool failed");
                Outcome::Failed(error)
            }
        })
    }
}

/// The call has ended, its client has gone, or it took too long.
impl Drop for RunningCall {
    fn drop(&mut self) {
        match self.tool.on_drop {
            OnDrop::Cancel => self.task.abort(),
            OnDrop::Finish => {}
        }
        let ended = self.ended.unwrap_or(Ended::Cancelled);
        let name = self.tool.metric.unwrap_or(&self.tool.name);
        ended.record(name, self.began.elapsed(), &self.span);
    }
}

fn too_slow(time: Duration) -> ToolError {
    ToolError::new(format!(
        "The tool took longer than {} s.",
        time.as_secs_f64()
    ))
}
