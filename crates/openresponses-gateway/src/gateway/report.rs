//! Writes the attempts as `provider_metadata.gateway`.

use openresponses_types::json::RawJson;
use openresponses_types::wire::Extra;
use serde_json::{Value, json};

use super::attempts::{Attempts, Tried};
use super::list::members;

/// The member of the response.
pub(super) const MEMBER: &str = "provider_metadata";

/// Returns the value of `provider_metadata`: the provider's own members and `gateway`.
pub(super) fn metadata(attempts: &Attempts, own: Option<&RawJson>) -> Option<RawJson> {
    let mut text = String::from("{");
    for (name, mut value) in own.into_iter().flat_map(|own| members(own.reader())) {
        if name != "gateway" {
            text.push_str(&format!("{}:{},", RawJson::string(&name), value.raw()));
        }
    }
    text.push_str(&format!("\"gateway\":{}}}", gateway(attempts)));
    RawJson::parse(&text).ok()
}

/// Adds the report to a response that is not a stream.
pub(super) fn add(attempts: &Attempts, extra: &mut Extra) {
    let own = extra.remove(MEMBER);
    if let Some(report) = metadata(attempts, own.as_ref()) {
        extra.insert(MEMBER, report);
    }
}

fn gateway(attempts: &Attempts) -> Value {
    let mut report = json!({
        "generationId": attempts.id,
        "routing": routing(attempts),
    });
    if !attempts.warnings.is_empty()
        && let Some(report) = report.as_object_mut()
    {
        let warnings = attempts.warnings.iter().map(|warning| {
            json!({
                "type": "unsupported",
                "feature": warning.feature,
                "details": warning.details,
            })
        });
        report.insert("warnings".into(), warnings.collect());
    }
    report
}

fn routing(attempts: &Attempts) -> Value {
    let first = attempts.planned.first();
    let mut rest: Vec<&str> = Vec::new();
    for planned in attempts.planned.iter().skip(1) {
        let slug = planned.provider.as_str();
        if first.is_none_or(|first| first.provider != slug) && !rest.contains(&slug) {
            rest.push(slug);
        }
    }
    let last = attempts.tried.last();
    let models: Vec<Value> = attempts
        .tried
        .chunk_by(|one, other| one.model == other.model)
        .map(model_attempt)
        .collect();
    json!({
        "originalModelId": attempts.original_model,
        "resolvedProvider": first.map(|first| &first.provider),
        "resolvedProviderApiModelId": first.map(|first| &first.provider_model),
        "fallbacksAvailable": rest,
        "finalProvider": last.map(|last| &last.provider),
        "modelAttemptCount": models.len(),
        "totalProviderAttemptCount": attempts.tried.len(),
        "modelAttempts": models,
    })
}

fn model_attempt(tried: &[Tried]) -> Value {
    let success = tried.last().is_some_and(is_success);
    let attempts: Vec<Value> = (1..)
        .zip(tried)
        .map(|(number, one)| attempt(number, one))
        .collect();
    json!({
        "modelId": tried.first().map(|one| &one.model),
        "success": success,
        "providerAttemptCount": attempts.len(),
        "providerAttempts": attempts,
    })
}

fn is_success(tried: &Tried) -> bool {
    tried.failed.is_none() && tried.ended_at.is_some()
}

fn attempt(number: usize, tried: &Tried) -> Value {
    let mut attempt = json!({
        "attemptNumber": number,
        "provider": tried.provider,
        "providerApiModelId": tried.provider_model,
        "success": is_success(tried),
        "startTime": tried.started_at,
        "endTime": tried.ended_at,
    });
    let Some(members) = attempt.as_object_mut() else {
        return attempt;
    };
    match &tried.failed {
        Some(fault) => {
            members.insert("error".into(), fault.code.as_str().into());
            members.insert("statusCode".into(), fault.status.into());
        }
        None => {
            members.insert("statusCode".into(), 200.into());
        }
    }
    attempt
}
