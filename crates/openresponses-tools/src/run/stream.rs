use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use http::request::Parts;
use http::{Request, Response};
use openresponses_tower::output::Output;
use openresponses_tower::{Error, OutputStream, Provider};
use openresponses_types::Turn;
use tokio::time::{Instant, Sleep};

use super::calls::{CallEvent, Calls};
use crate::limits::Limits;
use crate::relayed::Relayed;
use crate::rounds::{LoopMachine, Phase};

/// The answer of a provider to one round.
type Asking = Pin<Box<dyn Future<Output = Result<Response<OutputStream>, Error>> + Send>>;

/// The rounds of one response as one stream.
pub(crate) struct LoopStream<P> {
    provider: Arc<P>,
    head: Arc<Parts>,
    /// The turn without tools and choice, which differ by round.
    turn: Turn,
    machine: LoopMachine,
    limits: Limits,
    state: State,
    deadline: Instant,
    /// Set once a tool is called, or the model is asked again.
    timer: Option<Pin<Box<Sleep>>>,
    /// Requests for approval on their way into a store; the client sees them when they are there.
    keeping: Option<Keeping>,
    error: Option<Error>,
}

type Keeping = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

enum State {
    Sampling(OutputStream, Option<Box<Relayed>>),
    Calling(Calls),
    Asking(Asking),
    Over,
}

impl<P: Provider> LoopStream<P> {
    pub(crate) fn new(
        provider: Arc<P>,
        head: Arc<Parts>,
        turn: Turn,
        machine: LoopMachine,
        limits: Limits,
    ) -> Self {
        let deadline = Instant::now() + limits.time;
        Self {
            provider,
            head,
            turn,
            machine,
            limits,
            state: State::Over,
            deadline,
            timer: None,
            keeping: None,
            error: None,
        }
    }

    /// Begins with the calls that the client has approved.
    pub(crate) fn resume(&mut self) {
        self.follow();
    }

    /// Asks the provider for the next round.
    pub(crate) fn ask(&self) -> Asking {
        let mut turn = self.turn.clone();
        turn.items.extend(self.machine.appended().iter().cloned());
        turn.tools = self.machine.definitions().to_vec();
        turn.tool_choice = self.machine.choice();
        turn.max_tool_calls = self.machine.calls_left().filter(|left| *left > 0);
        let request = Request::from_parts(Parts::clone(&self.head), turn);
        let provider = Arc::clone(&self.provider);
        Box::pin(async move { provider.respond(request).await })
    }

    /// The answer to the round that was asked for.
    pub(crate) fn sample(&mut self, output: OutputStream) {
        self.machine.answered();
        self.state = State::Sampling(output, None);
    }

    /// Takes the next step. Pending when something must happen first.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.state {
            State::Sampling(output, relayed) => match ready!(Pin::new(output).poll_next(cx)) {
                Some(Ok(Output::Delta(delta))) => self.machine.push(delta),
                Some(Ok(
                    output @ (Output::Frame(..) | Output::Event(..) | Output::RelayObserver(_)),
                )) => {
                    let relayed = relayed.get_or_insert_default();
                    let machine = &mut self.machine;
                    relayed.push(&output, &mut |delta| machine.push(delta));
                }
                Some(Ok(other)) => self.machine.pass(other),
                Some(Err(error)) => {
                    if let Some(relayed) = relayed {
                        relayed.report();
                    }
                    self.fail(error);
                }
                None => {
                    if let Some(relayed) = relayed {
                        let machine = &mut self.machine;
                        relayed.end(&mut |delta| machine.push(delta));
                    }
                    // The end without a finish is a failure.
                    self.machine.break_off();
                }
            },
            State::Calling(calls) => {
                let at_once = self.limits.concurrent_calls;
                match ready!(calls.poll_next(cx, &self.head, at_once)) {
                    CallEvent::Progress(index, report) => self.machine.progress(index, &report),
                    CallEvent::Ended(index, outcome) => self.machine.finish(index, outcome),
                }
            }
            State::Asking(asking) => match ready!(asking.as_mut().poll(cx)) {
                Ok(answer) => self.sample(answer.into_body()),
                Err(error) => self.fail(error),
            },
            State::Over => return Poll::Ready(()),
        }
        self.follow();
        Poll::Ready(())
    }

    fn fail(&mut self, error: Error) {
        self.machine.fail();
        self.error = Some(error);
    }

    /// Keeps the time of the loop from now on.
    fn arm(&mut self) {
        let deadline = self.deadline;
        self.timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
    }

    /// Does what the machine waits for.
    fn follow(&mut self) {
        if let Some(keeping) = self.machine.keeping() {
            self.keeping = Some(Box::pin(keeping));
        }
        match (self.machine.phase(), &self.state) {
            (Phase::Sampling, _) => {}
            (Phase::Calling, State::Calling(_)) | (Phase::Asking, State::Asking(_)) => {}
            (Phase::Calling, _) => {
                self.arm();
                self.state = State::Calling(Calls::new(self.machine.jobs()));
            }
            (Phase::Asking, _) => {
                self.arm();
                self.state = State::Asking(self.ask());
            }
            (Phase::Ended, _) => self.state = State::Over,
        }
    }
}

impl<P: Provider> Stream for LoopStream<P> {
    type Item = Result<Output, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(keeping) = &mut this.keeping {
                let kept = ready!(keeping.as_mut().poll(cx));
                this.keeping = None;
                if let Err(error) = kept {
                    this.machine.abandon();
                    this.state = State::Over;
                    this.error = Some(error);
                }
            }
            if let Some(output) = this.machine.pop() {
                return Poll::Ready(Some(Ok(output)));
            }
            if let Some(error) = this.error.take() {
                return Poll::Ready(Some(Err(error)));
            }
            if matches!(this.state, State::Over) {
                return Poll::Ready(None);
            }
            if this.poll_step(cx).is_ready() {
                continue;
            }
            let timer = this.timer.as_mut();
            if timer.is_none_or(|timer| timer.as_mut().poll(cx).is_pending()) {
                return Poll::Pending;
            }
            if let State::Sampling(_, Some(relayed)) = &mut this.state {
                relayed.report();
            }
            this.machine.expire();
            this.state = State::Over;
        }
    }
}
