//! One turn as a stream of events: the provider polled, guarded and sequenced.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use openresponses_types::sequence::{Delta, Sequencer};
use openresponses_types::{Response, StreamEvent};

use crate::error::{Error, ErrorKind};
use crate::obfuscation::Obfuscation;
use crate::output::OutputStream;
use crate::service::{Commit, Committing};

/// How many deltas are taken in one poll before other tasks get their turn.
const BUDGET: usize = 256;

/// The events of one turn. Polls the provider only on demand and drops it as soon as it is done.
pub(crate) struct TurnStream {
    /// None once the provider has nothing more to say.
    output: Option<OutputStream>,
    sequencer: Sequencer,
    queue: VecDeque<StreamEvent>,
    obfuscation: Option<Obfuscation>,
    started: bool,
    error: Option<Error>,
    commit: Option<Commit>,
    committing: Option<Committing>,
}

impl TurnStream {
    pub(crate) fn new(output: OutputStream, sequencer: Sequencer, commit: Commit) -> Self {
        Self {
            output: Some(output),
            sequencer,
            queue: VecDeque::new(),
            obfuscation: None,
            started: false,
            error: None,
            commit: Some(commit),
            committing: None,
        }
    }

    /// Pads the deltas if `on`.
    pub(crate) fn obfuscated(mut self, on: bool) -> Self {
        self.obfuscation = on.then(Obfuscation::new);
        self
    }

    /// Runs the turn to its end without its events.
    pub(crate) fn poll_to_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..BUDGET {
            match ready!(self.poll_output(cx)) {
                Some(delta) => self.sequencer.push(delta, &mut |_| {}),
                None => {
                    ready!(self.poll_commit(cx));
                    self.log();
                    return Poll::Ready(());
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// The finished response, or why there is none.
    pub(crate) fn into_result(self) -> Result<Response, Error> {
        match (self.error, self.sequencer.failure()) {
            (Some(error), _) => Err(error),
            (None, Some(failure)) => Err(failure.clone().into()),
            (None, None) => Ok(self.sequencer.into_response()),
        }
    }

    /// True once the provider has said all, and what it said is kept.
    pub(crate) fn is_over(&self) -> bool {
        self.output.is_none() && self.commit.is_none() && self.committing.is_none()
    }

    /// The next delta; none once the response is finished. An error of the provider's, its panic,
    /// and its silence without a finish end the response as failed.
    fn poll_output(&mut self, cx: &mut Context<'_>) -> Poll<Option<Delta>> {
        let delta = match &mut self.output {
            Some(output) if !self.sequencer.is_finished() => ready!(poll_guarded(output, cx)),
            _ => return Poll::Ready(None),
        };
        match delta {
            Some(Ok(delta)) => return Poll::Ready(Some(delta)),
            Some(Err(error)) => {
                self.sequencer.fail(error.failure());
                self.error = Some(error);
            }
            None => self.sequencer.end(),
        }
        self.output = None;
        Poll::Ready(None)
    }

    /// Saves the finished response. Its end is not told before it is known whether it can be
    /// continued.
    fn poll_commit(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.output = None;
        if let Some(commit) = self.commit.take() {
            self.committing = Some(commit.run(self.sequencer.response()));
        }
        if let Some(committing) = &mut self.committing {
            let saved = ready!(committing.as_mut().poll(cx));
            self.committing = None;
            if !saved {
                self.sequencer.response_mut().store = false.into();
            }
        }
        Poll::Ready(())
    }

    fn log(&self) {
        if let Some(error) = &self.error {
            let source = std::error::Error::source(error);
            tracing::error!(code = error.code(), source, "the response failed");
        }
        for warning in self.sequencer.warnings() {
            tracing::warn!(%warning, "the provider's output was changed");
        }
    }
}

impl Stream for TurnStream {
    type Item = StreamEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<StreamEvent>> {
        let this = &mut *self;
        if !this.started {
            this.started = true;
            this.sequencer
                .start(&mut |event| this.queue.push_back(event));
        }
        for _ in 0..BUDGET {
            if let Some(event) = this.queue.pop_front() {
                return Poll::Ready(Some(event));
            }
            match ready!(this.poll_output(cx)) {
                Some(delta) => this.sequencer.push(delta, &mut |mut event| {
                    if let Some(obfuscation) = &mut this.obfuscation {
                        obfuscation.pad(&mut event);
                    }
                    this.queue.push_back(event);
                }),
                None => {
                    ready!(this.poll_commit(cx));
                    this.sequencer
                        .conclude(&mut |event| this.queue.push_back(event));
                    let event = this.queue.pop_front();
                    if event.is_none() {
                        this.log();
                    }
                    return Poll::Ready(event);
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl fmt::Debug for TurnStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TurnStream")
    }
}

/// A panic of the provider's ends its own response and nothing else.
fn poll_guarded(
    output: &mut OutputStream,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Delta, Error>>> {
    catch_unwind(AssertUnwindSafe(|| Pin::new(output).poll_next(cx)))
        .unwrap_or_else(|_| Poll::Ready(Some(Err(panicked()))))
}

/// What the client is told when the provider panicked.
pub(crate) fn panicked() -> Error {
    Error::new(
        ErrorKind::Server,
        "server_error",
        "The server had an error. Try again later.",
    )
    .source("the provider panicked")
}
