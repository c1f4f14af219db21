//! OpenTelemetry's semantic conventions for generative AI: one table of attributes, one of metrics.

use std::borrow::Cow;

use tracing::Span;
use tracing::field::Empty;

use super::span_facts::SpanFacts;

/// The version of the conventions that spans and metrics follow: of the repository
/// [`open-telemetry/semantic-conventions-genai`](https://github.com/open-telemetry/semantic-conventions-genai),
/// where they are since 2026.
pub const GEN_AI_CONVENTIONS: &str = "0.1.0";

/// When the value of an attribute is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    AtStart,
    /// At the end, or while the span is open.
    Later,
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum AttributeValue<'a> {
    Text(Cow<'a, str>),
    Integer(i64),
    Float(f64),
    Flag(bool),
}

impl AttributeValue<'_> {
    fn as_tracing(&self) -> &dyn tracing::Value {
        match self {
            Self::Text(Cow::Borrowed(text)) => text,
            Self::Text(Cow::Owned(text)) => text,
            Self::Integer(number) => number,
            Self::Float(number) => number,
            Self::Flag(flag) => flag,
        }
    }
}

/// A count, as OpenTelemetry has only signed ones.
impl From<u64> for AttributeValue<'_> {
    fn from(count: u64) -> Self {
        Self::Integer(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

/// Declares the attributes of the spans of requests and attempts, and what opens these spans with a
/// field for each. The value of each stands in [`SpanFacts::value`], whose match has no `_`.
macro_rules! attributes {
    ($( $(#[$doc:meta])* $variant:ident = $name:literal, $known:ident; )*) => {
        /// An attribute of the spans of requests and attempts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Attribute {
            $( $(#[$doc])* $variant, )*
        }

        impl Attribute {
            pub(super) const ALL: &'static [Self] = &[$( Self::$variant, )*];

            pub(super) fn name(self) -> &'static str {
                match self {
                    $( Self::$variant => $name, )*
                }
            }

            pub(super) fn known(self) -> Known {
                match self {
                    $( Self::$variant => Known::$known, )*
                }
            }
        }

        /// Opens the span of a request, inside the current one.
        pub(super) fn request_span(facts: &SpanFacts<'_>) -> Span {
            tracing::info_span!(
                "gen_ai.request",
                otel.name = facts.span_name(),
                otel.kind = "internal",
                otel.status_code = Empty,
                $( $name = facts.at_start(Attribute::$variant).as_ref().map(AttributeValue::as_tracing), )*
            )
        }

        /// Opens the span of an attempt.
        pub(super) fn attempt_span(request: &Span, facts: &SpanFacts<'_>) -> Span {
            tracing::info_span!(
                parent: request,
                "gen_ai.attempt",
                otel.name = facts.span_name(),
                otel.kind = "client",
                otel.status_code = Empty,
                $( $name = facts.at_start(Attribute::$variant).as_ref().map(AttributeValue::as_tracing), )*
            )
        }
    };
}

attributes! {
    OperationName = "gen_ai.operation.name", AtStart;
    /// The name of the provider in the catalog.
    ProviderName = "gen_ai.provider.name", AtStart;
    RequestModel = "gen_ai.request.model", AtStart;
    RequestStream = "gen_ai.request.stream", AtStart;
    RequestMaxTokens = "gen_ai.request.max_tokens", AtStart;
    RequestTemperature = "gen_ai.request.temperature", AtStart;
    RequestTopP = "gen_ai.request.top_p", AtStart;
    RequestFrequencyPenalty = "gen_ai.request.frequency_penalty", AtStart;
    RequestPresencePenalty = "gen_ai.request.presence_penalty", AtStart;
    RequestReasoningLevel = "gen_ai.request.reasoning.level", AtStart;
    RequestPreviousResponseId = "gen_ai.request.previous_response.id", AtStart;
    ConversationId = "gen_ai.conversation.id", AtStart;
    OutputType = "gen_ai.output.type", AtStart;
    /// The provider's address, which its client records.
    ServerAddress = "server.address", Later;
    ServerPort = "server.port", Later;
    ResponseId = "gen_ai.response.id", Later;
    ResponseModel = "gen_ai.response.model", Later;
    /// One reason, where the conventions have a list: a response has one generation.
    ResponseFinishReasons = "gen_ai.response.finish_reasons", Later;
    ResponseTimeToFirstChunk = "gen_ai.response.time_to_first_chunk", Later;
    UsageInputTokens = "gen_ai.usage.input_tokens", Later;
    UsageCacheReadInputTokens = "gen_ai.usage.cache_read.input_tokens", Later;
    UsageOutputTokens = "gen_ai.usage.output_tokens", Later;
    UsageReasoningOutputTokens = "gen_ai.usage.reasoning.output_tokens", Later;
    ErrorType = "error.type", Later;
}

/// Writes what is known at the end into a span.
pub(super) fn finish(span: &Span, facts: &SpanFacts<'_>) {
    if span.is_disabled() {
        return;
    }
    for attribute in Attribute::ALL {
        if attribute.known() == Known::Later
            && let Some(value) = facts.value(*attribute)
        {
            span.record(attribute.name(), value.as_tracing());
        }
    }
    if facts.is_fault() {
        span.record("otel.status_code", "ERROR");
    }
}
