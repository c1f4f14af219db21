//! Writes the attempts as `provider_metadata.gateway`.

use openresponses_types::json::{ObjectPrinter, RawJson};
use openresponses_types::wire::Extra;

use super::attempts::{Attempts, Tried};
use super::list::members;

/// The member of the response.
pub(super) const MEMBER: &str = "provider_metadata";

/// Room for the report of one attempt, in bytes.
const TYPICAL: usize = 640;

/// Returns the value of `provider_metadata`: the provider's own members and `gateway`.
pub(super) fn metadata(attempts: &Attempts, own: Option<&RawJson>) -> RawJson {
    let own_len = own.map_or(0, |own| own.get().len());
    RawJson::printed(TYPICAL + own_len, |mut object| {
        for (name, mut value) in own.into_iter().flat_map(|own| members(own.reader())) {
            if name != "gateway" {
                object.raw(&name, value.raw());
            }
        }
        gateway(object.object("gateway"), attempts);
    })
}

/// Adds the report to a response that is not a stream.
pub(super) fn add(attempts: &Attempts, extra: &mut Extra) {
    let own = extra.remove(MEMBER);
    extra.insert(MEMBER, metadata(attempts, own.as_ref()));
}

fn gateway(mut report: ObjectPrinter<'_>, attempts: &Attempts) {
    report.string("generationId", &attempts.id);
    routing(report.object("routing"), attempts);
    if attempts.warnings.is_empty() {
        return;
    }
    let mut all = report.array("warnings");
    for warning in &attempts.warnings {
        let mut object = all.object();
        object.string("type", "unsupported");
        object.string("feature", &warning.feature);
        object.string("details", &warning.details);
    }
}

fn routing(mut routing: ObjectPrinter<'_>, attempts: &Attempts) {
    let first = attempts.planned.first();
    let mut rest: Vec<&str> = Vec::new();
    for planned in attempts.planned.iter().skip(1) {
        let slug = &*planned.provider;
        if first.is_none_or(|first| *first.provider != *slug) && !rest.contains(&slug) {
            rest.push(slug);
        }
    }
    let by_model = || {
        attempts
            .tried
            .chunk_by(|one, other| one.model == other.model)
    };
    routing.string("originalModelId", &attempts.original_model);
    routing.string_or_null("resolvedProvider", first.map(|first| &*first.provider));
    let provider_model = first.map(|first| &*first.provider_model);
    routing.string_or_null("resolvedProviderApiModelId", provider_model);
    {
        let mut fallbacks = routing.array("fallbacksAvailable");
        rest.iter().for_each(|slug| fallbacks.string(slug));
    }
    let last = attempts.tried.last();
    routing.string_or_null("finalProvider", last.map(|last| &*last.provider));
    routing.integer("modelAttemptCount", by_model().count() as u64);
    let total = attempts.tried.len();
    routing.integer("totalProviderAttemptCount", total as u64);
    let mut models = routing.array("modelAttempts");
    by_model().for_each(|tried| model_attempt(models.object(), tried));
}

fn model_attempt(mut object: ObjectPrinter<'_>, tried: &[Tried]) {
    object.string_or_null("modelId", tried.first().map(|one| &*one.model));
    object.boolean("success", tried.last().is_some_and(is_success));
    object.integer("providerAttemptCount", tried.len() as u64);
    let mut attempts = object.array("providerAttempts");
    for (number, tried) in (1..).zip(tried) {
        attempt(attempts.object(), number, tried);
    }
}

fn is_success(tried: &Tried) -> bool {
    tried.failed.is_none() && tried.ended_at.is_some()
}

fn attempt(mut object: ObjectPrinter<'_>, number: u64, tried: &Tried) {
    object.integer("attemptNumber", number);
    object.string("provider", &tried.provider);
    object.string("providerApiModelId", &tried.provider_model);
    object.boolean("success", is_success(tried));
    object.integer("startTime", tried.started_at);
    match tried.ended_at {
        Some(time) => object.integer("endTime", time),
        None => object.raw("endTime", "null"),
    }
    match &tried.failed {
        Some(fault) => {
            object.string("error", &fault.code);
            object.integer("statusCode", fault.status.into());
        }
        None => object.integer("statusCode", 200),
    }
}
