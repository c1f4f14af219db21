use std::time::Duration;

use openresponses_types::json::{Document, Reader, ValueKind};

use super::UpstreamError;
use super::class::CONTENT_FILTER;
use crate::json::{elements, is_blank, members, text};

/// Reads an error in any of the known shapes: `{"error":{..}}`, `{"error":"text","code":".."}`,
/// `{"type":"error","error":{..}}`, `{"message":..}`, `{"detail":..}`, `{"detail":[{"msg":..}]}`, an
/// array of one of these.
pub(super) fn read(value: Reader<'_>, error: &mut UpstreamError) {
    match value.kind() {
        ValueKind::Array => {
            if let Some(first) = elements(value).next() {
                read(first, error);
            }
        }
        ValueKind::String => error.message = text(value),
        ValueKind::Object => {
            let inner = value
                .member("error")
                .filter(|inner| matches!(inner.kind(), ValueKind::Object | ValueKind::String));
            // What the outer object says counts where the inner one is silent.
            outer(value, inner.is_some(), error);
            if let Some(inner) = inner {
                match inner.kind() {
                    ValueKind::String => error.message = text(inner),
                    _ => outer(inner, false, error),
                }
            }
        }
        _ => {}
    }
}

fn outer(value: Reader<'_>, has_inner: bool, error: &mut UpstreamError) {
    for (name, value) in members(value) {
        match &*name {
            "type" if has_inner => {}
            "type" | "status" => set(&mut error.kind, value),
            "code" => set(&mut error.code, value),
            "message" | "detail" | "msg" => match value.kind() {
                ValueKind::Array => {
                    let first = elements(value).next().and_then(|first| first.member("msg"));
                    if let Some(first) = first {
                        set(&mut error.message, first);
                    }
                }
                _ => set(&mut error.message, value),
            },
            "param" => set(&mut error.param, value),
            "details" => elements(value).for_each(|detail| details(detail, error)),
            _ => {}
        }
    }
    // What stands beside it is less exact.
    if let Some(metadata) = value.member("metadata") {
        behind_gateway(metadata, error);
    }
}

/// What OpenRouter says instead of the message of the server behind it.
const GENERIC: &str = "Provider returned error";

/// What a gateway says of the server behind it: the error of that server, or why the request was
/// filtered.
fn behind_gateway(metadata: Reader<'_>, error: &mut UpstreamError) {
    let is_generic = error
        .message
        .as_deref()
        .is_none_or(|message| message == GENERIC);
    if let Some(raw) = metadata.member("raw").and_then(text).filter(|_| is_generic) {
        let inner = match Document::parse(raw.as_bytes()) {
            Ok(document) => UpstreamError::from_json(document.reader()),
            Err(_) => of_text(&raw),
        };
        // A number is the status, which the gateway states too.
        error.code = inner.code.or(error.code.take());
        error.kind = inner.kind.or(error.kind.take());
        error.message = inner.message.or(error.message.take());
        error.retry_after = inner.retry_after.or(error.retry_after);
    }
    let is_filtered = |name: &str| metadata.member(name).is_some_and(|value| !is_blank(value));
    if is_filtered("reasons") || is_filtered("flagged_input") {
        error.code = Some(CONTENT_FILTER.to_owned());
    }
}

/// An error that is a text, unless it is a page.
fn of_text(raw: &str) -> UpstreamError {
    let message = raw.trim();
    let is_text = !message.is_empty() && !message.starts_with('<');
    UpstreamError {
        message: is_text.then(|| message.to_owned()),
        ..UpstreamError::default()
    }
}

/// A detail of Google's: the reason, the member, and how long to wait.
fn details(value: Reader<'_>, error: &mut UpstreamError) {
    if let Some(reason) = value.member("reason") {
        set(&mut error.code, reason);
    }
    let violation = value.member("fieldViolations").map(elements);
    if let Some(field) = violation.and_then(|mut all| all.next()?.member("field")) {
        set(&mut error.param, field);
    }
    let delay = value.member("retryDelay").and_then(text);
    if let Some(seconds) = delay.and_then(|delay| delay.strip_suffix('s')?.parse().ok()) {
        error.retry_after = Duration::try_from_secs_f64(seconds).ok();
    }
}

fn set(member: &mut Option<String>, mut value: Reader<'_>) {
    let found = match value.kind() {
        ValueKind::String => text(value),
        ValueKind::Number => value.number().map(str::to_owned),
        _ => None,
    };
    if let Some(found) = found.filter(|found| !found.is_empty()) {
        *member = Some(found);
    }
}
