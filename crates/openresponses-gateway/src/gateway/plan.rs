//! The order of the attempts.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

use openresponses_tower::{Error, ErrorKind};

use super::attempt::Limits;
use super::list::shown;
use super::options::{ONLY, Options, Sort};
use crate::capability::Capabilities;
use crate::registry::{Catalog, ProviderEntry, Resolved, Route};

/// One possible attempt.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The model's id in the catalog.
    pub(super) model: Arc<str>,
    /// The label of the model in metrics.
    pub(super) label: Arc<str>,
    pub(super) provider: Arc<str>,
    /// The provider's name of the model.
    pub(super) provider_model: Arc<str>,
    pub(super) entry: ProviderEntry,
    pub(super) capabilities: Capabilities,
    /// The time limit for the first output.
    pub(super) timeout: Option<Duration>,
    /// The time limit is the client's, shorter than that of the host.
    pub(super) is_shortened: bool,
}

impl Target {
    /// Returns the time limits of the attempt.
    pub(super) fn limits(&self) -> Limits {
        Limits {
            first_output: self.timeout,
            idle: self.entry.idle_timeout,
        }
    }
}

/// Returns the attempts in order: every provider of the first model, then those of the next.
///
/// For each model `only` filters its providers, `sort` sorts them and `order` moves some to the
/// front. `only` applies to every model, since it restricts.
///
/// `permits` decides which names the caller may use. A name that it may not use stands for its
/// permitted models.
pub(super) fn plan(
    catalog: &Catalog,
    model: &str,
    options: &mut Options,
    permits: impl Fn(&str) -> bool,
) -> Result<Vec<Target>, Error> {
    let permitted = |name: &str| {
        let mut found = catalog.resolve(name)?;
        if !permits(name) {
            found.retain(|found| permits(&found.id));
        }
        Some(found)
    };
    let mut models: Vec<Resolved<'_>> = Vec::new();
    for found in permitted(model).ok_or_else(|| Error::model_not_found(model))? {
        push_new(&mut models, found);
    }
    if models.is_empty() {
        return Err(not_allowed(model));
    }
    let primary = models.len();
    let mut of_host: Vec<&String> = Vec::new();
    if options.models.is_empty() {
        of_host.extend(models.iter().flat_map(|found| found.fallbacks));
    }
    for name in std::mem::take(&mut options.models) {
        let found = permitted(&name);
        if found.as_ref().is_none_or(Vec::is_empty) {
            let what = match found {
                Some(_) => "You may not use the model",
                None => "There is no model",
            };
            options.warn("models", format_args!("{what} '{}'.", shown(&name)));
        }
        for found in found.unwrap_or_default() {
            push_new(&mut models, found);
        }
    }
    warn_of_strangers(&models, options);
    options.warn_of_unknown(|slug| catalog.entry(slug).is_some());
    let asked_for = models.len();
    for found in of_host.iter().filter_map(|name| catalog.find(name)) {
        if permits(&found.id) {
            push_new(&mut models, found);
        }
    }
    let mut targets = Vec::with_capacity(models.len());
    for (at, found) in models.iter().enumerate() {
        let routes = routes(found, options);
        // No warning for models that the host would have added.
        if routes.is_empty() && at < asked_for {
            options.warn(
                "only",
                format_args!("No provider remains for the model '{}'.", shown(&found.id)),
            );
        }
        for route in routes {
            // A checked catalog contains every provider that its routes name.
            let Some(entry) = catalog.entry(&route.provider) else {
                continue;
            };
            let (timeout, is_shortened) = time_limit(&route.provider, entry, options);
            targets.push(Target {
                provider_model: route.model_of(&found.id),
                timeout,
                is_shortened,
                capabilities: route.capabilities.unwrap_or(entry.capabilities),
                entry: entry.clone(),
                model: found.id.clone(),
                label: found.label.clone(),
                provider: route.provider.clone(),
            });
        }
        if at + 1 == primary && targets.is_empty() {
            return Err(no_provider(&models[..primary]));
        }
    }
    Ok(targets)
}

/// Returns the time limit of an attempt, and whether it is the client's: a client can only shorten
/// the host's.
fn time_limit(
    provider: &str,
    entry: &ProviderEntry,
    options: &mut Options,
) -> (Option<Duration>, bool) {
    match (options.timeout_of(provider), entry.timeout) {
        (Some(asked), Some(host)) if asked > host => {
            options.warn(
                format_args!("providerTimeouts.{}", shown(provider)),
                format_args!(
                    "At most {} milliseconds are allowed here, which are used.",
                    host.as_millis()
                ),
            );
            (Some(host), false)
        }
        (Some(asked), host) => (Some(asked), host != Some(asked)),
        (None, host) => (host, false),
    }
}

fn not_allowed(model: &str) -> Error {
    Error::permission(
        "model_not_allowed",
        format!("You may not use the model '{}'.", shown(model)),
    )
    .param("model")
}

fn push_new<'c>(models: &mut Vec<Resolved<'c>>, found: Resolved<'c>) {
    if !models.iter().any(|known| known.id == found.id) {
        models.push(found);
    }
}

fn routes<'f>(found: &'f Resolved<'_>, options: &mut Options) -> Vec<&'f Route> {
    let mut routes: Vec<&Route> = found.routes.iter().collect();
    if let Some(only) = &options.only {
        routes.retain(|route| only.iter().any(|slug| **slug == *route.provider));
    }
    if let Some(sort) = options.sort
        && !sort_by(&mut routes, sort)
    {
        options.warn(
            "sort",
            format_args!("There are no figures for the model '{}'.", shown(&found.id)),
        );
    }
    let rank = |route: &&Route| {
        let mut order = options.order.iter();
        order
            .position(|slug| **slug == *route.provider)
            .unwrap_or(usize::MAX)
    };
    routes.sort_by_key(rank);
    routes
}

/// Sorts by a figure, the best first and routes without one last. Returns false when no route has
/// one.
fn sort_by(routes: &mut [&Route], sort: Sort) -> bool {
    let figure = |route: &Route| match sort {
        Sort::Cost => route.cost,
        Sort::Ttft => route.ttft.map(|time| time.as_secs_f64()),
        // More is better.
        Sort::Tps => route.tps.map(|tps| -tps),
    };
    routes.sort_by(|one, other| match (figure(one), figure(other)) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    });
    routes.is_empty() || routes.iter().any(|route| figure(route).is_some())
}

fn warn_of_strangers(models: &[Resolved<'_>], options: &mut Options) {
    let serves = |slug: &str| {
        let mut routes = models.iter().flat_map(|found| found.routes.iter());
        routes.any(|route| *route.provider == *slug)
    };
    let order = options.order.iter().map(|slug| ("order", slug));
    let only = options.only.iter().flatten().map(|slug| ("only", slug));
    let timeouts = options.timeouts.iter();
    let timeouts = timeouts.map(|(slug, _)| ("providerTimeouts", slug));
    let strangers: Vec<(&str, String)> = order
        .chain(only)
        .chain(timeouts)
        .filter(|(_, slug)| !serves(slug))
        .map(|(feature, slug)| (feature, shown(slug)))
        .collect();
    for (feature, slug) in strangers {
        options.warn(
            feature,
            format_args!("The provider '{slug}' serves none of the models."),
        );
    }
}

fn no_provider(asked_for: &[Resolved<'_>]) -> Error {
    let mut all: Vec<&str> = Vec::new();
    for route in asked_for.iter().flat_map(|found| found.routes.iter()) {
        if !all.contains(&route.provider()) {
            all.push(route.provider());
        }
    }
    let names: Vec<String> = asked_for.iter().map(|found| shown(&found.id)).collect();
    Error::new(
        ErrorKind::InvalidRequest,
        "invalid_value",
        format!(
            "None of the providers in '{ONLY}' serves the model '{}'. It is served by: {}.",
            names.join("' or '"),
            all.join(", ")
        ),
    )
    .param(ONLY)
}
