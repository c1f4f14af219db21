//! Which traces are recorded.

use opentelemetry::trace::{Link, SpanKind, TraceContextExt as _, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{
    IdGenerator as _, RandomIdGenerator, Sampler, SamplingDecision, SamplingResult, ShouldSample,
};

use crate::telemetry::{TelemetryError, TraceContextMode};

/// Decides by `OTEL_TRACES_SAMPLER` for a trace that begins here. What belongs to a trace that is
/// recorded here is recorded as well.
///
/// A client chooses the id of its trace and a flag. Where it is not trusted, neither can have more
/// traces recorded than the sampler would: the ratio is drawn anew, and the flag only forbids.
#[derive(Clone, Debug)]
pub(super) struct ClientSampler {
    root: Sampler,
    /// Whether a client's flag counts at all.
    is_parent_based: bool,
    mode: TraceContextMode,
}

impl ClientSampler {
    /// # Errors
    /// A value that is not supported.
    pub(super) fn from_env(mode: TraceContextMode) -> Result<Self, TelemetryError> {
        let read = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let name = read("OTEL_TRACES_SAMPLER");
        let argument = read("OTEL_TRACES_SAMPLER_ARG");
        Self::new(name.as_deref(), argument.as_deref(), mode).map_err(TelemetryError)
    }

    fn new(
        name: Option<&str>,
        argument: Option<&str>,
        mode: TraceContextMode,
    ) -> Result<Self, String> {
        let name = name.unwrap_or("parentbased_always_on");
        let (is_parent_based, root) = match name.strip_prefix("parentbased_") {
            Some(root) => (true, root),
            None => (false, name),
        };
        let root = match root {
            "always_on" => Sampler::AlwaysOn,
            "always_off" => Sampler::AlwaysOff,
            "traceidratio" => {
                let ratio = argument.map_or(Ok(1.0), str::parse);
                let ratio = ratio.ok().filter(|ratio| (0.0..=1.0).contains(ratio));
                Sampler::TraceIdRatioBased(ratio.ok_or_else(|| {
                    format!(
                        "OTEL_TRACES_SAMPLER_ARG is '{}': it must be a ratio from 0 to 1",
                        argument.unwrap_or_default()
                    )
                })?)
            }
            _ => {
                return Err(format!(
                    "OTEL_TRACES_SAMPLER is '{name}': it must be always_on, always_off or \
                     traceidratio, or one of them with parentbased_ before it"
                ));
            }
        };
        Ok(Self {
            root,
            is_parent_based,
            mode,
        })
    }
}

impl ShouldSample for ClientSampler {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let span = parent.map(|context| context.span());
        let span = span.as_ref().map(|span| span.span_context());
        let Some(parent) = span.filter(|span| span.is_valid()) else {
            return self
                .root
                .should_sample(None, trace_id, name, kind, attributes, links);
        };
        let decided = |is_recorded: bool| SamplingResult {
            decision: match is_recorded {
                true => SamplingDecision::RecordAndSample,
                false => SamplingDecision::Drop,
            },
            attributes: Vec::new(),
            trace_state: parent.trace_state().clone(),
        };
        let follows_client = self.is_parent_based && self.mode == TraceContextMode::Trust;
        if !parent.is_remote() || follows_client {
            return decided(parent.is_sampled());
        }
        if self.is_parent_based && !parent.is_sampled() {
            return decided(false);
        }
        // Not the client's id, which it may have chosen to be recorded.
        let drawn = RandomIdGenerator::default().new_trace_id();
        let drawn = self
            .root
            .should_sample(None, drawn, name, kind, attributes, links);
        decided(drawn.decision == SamplingDecision::RecordAndSample)
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceState};

    use super::*;

    fn parent(id: u128, is_remote: bool, is_sampled: bool) -> Context {
        let context = SpanContext::new(
            TraceId::from_bytes(id.to_be_bytes()),
            SpanId::from_bytes([1; 8]),
            TraceFlags::default().with_sampled(is_sampled),
            is_remote,
            TraceState::NONE,
        );
        Context::new().with_remote_span_context(context)
    }

    /// How many of a thousand requests are recorded.
    fn recorded(sampler: &ClientSampler, parent: Option<&Context>) -> usize {
        let ids = RandomIdGenerator::default();
        let sample = |_: &usize| {
            let own = ids.new_trace_id();
            let id = parent.map_or(own, |parent| parent.span().span_context().trace_id());
            let kind = SpanKind::Server;
            let result = sampler.should_sample(parent, id, "POST", &kind, &[], &[]);
            result.decision == SamplingDecision::RecordAndSample
        };
        (0..1000).filter(sample).count()
    }

    fn sampler(name: &str, argument: Option<&str>, mode: TraceContextMode) -> ClientSampler {
        ClientSampler::new(Some(name), argument, mode).unwrap()
    }

    #[test]
    fn a_client_cannot_have_more_recorded_than_the_ratio() {
        let ratio = "parentbased_traceidratio";
        let careful = sampler(ratio, Some("0.05"), TraceContextMode::Continue);
        // The id is below every ratio, and the flag is set.
        let chosen = parent(1, true, true);
        for parent in [Some(&chosen), None] {
            let count = recorded(&careful, parent);
            assert!((1..150).contains(&count), "{count}");
        }
        assert_eq!(recorded(&careful, Some(&parent(1, true, false))), 0);
        let trusting = sampler(ratio, Some("0.05"), TraceContextMode::Trust);
        assert_eq!(recorded(&trusting, Some(&chosen)), 1000);
    }

    #[test]
    fn spans_follow_their_parent_in_this_process() {
        for name in ["parentbased_always_off", "traceidratio", "always_on"] {
            let sampler = sampler(name, Some("0"), TraceContextMode::Continue);
            assert_eq!(recorded(&sampler, Some(&parent(1, false, true))), 1000);
            assert_eq!(recorded(&sampler, Some(&parent(1, false, false))), 0);
        }
    }

    #[test]
    fn everything_is_recorded_by_default_unless_the_client_forbids_it() {
        let default = ClientSampler::new(None, None, TraceContextMode::Continue).unwrap();
        assert_eq!(recorded(&default, None), 1000);
        assert_eq!(recorded(&default, Some(&parent(1, true, true))), 1000);
        assert_eq!(recorded(&default, Some(&parent(1, true, false))), 0);
        let off = sampler("always_off", None, TraceContextMode::Trust);
        assert_eq!(recorded(&off, Some(&parent(1, true, true))), 0);
    }

    #[test]
    fn unknown_samplers_are_refused() {
        let mode = TraceContextMode::Continue;
        assert!(ClientSampler::new(Some("jaeger_remote"), None, mode).is_err());
        assert!(ClientSampler::new(Some("traceidratio"), Some("2"), mode).is_err());
        assert!(ClientSampler::new(Some("traceidratio"), Some("half"), mode).is_err());
    }
}
