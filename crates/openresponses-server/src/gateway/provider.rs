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
            let upstream = upstream::of_file(kind, settings, place)?;
            upstreams.add(place.slug, upstream.clone(), settings.serves_any());
            DynProvider::new(CountedProvider::new(upstream, active))
        }
    })
}

/// Time limits of providers without their own.
#[derive(Clone, Copy)]
pub(super) struct Times {
    pub(super) first_output: Option<Duration>,
    pub(super) idle: Option<Duration>,
}

/// Creates the catalog entry of the provider.
pub(super) fn entry(
    settings: &Provider,
    times: Times,
    active: &ActiveCalls,
    place: &Place<'_>,
    upstreams: &mut Upstreams,
) -> Result<ProviderEntry, Fault> {
    let mut entry = ProviderEntry::new(provider(settings, active, place, upstreams)?);
    let own = |wait: Option<Wait>| wait.map(|wait| wait.0);
    if let Some(time) = own(settings.timeout).or(times.first_output) {
        entry = entry.timeout(time);
    }
    entry = entry.idle_timeout(own(settings.idle_timeout).or(times.idle));
    if let Some(answers) = settings.concurrency {
        entry = entry.concurrency(answers.get());
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
