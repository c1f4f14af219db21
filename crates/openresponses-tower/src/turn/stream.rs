//! One turn as a stream of events: the provider polled, guarded and sequenced.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use openresponses_sse::RawFrame;
use openresponses_types::json::Length;
use openresponses_types::relay::{Frame, Relay, Relayed};
use openresponses_types::sequence::{Delta, Sequencer};
use openresponses_types::{Item, Response};
use tracing::Span;

use super::commit::{Commit, Committed, Saving};
use super::frame::TurnEvent;
use super::obfuscation::Obfuscation;
use super::printed::Printing;
use crate::bounds::{Claim, Worker};
use crate::error::Error;
use crate::guard;
use crate::layers::TimedOutput;
use crate::output::{Output, RelayObserver, RelayOptions, RelayReport};
use crate::request_context::RequestContext;

/// How many deltas are taken in one poll before other tasks get their turn.
const BUDGET: usize = 256;

/// How many bytes of output are claimed at once.
const CLAIMED: u64 = 16 * 1024;

/// The events of one turn. Polls the provider only on demand and drops it as soon as it is done.
pub(crate) struct TurnStream {
    /// None once the provider has nothing more to say.
    output: Option<TimedOutput>,
    sequencer: Sequencer,
    /// Set from the first frame of an upstream's on.
    relay: Option<Box<Relay>>,
    /// Receive the report of the relay.
    relay_observers: Vec<RelayObserver>,
    /// A frame of an upstream that goes out as it came.
    frame: Option<RawFrame>,
    obfuscation: Option<Obfuscation>,
    started: bool,
    /// Whether `error` goes before `response.failed`.
    error_event: bool,
    error: Option<Error>,
    saving: Saving,
    /// The response was cancelled or deleted before its end, which is not reported.
    called_off: bool,
    /// What the request holds.
    claim: Option<Claim>,
    /// For a large turn.
    printing: Option<Printing>,
    /// The bytes that were claimed for output.
    claimed: u64,
    /// What the client does not see, each group with its index in the output.
    hidden: Vec<(usize, Vec<Item>)>,
    /// What that takes in bytes.
    hidden_bytes: u64,
    /// The deltas in the middle of a relayed response, which were left out.
    left_out: u64,
    /// `None` once the first output was recorded.
    unseen: Option<RequestContext>,
    context: Option<RequestContext>,
}

impl TurnStream {
    /// Creates the stream of a turn that has no output yet. Boxed, because a turn changes hands several
    /// times.
    pub(crate) fn new(sequencer: Sequencer, commit: Commit, claim: Claim) -> Box<Self> {
        Box::new(Self {
            printing: Printing::of(&claim),
            claim: Some(claim),
            claimed: 0,
            output: None,
            sequencer,
            relay: None,
            relay_observers: Vec::new(),
            frame: None,
            obfuscation: None,
            started: false,
            error_event: true,
            error: None,
            saving: Saving::Before(commit),
            called_off: false,
            hidden: Vec::new(),
            hidden_bytes: 0,
            left_out: 0,
            unseen: None,
            context: None,
        })
    }

    /// Sets the provider's output.
    pub(crate) fn with_output(mut self: Box<Self>, output: TimedOutput) -> Box<Self> {
        self.output = Some(output);
        self
    }

    /// Records progress in the context of the request.
    pub(crate) fn observed(mut self: Box<Self>, context: Option<RequestContext>) -> Box<Self> {
        self.unseen.clone_from(&context);
        self.context = context;
        self
    }

    /// Returns the span in which the turn runs.
    pub(crate) fn span(&self) -> Span {
        let context = self.context.as_ref();
        context.map_or_else(Span::none, |context| context.span().clone())
    }

    /// Pads the deltas if `on`.
    pub(crate) fn obfuscated(mut self: Box<Self>, on: bool) -> Box<Self> {
        self.obfuscation = on.then(Obfuscation::new);
        self
    }

    /// Leaves the `error` event out: on a WebSocket one message ends a turn.
    #[cfg(feature = "ws")]
    pub(crate) fn without_error_event(mut self: Box<Self>) -> Box<Self> {
        self.error_event = false;
        self
    }

    /// Ends a turn that still runs as failed.
    pub(crate) fn fail(&mut self, error: Error) {
        self.output = None;
        if self.sequencer.is_finished() {
            return;
        }
        match &mut self.relay {
            Some(relay) => relay.fail(error.failure(), &mut self.sequencer),
            None => self.sequencer.fail(error.failure()),
        }
        self.error = Some(error);
    }

    /// Makes no events, for a turn that is [run to its end](Self::poll_to_end).
    pub(crate) fn silence(&mut self) {
        self.sequencer.silence();
    }

    /// Runs the turn to its end without its events.
    pub(crate) fn poll_to_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..BUDGET {
            match ready!(self.poll_output(cx)) {
                Some(output) => {
                    self.take(output);
                    while self.pop().is_some() {}
                }
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

    /// Returns what `make` makes of the finished response, or why there is none.
    pub(crate) fn finish<T>(
        mut self: Box<Self>,
        make: impl FnOnce(&Response) -> T,
    ) -> Result<(T, Option<Claim>), Error> {
        match (self.error.take(), self.sequencer.failure()) {
            (Some(error), _) => Err(error),
            (None, Some(failure)) => Err(failure.clone().into()),
            (None, None) => Ok((make(self.sequencer.response()), self.claim.take())),
        }
    }

    /// Drops the turn: its provider at once, and the rest of a large one beside the threads that serve
    /// connections.
    pub(crate) fn discard(mut self: Box<Self>) {
        if let Some(printing) = &self.printing {
            let worker = printing.worker();
            self.output = None;
            worker.discard(self);
        }
    }

    /// Returns what works on all that the turn holds.
    pub(crate) fn worker(&self) -> Option<Worker> {
        self.claim.as_ref().map(Claim::worker)
    }

    /// Returns true once the provider's output has ended and is stored.
    pub(crate) fn is_over(&self) -> bool {
        self.output.is_none() && matches!(self.saving, Saving::Done | Saving::Unsaved(_))
    }

    /// The next delta; none once the response is finished. An error of the provider's, its panic,
    /// and its silence without a finish end the response as failed.
    fn poll_output(&mut self, cx: &mut Context<'_>) -> Poll<Option<Output>> {
        let output = match &mut self.output {
            Some(output) if !self.sequencer.is_finished() => ready!(poll_guarded(output, cx)),
            _ => return Poll::Ready(None),
        };
        match output {
            Some(Ok(output)) => return Poll::Ready(Some(output)),
            Some(Err(error)) => self.fail(error),
            None => match &mut self.relay {
                Some(relay) => relay.end(&mut self.sequencer),
                None => self.sequencer.end(),
            },
        }
        self.output = None;
        Poll::Ready(None)
    }

    /// Claims what the output of the response takes; the turn fails where there is no room.
    fn claim_output(&mut self) {
        let shown = self.sequencer.output_bytes();
        let checked = self.relay.as_ref().map_or(0, |relay| relay.checked_bytes());
        // In the response, and once more in the events of its end. What the encoder keeps is bounded.
        let bytes = 2 * ((shown + checked) as u64 + self.hidden_bytes);
        let more = bytes.saturating_sub(self.claimed);
        if more < CLAIMED {
            return;
        }
        self.claimed = bytes;
        if let Some(claim) = &mut self.claim
            && let Err(error) = claim.memory().grow(more)
        {
            self.fail(error);
        }
    }

    /// Turns what the provider says into events.
    fn take(&mut self, output: Output) {
        // Only until the first output, since events are read to see whether they are empty.
        if let Some(context) = self.unseen.take_if(|_| output.is_output()) {
            context.record_first_output();
        }
        match output {
            Output::Delta(delta) if self.relay.is_none() || !is_content(&delta) => {
                self.sequencer.push(delta);
            }
            Output::RelayObserver(observer) => self.relay_observers.push(observer),
            Output::Hidden(items) => {
                let bytes = |item| Length::of(|out| Item::write_json(item, out)) as u64;
                self.hidden_bytes += items.iter().map(bytes).sum::<u64>();
                self.hidden.push((self.sequencer.closed_items(), items));
            }
            Output::Delta(_) => self.left_out += 1,
            Output::Frame(frame, options) => self.take_frame(frame, options),
            Output::Event(event, options) => {
                let relay = relay(&mut self.relay, options);
                relay.push_event(*event, &mut self.sequencer);
            }
        }
        self.claim_output();
        if self.sequencer.is_finished() {
            // Nothing more is asked of it, however long the client takes for the rest.
            self.output = None;
        }
    }

    fn take_frame(&mut self, frame: RawFrame, options: RelayOptions) {
        let relay = relay(&mut self.relay, options);
        if frame.is_done() {
            relay.done_marker();
            return;
        }
        if options.unterminated {
            relay.unterminated();
        }
        let name = frame.event().ok().flatten();
        let incoming = Frame::new(frame.data_bytes())
            .name(name)
            .verbatim(self.obfuscation.is_none() && is_ours_in_print(&frame));
        match relay.push(incoming, &mut self.sequencer) {
            Relayed::AsItCame => self.frame = Some(frame),
            Relayed::Queued => {}
        }
    }

    /// The next event that is ready.
    fn pop(&mut self) -> Option<TurnEvent> {
        if let Some(frame) = self.frame.take() {
            return Some(TurnEvent::Frame(frame));
        }
        let mut event = self.sequencer.pop()?;
        if let Some(obfuscation) = &mut self.obfuscation {
            obfuscation.pad(&mut event);
        }
        Some(event.into())
    }

    /// Saves the finished response. Its end is not sent before it is known whether it can be
    /// continued.
    fn poll_commit(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.output = None;
        self.saving = match std::mem::replace(&mut self.saving, Saving::Done) {
            Saving::Before(commit) if commit.saves() => {
                let hidden = std::mem::take(&mut self.hidden);
                let worker = self.printing.as_ref().map(Printing::worker);
                Saving::Running(commit.run(self.sequencer.response(), hidden, worker))
            }
            Saving::Before(commit) => Saving::Unsaved(commit),
            other @ (Saving::Running(_) | Saving::Done | Saving::Unsaved(_)) => other,
        };
        if let Saving::Running(committing) = &mut self.saving {
            let committed = ready!(committing.as_mut().poll(cx));
            self.saving = Saving::Done;
            match committed {
                Committed::Yes => {}
                Committed::Failed => self.sequencer.response_mut().store = false.into(),
                Committed::CalledOff => self.called_off = true,
            }
        }
        Poll::Ready(())
    }

    /// Returns the next event, which is not printed.
    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<TurnEvent>> {
        if !self.started {
            self.started = true;
            self.sequencer.start();
        }
        for _ in 0..BUDGET {
            if let Some(event) = self.pop() {
                return Poll::Ready(Some(event));
            }
            match ready!(self.poll_output(cx)) {
                Some(output) => self.take(output),
                None => {
                    // What the end of the output has written goes out before it is saved.
                    if let Some(event) = self.pop() {
                        return Poll::Ready(Some(event));
                    }
                    ready!(self.poll_commit(cx));
                    if self.called_off {
                        self.log();
                        return Poll::Ready(None);
                    }
                    if self.error_event {
                        self.sequencer.conclude();
                    } else {
                        self.sequencer.conclude_without_error();
                    }
                    let event = self.pop();
                    if event.is_none() {
                        self.log();
                    }
                    return Poll::Ready(event);
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn log(&mut self) {
        if let Some(error) = &self.error {
            if let Some(context) = &self.context {
                context.record_error(error);
            }
            let source = std::error::Error::source(error);
            if error.kind().status().is_server_error() {
                tracing::error!(code = error.code(), source, "the response failed");
            } else {
                tracing::debug!(code = error.code(), source, "the response failed");
            }
        }
        if self.left_out > 0 {
            let deltas = self.left_out;
            tracing::warn!(
                deltas,
                "deltas in the middle of a relayed response were left out"
            );
        }
        for warning in self.sequencer.warnings() {
            tracing::warn!(%warning, "the provider's output was changed");
        }
        if let Some(relay) = &self.relay {
            for observer in self.relay_observers.drain(..) {
                observer.report(&RelayReport::of(relay));
            }
            RelayReport::of(relay).log();
        }
    }
}

impl Stream for TurnStream {
    type Item = TurnEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<TurnEvent>> {
        let this = &mut *self;
        loop {
            // Events are large, so those of most turns are handed on in place.
            let Some(printing) = &mut this.printing else {
                return this.poll_event(cx);
            };
            match ready!(printing.poll(cx)) {
                Some(Ok(event)) => return Poll::Ready(Some(event)),
                Some(Err(error)) => this.fail(error),
                None => {}
            }
            let Some(event) = ready!(this.poll_event(cx)) else {
                return Poll::Ready(None);
            };
            let Some(printing) = &mut this.printing else {
                return Poll::Ready(Some(event));
            };
            if let Some(event) = printing.take(event) {
                return Poll::Ready(Some(event));
            }
        }
    }
}

impl fmt::Debug for TurnStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TurnStream")
    }
}

/// The relay of the turn's upstream, made with its first frame.
fn relay(relay: &mut Option<Box<Relay>>, options: RelayOptions) -> &mut Relay {
    relay.get_or_insert_with(|| Box::new(Relay::new(options.relay)))
}

/// Returns whether a frame is what the encoder would write: under its name, which some servers
/// leave out, and without the characters at which some clients break lines.
fn is_ours_in_print(frame: &RawFrame) -> bool {
    let frame = frame.as_frame();
    frame.canonical().is_some()
        && (frame.data_bytes().is_ascii()
            || frame
                .data()
                .is_ok_and(|data| !data.contains(['\u{85}', '\u{2028}', '\u{2029}'])))
}

/// Returns whether a delta says something that a relayed response says in its own events.
fn is_content(delta: &Delta) -> bool {
    !matches!(delta, Delta::Member { .. } | Delta::Usage(_))
}

/// A panic of the provider ends its own response and nothing else.
fn poll_guarded(
    output: &mut TimedOutput,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Output, Error>>> {
    let mut polled = Poll::Pending;
    match guard::call(|| polled = Pin::new(output).poll_next(cx)) {
        Ok(()) => polled,
        Err(error) => Poll::Ready(Some(Err(error))),
    }
}
