//! Observation of one request from start to end.

use std::sync::Arc;
use std::time::Duration;

use http::Extensions;
use openresponses_tower::RequestContext;
use openresponses_tower::output::Output;
use openresponses_tower::output::RelayObserver;
use openresponses_types::Turn;
use openresponses_types::response::Usage;
use tokio::time::Instant;
use tracing::Span;
use tracing::field::Empty;

use super::observer::{AttemptEnd, Observer, Outcome, RelayEnd, RequestEnd};
use crate::auth::Principal;
use crate::budget::{Charge, ChargedEnd, Price};

/// The operation, in the terms of the conventions.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    operation: &'static str,
    pub(crate) model: &'a str,
    max_tokens: Option<u64>,
    temperature: Option<f64>,
    top_p: Option<f64>,
}

impl<'a> Asking<'a> {
    pub(crate) fn of(turn: &'a Turn) -> Self {
        Self {
            operation: "chat",
            model: &turn.model,
            max_tokens: turn.max_output_tokens,
            temperature: turn.temperature,
            top_p: turn.top_p,
        }
    }

    pub(crate) fn compact(model: &'a str) -> Self {
        Self::without_settings("compact", model)
    }

    pub(crate) fn count(model: &'a str) -> Self {
        Self::without_settings("count_input_tokens", model)
    }

    fn without_settings(operation: &'static str, model: &'a str) -> Self {
        Self {
            operation,
            model,
            max_tokens: None,
            temperature: None,
            top_p: None,
        }
    }
}

pub(crate) struct Watch {
    operation: &'static str,
    observer: Option<Arc<dyn Observer>>,
    context: Option<RequestContext>,
    /// The key that the caller used.
    key_id: Option<String>,
    /// The reservation of the caller's budget.
    charge: Option<Charge>,
    /// True once a provider was called.
    is_called: bool,
    span: Span,
    started: Instant,
    attempt: Option<Attempt>,
    usage: Option<Usage>,
    is_seen: bool,
    is_over: bool,
    /// True while the provider's stream is polled, and permanently after a panic in it.
    is_polled: bool,
}

struct Attempt {
    model: String,
    provider: String,
    provider_model: String,
    started: Instant,
    span: Span,
    price: Option<Price>,
    is_over: bool,
}

impl Watch {
    /// Starts the observation of a request with these extensions.
    pub(crate) fn new(
        observer: Option<Arc<dyn Observer>>,
        asking: Asking<'_>,
        extensions: &Extensions,
    ) -> Self {
        let operation = asking.operation;
        let model: String = asking.model.chars().take(256).collect();
        let span = tracing::info_span!(
            "gen_ai.request",
            otel.name = format!("{operation} {model}"),
            otel.kind = "internal",
            gen_ai.operation.name = operation,
            gen_ai.request.model = model,
            gen_ai.request.max_tokens = asking.max_tokens,
            gen_ai.request.temperature = asking.temperature,
            gen_ai.request.top_p = asking.top_p,
            gen_ai.provider.name = Empty,
            gen_ai.response.model = Empty,
            gen_ai.usage.input_tokens = Empty,
            gen_ai.usage.output_tokens = Empty,
            error.type = Empty,
        );
        if let Some(observer) = &observer {
            observer.request_started();
        }
        Self {
            operation,
            observer,
            context: RequestContext::from_extensions(extensions),
            key_id: extensions
                .get::<Principal>()
                .and_then(|principal| principal.key_id().map(str::to_owned)),
            charge: None,
            is_called: false,
            span,
            started: Instant::now(),
            attempt: None,
            usage: None,
            is_seen: false,
            is_over: false,
            is_polled: false,
        }
    }

    /// Starts an attempt.
    pub(crate) fn attempt(&mut self, model: &str, provider: &str, provider_model: &str) {
        let operation = self.operation;
        let span = tracing::info_span!(
            parent: &self.span,
            "gen_ai.attempt",
            otel.name = format!("{operation} {provider_model}"),
            otel.kind = "client",
            gen_ai.operation.name = operation,
            gen_ai.provider.name = provider,
            gen_ai.request.model = provider_model,
            gen_ai.response.model = Empty,
            gen_ai.usage.input_tokens = Empty,
            gen_ai.usage.output_tokens = Empty,
            error.type = Empty,
        );
        if let Some(context) = &self.context {
            context.record_target(model, provider);
        }
        // Token counts of an earlier attempt do not apply to this one.
        self.usage = None;
        self.attempt = Some(Attempt {
            model: model.to_owned(),
            provider: provider.to_owned(),
            provider_model: provider_model.to_owned(),
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

    /// Records that a provider is called.
    pub(crate) fn called(&mut self) {
        self.is_called = true;
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
        let (model, provider) = (attempt.model.clone(), attempt.provider.clone());
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
        self.is_seen
    }

    /// Records the first output.
    pub(crate) fn seen(&mut self) {
        if std::mem::replace(&mut self.is_seen, true) {
            return;
        }
        if let (Some(observer), Some(attempt)) = (&self.observer, &self.attempt) {
            observer.first_output(&attempt.model, &attempt.provider, self.started.elapsed());
        }
    }

    pub(crate) fn usage(&mut self, usage: &Usage) {
        self.usage = Some(usage.clone());
    }

    pub(crate) fn attempt_ended(&mut self, outcome: Outcome<'_>) {
        let Some(attempt) = self.attempt.as_mut().filter(|attempt| !attempt.is_over) else {
            return;
        };
        attempt.is_over = true;
        finish(&attempt.span, outcome, self.usage.as_ref());
        if outcome == Outcome::Ok {
            let model = &*attempt.provider_model;
            attempt.span.record("gen_ai.response.model", model);
        }
        // Others may still hold the span; the request has ended.
        attempt.span = Span::none();
        if let Some(observer) = &self.observer {
            observer.attempt_ended(&AttemptEnd {
                model: &attempt.model,
                provider: &attempt.provider,
                outcome,
                took: attempt.started.elapsed(),
            });
        }
    }

    pub(crate) fn end(&mut self, outcome: Outcome<'_>) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        self.attempt_ended(outcome);
        let took: Duration = self.started.elapsed();
        let attempt = self.attempt.as_ref();
        finish(&self.span, outcome, self.usage.as_ref());
        if let Some(attempt) = attempt {
            self.span.record("gen_ai.provider.name", &*attempt.provider);
            if outcome == Outcome::Ok {
                let model = &*attempt.provider_model;
                self.span.record("gen_ai.response.model", model);
            }
        }
        let price = attempt.and_then(|attempt| attempt.price);
        let cost = price.and_then(|price| Some(price.cost(self.usage.as_ref()?)));
        if let Some(charge) = self.charge.take() {
            let end = charged_end(self.is_called, outcome);
            charge.settle(end, self.usage.as_ref(), cost);
        }
        if let Some(observer) = &self.observer {
            observer.request_ended(&RequestEnd {
                operation: self.operation,
                model: attempt.map(|attempt| &*attempt.model),
                provider: attempt.map(|attempt| &*attempt.provider),
                provider_model: attempt.map(|attempt| &*attempt.provider_model),
                key_id: self.key_id.as_deref(),
                cost,
                outcome,
                took,
                usage: self.usage.as_ref(),
                context: self.context.as_ref(),
            });
        }
        self.span = Span::none();
    }
}

fn charged_end(is_called: bool, outcome: Outcome<'_>) -> ChargedEnd {
    match outcome {
        _ if !is_called => ChargedEnd::NotCalled,
        Outcome::Failed(_) => ChargedEnd::Failed,
        Outcome::Ok | Outcome::Cancelled => ChargedEnd::Other,
    }
}

/// Records the attributes known at the end of a span.
fn finish(span: &Span, outcome: Outcome<'_>, usage: Option<&Usage>) {
    if outcome != Outcome::Ok {
        span.record("error.type", outcome.label());
    }
    if let Some(usage) = usage {
        span.record("gen_ai.usage.input_tokens", usage.input_tokens);
        span.record("gen_ai.usage.output_tokens", usage.output_tokens);
    }
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
