//! One request, watched from its beginning to its end.

use std::sync::Arc;
use std::time::Duration;

use openresponses_types::Usage;
use tokio::time::Instant;
use tracing::Span;
use tracing::field::Empty;

use super::observer::{AttemptEnd, Observer, Outcome, RequestEnd};

pub(crate) struct Watch {
    observer: Option<Arc<dyn Observer>>,
    span: Span,
    started: Instant,
    attempt: Option<Attempt>,
    usage: Option<Usage>,
    is_seen: bool,
    is_over: bool,
    /// True while the provider's stream is polled, and for good once that panicked.
    is_polled: bool,
}

struct Attempt {
    model: String,
    provider: String,
    started: Instant,
    span: Span,
    is_over: bool,
}

impl Watch {
    pub(crate) fn new(
        observer: Option<Arc<dyn Observer>>,
        operation: &'static str,
        model: &str,
    ) -> Self {
        let model: String = model.chars().take(256).collect();
        let span = tracing::info_span!(
            "gen_ai.request",
            otel.name = format!("{operation} {model}"),
            otel.kind = "server",
            gen_ai.operation.name = operation,
            gen_ai.request.model = model,
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
            observer,
            span,
            started: Instant::now(),
            attempt: None,
            usage: None,
            is_seen: false,
            is_over: false,
            is_polled: false,
        }
    }

    /// A provider is asked.
    pub(crate) fn attempt(&mut self, model: &str, provider: &str, provider_model: &str) {
        let span = tracing::info_span!(
            parent: &self.span,
            "gen_ai.attempt",
            otel.name = format!("chat {provider_model}"),
            otel.kind = "client",
            gen_ai.operation.name = "chat",
            gen_ai.provider.name = provider,
            gen_ai.request.model = provider_model,
            error.type = Empty,
        );
        self.attempt = Some(Attempt {
            model: model.to_owned(),
            provider: provider.to_owned(),
            started: Instant::now(),
            span,
            is_over: false,
        });
    }

    /// The span in which the provider works.
    pub(crate) fn span(&self) -> Span {
        let attempt = self.attempt.as_ref();
        attempt.map_or_else(|| self.span.clone(), |attempt| attempt.span.clone())
    }

    /// The provider works in its span.
    pub(crate) fn within<T>(&mut self, work: impl FnOnce() -> T) -> T {
        self.is_polled = true;
        let worked = match &self.attempt {
            Some(attempt) => attempt.span.in_scope(work),
            None => self.span.in_scope(work),
        };
        self.is_polled = false;
        worked
    }

    /// The client can see something.
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
        fail(&attempt.span, outcome);
        // Others may hold the span; ours is over.
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
        fail(&self.span, outcome);
        if let Some(attempt) = attempt {
            self.span.record("gen_ai.provider.name", &*attempt.provider);
            self.span.record("gen_ai.response.model", &*attempt.model);
        }
        if let Some(usage) = &self.usage {
            self.span
                .record("gen_ai.usage.input_tokens", usage.input_tokens);
            self.span
                .record("gen_ai.usage.output_tokens", usage.output_tokens);
        }
        if let Some(observer) = &self.observer {
            observer.request_ended(&RequestEnd {
                model: attempt.map(|attempt| &*attempt.model),
                provider: attempt.map(|attempt| &*attempt.provider),
                outcome,
                took,
                usage: self.usage.as_ref(),
            });
        }
        self.span = Span::none();
    }
}

fn fail(span: &Span, outcome: Outcome<'_>) {
    if outcome != Outcome::Ok {
        span.record("error.type", outcome.label());
    }
}

/// Nobody waits any longer, be it that the provider panicked.
impl Drop for Watch {
    fn drop(&mut self) {
        self.end(match self.is_polled {
            true => Outcome::Failed("server_error"),
            false => Outcome::Cancelled,
        });
    }
}
