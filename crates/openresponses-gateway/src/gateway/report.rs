//! Writes the attempts as `provider_metadata.gateway`.

use std::fmt::Write;

use openresponses_types::json::{RawJson, write_string};
use openresponses_types::wire::Extra;

use super::attempts::{Attempts, Tried};
use super::list::members;

/// The member of the response.
pub(super) const MEMBER: &str = "provider_metadata";

/// Room for the report of one attempt, in bytes.
const TYPICAL: usize = 640;

/// Returns the value of `provider_metadata`: the provider's own members and `gateway`.
pub(super) fn metadata(attempts: &Attempts, own: Option<&RawJson>) -> Option<RawJson> {
    let own_len = own.map_or(0, |own| own.get().len());
    let mut text = String::with_capacity(TYPICAL + own_len);
    let mut object = Object::begin(&mut text);
    for (name, mut value) in own.into_iter().flat_map(|own| members(own.reader())) {
        if name != "gateway" {
            object.member(&name).push_str(value.raw());
        }
    }
    gateway(object.member("gateway"), attempts);
    object.end();
    RawJson::parse(&text).ok()
}

/// Adds the report to a response that is not a stream.
pub(super) fn add(attempts: &Attempts, extra: &mut Extra) {
    let own = extra.remove(MEMBER);
    if let Some(report) = metadata(attempts, own.as_ref()) {
        extra.insert(MEMBER, report);
    }
}

fn gateway(out: &mut String, attempts: &Attempts) {
    let mut report = Object::begin(out);
    report.string("generationId", &attempts.id);
    routing(report.member("routing"), attempts);
    if !attempts.warnings.is_empty() {
        list(
            report.member("warnings"),
            &attempts.warnings,
            |out, warning| {
                let mut object = Object::begin(out);
                object.string("type", "unsupported");
                object.string("feature", &warning.feature);
                object.string("details", &warning.details);
                object.end();
            },
        );
    }
    report.end();
}

fn routing(out: &mut String, attempts: &Attempts) {
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
    let mut routing = Object::begin(out);
    routing.string("originalModelId", &attempts.original_model);
    routing.text("resolvedProvider", first.map(|first| &*first.provider));
    let provider_model = first.map(|first| &*first.provider_model);
    routing.text("resolvedProviderApiModelId", provider_model);
    list(routing.member("fallbacksAvailable"), rest, string);
    let last = attempts.tried.last();
    routing.text("finalProvider", last.map(|last| &*last.provider));
    routing.number("modelAttemptCount", by_model().count() as u64);
    let total = attempts.tried.len();
    routing.number("totalProviderAttemptCount", total as u64);
    list(routing.member("modelAttempts"), by_model(), model_attempt);
    routing.end();
}

fn model_attempt(out: &mut String, tried: &[Tried]) {
    let mut object = Object::begin(out);
    object.text("modelId", tried.first().map(|one| &*one.model));
    object.boolean("success", tried.last().is_some_and(is_success));
    object.number("providerAttemptCount", tried.len() as u64);
    let attempts = (1..).zip(tried);
    list(object.member("providerAttempts"), attempts, attempt);
    object.end();
}

fn is_success(tried: &Tried) -> bool {
    tried.failed.is_none() && tried.ended_at.is_some()
}

fn attempt(out: &mut String, (number, tried): (u64, &Tried)) {
    let mut object = Object::begin(out);
    object.number("attemptNumber", number);
    object.string("provider", &tried.provider);
    object.string("providerApiModelId", &tried.provider_model);
    object.boolean("success", is_success(tried));
    object.number("startTime", tried.started_at);
    match tried.ended_at {
        Some(time) => object.number("endTime", time),
        None => object.member("endTime").push_str("null"),
    }
    match &tried.failed {
        Some(fault) => {
            object.string("error", &fault.code);
            object.number("statusCode", fault.status.into());
        }
        None => object.number("statusCode", 200),
    }
    object.end();
}

/// Prints a list.
fn list<T>(
    out: &mut String,
    elements: impl IntoIterator<Item = T>,
    print: impl Fn(&mut String, T),
) {
    out.push('[');
    for (at, element) in elements.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        print(out, element);
    }
    out.push(']');
}

fn string(out: &mut String, text: &str) {
    // Printing into a string cannot fail.
    let _ = write_string(out, text);
}

/// Prints one object. A report is built for every request, and a tree of values would take a hundred
/// allocations.
struct Object<'t> {
    out: &'t mut String,
    is_empty: bool,
}

impl<'t> Object<'t> {
    fn begin(out: &'t mut String) -> Self {
        out.push('{');
        Self {
            out,
            is_empty: true,
        }
    }

    /// Begins a member and returns where its value goes.
    fn member(&mut self, name: &str) -> &mut String {
        if !std::mem::replace(&mut self.is_empty, false) {
            self.out.push(',');
        }
        string(self.out, name);
        self.out.push(':');
        self.out
    }

    fn string(&mut self, name: &str, value: &str) {
        string(self.member(name), value);
    }

    /// A text or null.
    fn text(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.string(name, value),
            None => self.member(name).push_str("null"),
        }
    }

    fn number(&mut self, name: &str, value: u64) {
        // Printing into a string cannot fail.
        let _ = write!(self.member(name), "{value}");
    }

    fn boolean(&mut self, name: &str, value: bool) {
        self.member(name)
            .push_str(if value { "true" } else { "false" });
    }

    fn end(self) {
        self.out.push('}');
    }
}
