//! Observation of one request from start to end.

use std::sync::Arc;
use std::time::Duration;

use http::Extensions;
use openresponses_tower::output::{Output, RelayObserver};
use openresponses_tower::{Error, RequestContext};
use openresponses_types::response::Usage;
use openresponses_types::sequence::Delta;
use tokio::time::Instant;
use tracing::Span;

use super::conventions;
use super::observer::{AttemptEnd, Chunks, Observer, Outcome, RelayEnd, RequestEnd};
use super::settled::LastPiece;
use super::span_facts::{Asked, SpanFacts};
use crate::answer::AtEnd;
use crate::auth::Principal;
use crate::budget::{Charge, ChargedEnd, Price, Spent};

pub(crate) struct Watch {
    observer: Option<Arc<dyn Observer>>,
    context: Option<RequestContext>,
    /// The caller, whose key is reported.
    caller: Option<Principal>,
    /// The reservation of the caller's budget.
    charge: Option<Charge>,
    /// True once the client's own time limit has ended an attempt.
    is_cut_short: bool,
    asked: Asked,
    span: Span,
    started: Instant,
    attempt: Option<Attempt>,
    /// Token counts of the current attempt.
    usage: Option<Usage>,
    /// What the attempts before it have used.
    earlier: Spent,
    end: AtEnd,
    /// When the first output was there, since the start of the request.
    seen: Option<Duration>,
    /// The number of pieces after it.
    later: u64,
    is_over: bool,
    /// True while the provider's stream is polled, and permanently after a panic in it.
    is_polled: bool,
}

struct Attempt {
    model: Arc<str>,
    provider: Arc<str>,
    provider_model: Arc<str>,
    started: Instant,
    span: Span,
    price: Option<Price>,
    is_over: bool,
}

impl Watch {
    /// Starts the observation of a request with these extensions.
    pub(crate) fn new(
        observer: Option<Arc<dyn Observer>>,
        asked: Asked,
        extensions: &Extensions,
    ) -> Self {
        let span = conventions::request_span(&SpanFacts::starting(&asked, asked.model(), None));
        if let Some(observer) = &observer {
            observer.request_started();
        }
        Self {
            observer,
            context: RequestContext::from_extensions(extensions),
            caller: extensions.get().cloned(),
            charge: None,
            is_cut_short: false,
            asked,
            span,
            started: Instant::now(),
            attempt: None,
            usage: None,
            earlier: Spent::default(),
            end: AtEnd::default(),
            seen: None,
            later: 0,
            is_over: false,
            is_polled: false,
        }
    }

    /// Starts an attempt.
    pub(crate) fn attempt(
        &mut self,
        model: &Arc<str>,
        provider: &Arc<str>,
        provider_model: &Arc<str>,
    ) {
        let facts = SpanFacts::starting(&self.asked, provider_model, Some(provider));
        let span = conventions::attempt_span(&self.span, &facts);
        if let Some(context) = &self.context {
            context.record_target(Arc::clone(model), Arc::clone(provider));
        }
        // Token counts of an earlier attempt do not apply to this one.
        let ended = self.take_spent();
        self.earlier.add(ended);
        self.attempt = Some(Attempt {
            model: Arc::clone(model),
            provider: Arc::clone(provider),
            provider_model: Arc::clone(provider_model),
            started: Instant::now(),
            span,
            price: None,
            is_over: false,
        });
    }

    /// Sets the price of the current attempt.
    pub(crate) fn price(&mut self, price: Option<Price>) {
        if let Some(attempt) = &mut self.attempt {
            attempt.price = price;
        }
    }

    /// Sets the reservation that the end settles.
    pub(crate) fn charge(&mut self, charge: Option<Charge>) {
        self.charge = charge;
    }

    /// Records that the client's own time limit has ended an attempt, whose provider may have worked.
    pub(crate) fn cut_short(&mut self) {
        self.is_cut_short = true;
    }

    /// Returns the span of the provider's work.
    pub(crate) fn span(&self) -> Span {
        let attempt = self.attempt.as_ref();
        attempt.map_or_else(|| self.span.clone(), |attempt| attempt.span.clone())
    }

    /// Runs `work` in the provider's span.
    pub(crate) fn within<T>(&mut self, work: impl FnOnce() -> T) -> T {
        self.is_polled = true;
        let worked = match &self.attempt {
            Some(attempt) => attempt.span.in_scope(work),
            None => self.span.in_scope(work),
        };
        self.is_polled = false;
        worked
    }

    /// Returns what passes the report of a relay on to the observer. It goes before the output.
    pub(crate) fn relay_observer(&self) -> Option<Output> {
        let observer = Arc::clone(self.observer.as_ref()?);
        let attempt = self.attempt.as_ref()?;
        let (model, provider) = (Arc::clone(&attempt.model), Arc::clone(&attempt.provider));
        Some(Output::RelayObserver(RelayObserver::new(move |report| {
            observer.relayed(&RelayEnd {
                model: &model,
                provider: &provider,
                report: *report,
            });
        })))
    }

    /// Returns true once the first output was recorded.
    pub(crate) fn is_seen(&self) -> bool {
        self.seen.is_some()
    }

    /// Records the first output.
    pub(crate) fn seen(&mut self) {
        if self.seen.is_some() {
            return;
        }
        let after = self.started.elapsed();
        self.seen = Some(after);
        if let (Some(observer), Some(attempt)) = (&self.observer, &self.attempt) {
            observer.first_output(&attempt.model, &attempt.provider, after);
        }
    }

    /// Counts a piece of the output.
    pub(crate) fn piece(&mut self, piece: &Output) {
        self.later += u64::from(self.seen.is_some());
        if let Output::Delta(Delta::Usage(usage)) = piece {
            self.usage(usage);
        }
    }

    /// Records what the last piece tells.
    pub(crate) fn ending(&mut self, end: AtEnd) {
        if let Some(usage) = &end.usage {
            self.usage(usage);
        }
        self.end = end;
    }

    pub(crate) fn usage(&mut self, usage: &Usage) {
        self.usage = Some(usage.clone());
    }

    /// Takes what the current attempt has used.
    fn take_spent(&mut self) -> Spent {
        let price = self.attempt.as_ref().and_then(|attempt| attempt.price);
        Spent::at(self.usage.take(), price)
    }

    pub(crate) fn attempt_ended(&mut self, outcome: Outcome<'_>) {
        let Some(attempt) = self.attempt.as_mut().filter(|attempt| !attempt.is_over) else {
            return;
        };
        attempt.is_over = true;
        let took = attempt.started.elapsed();
        let before = attempt.started.duration_since(self.started);
        let first = self.seen.and_then(|seen| seen.checked_sub(before));
        let own = (outcome == Outcome::Ok).then_some(&*attempt.provider_model);
        let facts = SpanFacts {
            response_id: self.end.id.as_deref(),
            response_model: self.end.model.as_deref().or(own),
            first_chunk: first,
            usage: self.usage.as_ref(),
            end: Some(&self.end),
            outcome: Some(outcome),
            ..SpanFacts::starting(&self.asked, &attempt.provider_model, None)
        };
        conventions::finish(&attempt.span, &facts);
        // Others may still hold the span; the request has ended.
        attempt.span = Span::none();
        if let Some(observer) = &self.observer {
            observer.attempt_ended(&AttemptEnd {
                model: &attempt.model,
                provider: &attempt.provider,
                outcome,
                took,
                operation: self.asked.operation,
                chunks: chunks(&self.asked, first, self.later),
                usage: self.usage.as_ref(),
            });
        }
    }

    /// Returns the last piece of the response, after the end.
    pub(crate) fn last_piece(&self, piece: Option<Result<Output, Error>>) -> LastPiece {
        LastPiece::new(piece, self.observer.as_deref())
    }

    pub(crate) fn end(&mut self, outcome: Outcome<'_>) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        self.attempt_ended(outcome);
        let took = self.started.elapsed();
        let last = self.take_spent();
        let mut spent = std::mem::take(&mut self.earlier);
        if let Some(charge) = self.charge.take() {
            let end = charged_end(self.attempt.is_some(), self.is_cut_short, outcome);
            charge.settle(end, &last, &spent);
        }
        spent.add(last);
        let attempt = self.attempt.as_ref();
        if let Some(attempt) = attempt {
            self.span.record("gen_ai.provider.name", &*attempt.provider);
        }
        let own = attempt.map(|attempt| &*attempt.provider_model);
        let own = own.filter(|_| outcome == Outcome::Ok);
        let context = self.context.as_ref();
        let facts = SpanFacts {
            response_id: context.and_then(|context| context.response_id()),
            response_model: self.end.model.as_deref().or(own),
            first_chunk: self.seen,
            usage: spent.usage.as_ref(),
            end: Some(&self.end),
            outcome: Some(outcome),
            ..SpanFacts::starting(&self.asked, self.asked.model(), None)
        };
        conventions::finish(&self.span, &facts);
        if let Some(observer) = &self.observer {
            observer.request_ended(&RequestEnd {
                model: attempt.map(|attempt| &*attempt.model),
                provider: attempt.map(|attempt| &*attempt.provider),
                provider_model: attempt.map(|attempt| &*attempt.provider_model),
                key_name: self.caller.as_ref().and_then(Principal::key_name),
                cost: spent.cost,
                outcome,
                took,
                operation: self.asked.operation,
                chunks: chunks(&self.asked, self.seen, self.later),
                usage: spent.usage.as_ref(),
                context,
            });
        }
        self.span = Span::none();
    }
}

fn charged_end(is_called: bool, is_cut_short: bool, outcome: Outcome<'_>) -> ChargedEnd {
    match outcome {
        _ if !is_called => ChargedEnd::NotCalled,
        _ if is_cut_short => ChargedEnd::CutShort,
        Outcome::Failed(_) => ChargedEnd::Failed,
        Outcome::Ok | Outcome::Cancelled => ChargedEnd::Other,
    }
}

/// Returns the times of a streamed answer's pieces.
fn chunks(asked: &Asked, first: Option<Duration>, later: u64) -> Option<Chunks> {
    let first = first.filter(|_| asked.stream)?;
    Some(Chunks { first, later })
}

/// The client disconnected, or the provider panicked.
impl Drop for Watch {
    fn drop(&mut self) {
        self.end(match self.is_polled {
            true => Outcome::Failed("server_error"),
            false => Outcome::Cancelled,
        });
    }
}
