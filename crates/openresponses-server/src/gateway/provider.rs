//! Builds the providers of the file.

use std::ops::Range;
use std::time::Duration;

use openresponses_gateway::health::CircuitBreaker;
use openresponses_gateway::registry::ProviderEntry;
use openresponses_testing::EmbeddedModel;
use openresponses_tower::provider::DynProvider;

use super::listing::Upstreams;
use super::upstream;
use crate::active_calls::{ActiveCalls, CountedProvider};
use crate::file::{Fault, Kind, Provider, Source, Wait};
use crate::kept::Kept;

/// Place of a provider in the file.
pub(super) struct Place<'a> {
    pub(super) source: &'a Source,
    pub(super) slug: &'a str,
    pub(super) field: &'a str,
    pub(super) at: Option<Range<usize>>,
}

/// Creates the provider. Add new kinds here.
fn provider(
    settings: &Provider,
    times: Times,
    active: &ActiveCalls,
    place: &Place<'_>,
    upstreams: &mut Upstreams,
) -> Result<DynProvider, Fault> {
    let active = active.clone();
    Ok(match settings.kind {
        Kind::Embedded => {
            upstream::refuse_settings(settings, place)?;
            DynProvider::new(CountedProvider::new(EmbeddedModel::new(), active))
        }
        Kind::Upstream(kind) => {
            let upstream = upstream::of_file(kind, settings, times, place)?;
            upstreams.add(place.slug, upstream.clone(), settings.serves_any());
            DynProvider::new(CountedProvider::new(upstream, active))
        }
    })
}

/// Time limits of a provider.
#[derive(Clone, Copy)]
pub(super) struct Times {
    /// Time to the first output of an attempt.
    pub(super) first_output: Option<Duration>,
    /// Time to the first output of a response.
    pub(super) response: Option<Duration>,
    /// Time between two outputs.
    pub(super) idle: Option<Duration>,
}

impl Times {
    /// Returns the limits with those that the provider has itself.
    fn with(self, settings: &Provider) -> Self {
        let own = |wait: Option<Wait>| wait.map(|wait| wait.0);
        Self {
            first_output: own(settings.timeout).or(self.first_output),
            idle: own(settings.idle_timeout).or(self.idle),
            ..self
        }
    }

    /// Returns how long the body of an answer may be silent. The gateway limits the time between two
    /// outputs; a body may also be silent between its head and the first one.
    pub(super) fn silence(self) -> Option<Duration> {
        Some(self.idle?.max(self.first_output.or(self.response)?))
    }
}

/// Creates the catalog entry of the provider. `times` are those of providers without their own.
pub(super) fn entry(
    settings: &Provider,
    times: Times,
    kept: &Kept,
    place: &Place<'_>,
    upstreams: &mut Upstreams,
) -> Result<ProviderEntry, Fault> {
    let times = times.with(settings);
    let mut entry = ProviderEntry::new(provider(settings, times, &kept.active, place, upstreams)?);
    if let Some(time) = times.first_output {
        entry = entry.timeout(time);
    }
    entry = entry.idle_timeout(times.idle);
    if let Some(answers) = settings.concurrency {
        entry = entry.concurrency(kept.concurrency.of(place.slug, answers.get()));
    }
    if let Some(breaker) = settings.circuit_breaker {
        let Wait(open_for) = breaker.open_for;
        entry = entry.circuit_breaker(CircuitBreaker::new(breaker.failures.get(), open_for));
    }
    if let Some(lacks) = settings.lacks {
        entry = entry.capabilities(lacks.0);
    }
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// The silence that the client of a server permits, in seconds.
    fn silence(settings: &str, idle: Option<u32>, response: Option<u32>) -> Option<u64> {
        let settings = toml::from_str(&format!("kind = \"chat\"\n{settings}")).unwrap();
        let seconds = |time: Option<u32>| time.map(|time| time * SECOND);
        let times = Times {
            first_output: None,
            response: seconds(response),
            idle: seconds(idle),
        };
        let source = Source::of("a.toml", "");
        let place = Place {
            source: &source,
            slug: "a",
            field: "providers.a",
            at: None,
        };
        let times = times.with(&settings);
        let options = upstream::options(&settings, times, &place).unwrap();
        assert!(format!("{options:?}").contains(&format!(" idle: {:?},", times.silence())));
        times.silence().map(|time| time.as_secs())
    }

    #[test]
    fn a_body_may_be_silent_as_long_as_the_gateway_permits() {
        assert_eq!(silence("", Some(600), Some(300)), Some(600));
        assert_eq!(
            silence("idle_timeout = \"10m\"", Some(60), Some(300)),
            Some(600)
        );
        assert_eq!(silence("", None, Some(300)), None);
        // Before the first output the limit of that counts.
        assert_eq!(silence("", Some(60), Some(300)), Some(300));
        assert_eq!(silence("timeout = \"90s\"", Some(60), Some(300)), Some(90));
        assert_eq!(silence("", Some(60), None), None);
    }
}
