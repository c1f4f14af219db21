//! An independent implementation of the rules for the order of attempts: a list of rules that are
//! applied in sequence, without code of the implementation.

use std::time::Duration;

use crate::common::Act;

/// Options of a request.
#[derive(Clone, Debug)]
pub(super) struct Asks {
    pub(super) order: Vec<&'static str>,
    pub(super) only: Option<Vec<&'static str>>,
    pub(super) models: Option<Vec<&'static str>>,
    pub(super) sort: bool,
    /// Whether it sets provider timeouts.
    pub(super) timeouts: bool,
    pub(super) stream: bool,
}

/// A provider's answer to one attempt: model, provider, its name for the model, and the code and
/// status of its failure.
pub(super) type Attempt = (
    &'static str,
    &'static str,
    &'static str,
    Option<(&'static str, u64)>,
);

/// What the client sees.
#[derive(Debug, PartialEq)]
pub(super) struct Sees {
    pub(super) status: u64,
    /// Of the error, or of a response that failed on its way.
    pub(super) code: Option<&'static str>,
    pub(super) text: String,
    pub(super) waited: Duration,
    pub(super) attempts: Vec<Attempt>,
    /// Providers that could have been asked after the first.
    pub(super) fallbacks: Vec<&'static str>,
    /// Feature and details, sorted.
    pub(super) warnings: Vec<(&'static str, String)>,
}

/// Two models: the first is served by a, b and c at these costs, the second by b and c.
const ONE: [(&str, f64); 3] = [("a", 3.0), ("b", 1.0), ("c", 2.0)];
const TWO: [&str; 2] = ["b", "c"];

/// Timeouts in milliseconds, of the request and of the host.
pub(super) const CLIENTS: [(&str, u64); 3] = [("a", 1_000), ("b", 2_000), ("c", 3_000)];
pub(super) const HOSTS: [(&str, u64); 3] = [("a", 40_000), ("b", 50_000), ("c", 60_000)];

fn of<T: Copy>(all: &[(&str, T)], slug: &str) -> T {
    all.iter().find(|(name, _)| *name == slug).unwrap().1
}

/// The providers of the model, in the order of attempts.
fn providers(model: &str, asks: &Asks) -> Vec<&'static str> {
    let mut all: Vec<&'static str> = match model {
        "x/one" => ONE.iter().map(|(slug, _)| *slug).collect(),
        _ => TWO.to_vec(),
    };
    if asks.sort && model == "x/one" {
        all.sort_by(|one, other| of(&ONE, one).total_cmp(&of(&ONE, other)));
    }
    let mut ordered: Vec<&'static str> = Vec::new();
    for slug in &asks.order {
        if all.contains(slug) {
            ordered.push(slug);
        }
    }
    for slug in all {
        if !ordered.contains(&slug) {
            ordered.push(slug);
        }
    }
    if let Some(only) = &asks.only {
        ordered.retain(|slug| only.contains(slug));
    }
    ordered
}

fn models(asks: &Asks) -> (Vec<&'static str>, Vec<(&'static str, String)>) {
    let (mut all, mut warnings) = (vec!["x/one"], Vec::new());
    for model in asks.models.iter().flatten() {
        if *model == "x/zero" {
            warnings.push(("models", "There is no model 'x/zero'.".to_owned()));
        } else if !all.contains(model) {
            all.push(model);
        }
    }
    (all, warnings)
}

fn strangers(asks: &Asks, models: &[&str]) -> Vec<(&'static str, String)> {
    let serves = |slug: &str| {
        let by_two = models.contains(&"x/two") && TWO.contains(&slug);
        by_two || ONE.iter().any(|(known, _)| *known == slug)
    };
    let mut all: Vec<(&'static str, &str)> = Vec::new();
    all.extend(asks.order.iter().map(|slug| ("order", *slug)));
    all.extend(asks.only.iter().flatten().map(|slug| ("only", *slug)));
    let all = all.into_iter().filter(|(_, slug)| !serves(slug));
    all.map(|(feature, slug)| {
        (
            feature,
            format!("The provider '{slug}' serves none of the models."),
        )
    })
    .collect()
}

pub(super) fn sees(acts: &[Act; 3], asks: &Asks) -> Sees {
    let act = |slug: &str| acts[["a", "b", "c"].iter().position(|one| *one == slug).unwrap()];
    let (models, mut warnings) = models(asks);
    warnings.extend(strangers(asks, &models));
    let mut plan: Vec<(&'static str, &'static str)> = Vec::new();
    for model in &models {
        let providers = providers(model, asks);
        if asks.sort && *model == "x/two" && !providers.is_empty() {
            warnings.push(("sort", "There are no figures for the model 'x/two'.".into()));
        }
        if providers.is_empty() {
            warnings.push((
                "only",
                format!("No provider remains for the model '{model}'."),
            ));
        }
        plan.extend(providers.into_iter().map(|slug| (*model, slug)));
    }
    warnings.sort();
    let mut sees = Sees {
        status: 400,
        code: Some("invalid_value"),
        text: String::new(),
        waited: Duration::ZERO,
        attempts: Vec::new(),
        fallbacks: Vec::new(),
        warnings,
    };
    if plan.first().is_none_or(|(model, _)| *model != "x/one") {
        // A restriction that leaves no provider for the requested model.
        return sees;
    }
    for (_, slug) in plan.iter().skip(1) {
        if *slug != plan[0].1 && !sees.fallbacks.contains(slug) {
            sees.fallbacks.push(slug);
        }
    }
    for (model, slug) in plan {
        let named = if model == "x/one" { "one" } else { "two" };
        let mut tried = |failed| sees.attempts.push((model, slug, named, failed));
        let failed = match act(slug) {
            Act::Answer => {
                tried(None);
                (sees.status, sees.code, sees.text) = (200, None, slug.into());
                return sees;
            }
            // An error of the request: no other provider is tried.
            Act::Refuse400 => {
                tried(Some(("invalid_value", 400)));
                (sees.status, sees.code) = (400, Some("invalid_value"));
                return sees;
            }
            // Output was sent already.
            Act::FailMid | Act::PanicMid if asks.stream => {
                let code = if act(slug) == Act::FailMid {
                    "broke"
                } else {
                    "server_error"
                };
                tried(Some((code, 500)));
                (sees.status, sees.code) = (200, Some(code));
                sees.text = format!("half of {slug}");
                return sees;
            }
            Act::Fail429 => ("rate_limit_exceeded", 429),
            Act::Fail503 => ("overloaded", 503),
            Act::FailFirst | Act::FailMid => ("broke", 500),
            Act::Silence => ("stream_ended_early", 500),
            Act::Panic | Act::PanicMid => ("server_error", 500),
            Act::Hang => ("timeout", 504),
        };
        tried(Some(failed));
        if act(slug) == Act::Hang {
            let bounds = if asks.timeouts { &CLIENTS } else { &HOSTS };
            sees.waited += Duration::from_millis(of(bounds, slug));
        }
        (sees.status, sees.code) = (failed.1, Some(failed.0));
    }
    sees
}
