//! The output of the successful attempt.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use http::response::Parts;
use openresponses_tower::Error;
use openresponses_tower::guard;
use openresponses_tower::layers::TimedOutput;
use openresponses_tower::output::Output;
use openresponses_types::json::RawJson;
use openresponses_types::sequence::Delta;

use super::attempt::{Begun, is_of_caller, uses_caller};
use super::attempts::{Attempts, Fault};
use super::failover::is_failure;
use super::report::{self, MEMBER};
use crate::answer::{AtEnd, at_end, ended_early};
use crate::capability::bind;
use crate::health::Slot;
use crate::observe::{LastPiece, Outcome, Watch};

/// Forwards an output and adds the report before its end. Forwarding does not allocate.
pub(super) struct ReportedStream {
    /// The provider used the caller's own account.
    uses_caller: bool,
    buffered: VecDeque<Output>,
    output: TimedOutput,
    attempts: Attempts,
    is_reported: bool,
    /// The provider's own `provider_metadata`.
    own: Option<RawJson>,
    /// The provider to which encrypted content is bound.
    bind: Option<Arc<str>>,
    watched: Option<(Watch, Slot)>,
    /// Set at the end of the provider's output.
    last: Option<LastPiece>,
}

impl ReportedStream {
    /// Splits a started response into its head and its output, which is watched and holds its slot until
    /// it ends.
    pub(super) fn new(
        begun: Begun,
        attempts: Attempts,
        is_reported: bool,
        bind: Option<Arc<str>>,
        watch: Watch,
        permit: Slot,
    ) -> (Parts, Self) {
        let Begun {
            head,
            mut buffered,
            output,
        } = begun;
        if let Some(observer) = watch.relay_observer() {
            buffered.push_front(observer);
        }
        let stream = Self {
            uses_caller: uses_caller(&head),
            buffered,
            output,
            attempts,
            is_reported,
            own: None,
            bind,
            watched: Some((watch, permit)),
            last: None,
        };
        (head, stream)
    }

    /// Polls for the next piece. A panic of the provider fails the response.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Output, Error>>> {
        if let Some(piece) = self.buffered.pop_front() {
            return Poll::Ready(Some(Ok(piece)));
        }
        let output = &mut self.output;
        let mut polled = Poll::Pending;
        let mut poll = || polled = Pin::new(&mut *output).poll_next(cx);
        let called = guard::call(|| match &mut self.watched {
            Some((watch, _)) => watch.within(poll),
            None => poll(),
        });
        match called {
            Ok(()) => polled,
            Err(error) => Poll::Ready(Some(Err(error))),
        }
    }

    /// Ends the attempt with the piece that ends the stream. Returns the report, if enabled, which goes
    /// before it.
    fn finish(&mut self, mut last: Option<Result<Output, Error>>) -> Option<Output> {
        if let (Some(slug), Some(Ok(piece))) = (&self.bind, &mut last) {
            bind(slug, piece);
        }
        let mut end = match &last {
            Some(Ok(piece)) => at_end(piece, MEMBER).unwrap_or_default(),
            _ => AtEnd::default(),
        };
        if end.member.is_some() {
            self.own = end.member.take();
        }
        let judge = |error: &Error| {
            let is_the_providers = is_failure(error) && !is_of_caller(self.uses_caller, error);
            (Fault::of(error), is_the_providers)
        };
        let failed = match &last {
            Some(Ok(piece)) => piece.failure().as_ref().map(judge),
            Some(Err(error)) => Some(judge(error)),
            None => Some(judge(&ended_early())),
        };
        self.last = Some(match self.watched.take() {
            Some((mut watch, mut permit)) => {
                watch.ending(end);
                match &failed {
                    Some((fault, is_the_providers)) => {
                        if *is_the_providers {
                            permit.failed();
                        }
                        watch.end(Outcome::Failed(&fault.code));
                    }
                    None => {
                        permit.succeeded();
                        watch.end(Outcome::Ok);
                    }
                }
                watch.last_piece(last)
            }
            None => LastPiece::new(last, None),
        });
        self.attempts.end(failed.map(|(fault, _)| fault));
        let metadata = if self.is_reported {
            Some(report::metadata(&self.attempts, self.own.as_ref()))
        } else {
            self.own.take()
        };
        let name = MEMBER.into();
        metadata.map(|value| Delta::Member { name, value }.into())
    }
}

impl Stream for ReportedStream {
    type Item = Result<Output, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(last) = &mut this.last {
                return last.poll(cx);
            }
            let polled = this.poll_piece(cx);
            // Nearly every piece is text: it is not the end, and nothing in it is bound to a provider.
            if let Poll::Ready(Some(Ok(piece @ Output::Delta(Delta::Text(_))))) = &polled {
                if let Some((watch, _)) = &mut this.watched {
                    watch.piece(piece);
                }
                return polled;
            }
            match ready!(polled) {
                Some(Ok(Output::Delta(Delta::Member { name, value }))) if name == MEMBER => {
                    this.own = Some(value);
                }
                Some(Ok(mut piece)) if !piece.is_end() => {
                    if let Some((watch, _)) = &mut this.watched {
                        watch.piece(&piece);
                    }
                    if let Some(slug) = &this.bind {
                        bind(slug, &mut piece);
                    }
                    return Poll::Ready(Some(Ok(piece)));
                }
                last => {
                    if let Some(report) = this.finish(last) {
                        return Poll::Ready(Some(Ok(report)));
                    }
                }
            }
        }
    }
}
