//! What an upstream's errors are to a client.

use alloc::borrow::Cow;
use alloc::string::String;

use super::reading::{Frame, Reading, read};
use super::repair::Repairs;
use crate::event::{ErrorEvent, EventBody, EventReader, LifecycleEvent, StreamEvent};
use crate::json::{Document, Reader, ValueKind};
use crate::response::{ErrorPayload, Response, ResponseStatus};
use crate::sequence::Failure;
use crate::wire::Field;

/// The message where the upstream gives none.
const FAILED: &str = "The upstream failed.";

/// Returns the failure of a client's response when its upstream reported an error: message, code
/// and `param` are kept, and the type is that of the error's class.
///
/// | code, or type where there is no code | type |
/// |---|---|
/// | `rate_limit_exceeded`, `rate_limit_error`, `too_many_requests`, `insufficient_quota`, 429 | `too_many_requests` |
/// | `context_length_exceeded`, `invalid_prompt`, `content_filter`, `invalid_request_error`, 400 | `invalid_request_error` |
/// | `model_not_found`, `not_found`, 404 | `not_found` |
/// | any other | what the upstream says if the protocol has it, else `server_error` |
///
/// ```
/// use openresponses_types::response::ErrorPayload;
/// use openresponses_types::relay::upstream_failure;
///
/// let error = ErrorPayload::new("tokens", "Slow down.").code("rate_limit_exceeded");
/// assert_eq!(upstream_failure(&error).kind, "too_many_requests");
/// ```
#[must_use]
pub fn upstream_failure(error: &ErrorPayload) -> Failure {
    let code = error.code.as_str().filter(|code| !code.is_empty());
    let kind = error.kind.as_str().filter(|kind| !kind.is_empty());
    let class = code.and_then(class_of).or_else(|| kind.and_then(class_of));
    let kind = class.unwrap_or(match kind {
        Some("model_error") => "model_error",
        _ => "server_error",
    });
    let message = match error.message.as_str() {
        "" => FAILED,
        message => message,
    };
    let failure = Failure::new(kind, code.unwrap_or("upstream_error"), message).from_upstream();
    match error.param.as_str().filter(|param| !param.is_empty()) {
        Some(param) => failure.param(param),
        None => failure,
    }
}

/// Returns the failure that a frame of an upstream reports: `error`, an error without a type, or a
/// response that failed.
#[must_use]
pub fn frame_failure(frame: Frame<'_>) -> Option<Failure> {
    let incoming = match read(
        frame,
        false,
        &mut EventReader::new(),
        &mut Repairs::default(),
    ) {
        Reading::Event(incoming) => incoming,
        Reading::Error(text) => return Some(upstream_failure(&untyped(&text))),
        Reading::Unreadable => return None,
    };
    event_failure(&incoming.event)
}

/// Returns the failure that an event of an upstream reports.
#[must_use]
pub fn event_failure(event: &StreamEvent) -> Option<Failure> {
    match event.body() {
        EventBody::Error(error) => Some(upstream_failure(&of_event(error))),
        EventBody::Lifecycle(lifecycle, response) if lifecycle.is_terminal() => {
            let by_event = status_of(lifecycle);
            let status = final_status(response).unwrap_or(&by_event);
            let failed = matches!(status, ResponseStatus::Failed | ResponseStatus::Cancelled);
            let reason = || match of_response(response) {
                Some(error) => upstream_failure(&error),
                None => without_reason(),
            };
            failed.then(reason)
        }
        _ => None,
    }
}

/// The status that an event at the end of a stream names.
pub(super) fn status_of(lifecycle: LifecycleEvent) -> ResponseStatus {
    match lifecycle {
        LifecycleEvent::Incomplete => ResponseStatus::Incomplete,
        LifecycleEvent::Failed => ResponseStatus::Failed,
        LifecycleEvent::Created
        | LifecycleEvent::Queued
        | LifecycleEvent::InProgress
        | LifecycleEvent::Completed => ResponseStatus::Completed,
    }
}

/// The status that a response at the end of a stream names: where its event names another one, this
/// one counts. `None` for one that is not an end.
pub(super) fn final_status(response: &Response) -> Option<&ResponseStatus> {
    response.status.value().filter(|status| match status {
        ResponseStatus::Completed
        | ResponseStatus::Incomplete
        | ResponseStatus::Failed
        | ResponseStatus::Cancelled => true,
        ResponseStatus::Queued | ResponseStatus::InProgress | ResponseStatus::Other(_) => false,
    })
}

/// The type of the class that a code or a type of an upstream is of.
fn class_of(word: &str) -> Option<&'static str> {
    Some(match word {
        "rate_limit_exceeded"
        | "rate_limit_error"
        | "rate_limit"
        | "too_many_requests"
        | "insufficient_quota"
        | "slow_down"
        | "429" => "too_many_requests",
        "context_length_exceeded"
        | "invalid_prompt"
        | "content_filter"
        | "invalid_request"
        | "invalid_request_error"
        | "bad_request"
        | "400" => "invalid_request_error",
        "model_not_found" | "not_found" | "not_found_error" | "404" => "not_found",
        _ => return None,
    })
}

/// The failure of a response that failed without saying why.
pub(super) fn without_reason() -> Failure {
    of_upstream(FAILED)
}

/// The failure of a response whose upstream stopped before its end.
pub(super) fn ended_early() -> Failure {
    let failure = Failure {
        kind: "server_error".into(),
        ..Failure::ended_early()
    };
    failure.from_upstream()
}

/// The failure of a response whose output is larger than the limit.
pub(super) fn too_large() -> Failure {
    of_upstream("The upstream's output is larger than the limit.")
}

/// The failure of a response whose client lacks a part of the upstream's output.
pub(super) fn incomplete_text() -> Failure {
    of_upstream("The upstream's stream is damaged: a part of its output could not be placed.")
}

/// A failure that the upstream caused and did not report.
fn of_upstream(message: &str) -> Failure {
    Failure::new("server_error", "upstream_error", message).from_upstream()
}

/// The reason that a failed response gives, if it gives one.
pub(super) fn of_response(response: &Response) -> Option<ErrorPayload> {
    let error = response.error.value()?;
    if error.code.is_empty() && error.message.is_empty() {
        return None;
    }
    let mut payload = ErrorPayload::new("", error.message.as_str());
    payload.code = Field::Value(error.code.clone());
    for (name, field) in [("type", &mut payload.kind), ("param", &mut payload.param)] {
        if let Some(value) = error.extra.get(name).and_then(|raw| raw.reader().string()) {
            *field = Field::Value(value.into_owned());
        }
    }
    Some(payload)
}

/// What the event `error` says, wherever it writes it.
pub(super) fn of_event(event: &ErrorEvent) -> ErrorPayload {
    let beside = |name: &str| text_of(&mut event.extra.get(name)?.reader());
    let mut payload = match event.error.value() {
        Some(error) => ErrorPayload::clone(error),
        None => ErrorPayload::new("", ""),
    };
    if payload.message.is_empty() {
        payload.message = beside("message").unwrap_or_default();
    }
    for (name, field) in [("code", &mut payload.code), ("param", &mut payload.param)] {
        if field.as_str().is_none_or(str::is_empty)
            && let Some(value) = beside(name)
        {
            *field = Field::Value(value);
        }
    }
    payload
}

/// What an object without a type says below `error`.
pub(super) fn untyped(text: &str) -> ErrorPayload {
    let mut payload = ErrorPayload::new("", "");
    let Ok(document) = Document::parse(text.as_bytes()) else {
        return payload;
    };
    let Some(mut error) = document.reader().member("error") else {
        return payload;
    };
    if error.kind() == ValueKind::String {
        payload.message = error.string().map(Cow::into_owned).unwrap_or_default();
        return payload;
    }
    let text = |name: &str| text_of(&mut error.member(name)?);
    payload.message = text("message").unwrap_or_default();
    payload.kind = text("type").into();
    payload.code = text("code").into();
    payload.param = text("param").into();
    payload
}

/// A string, or a number's digits.
fn text_of(value: &mut Reader<'_>) -> Option<String> {
    match value.kind() {
        ValueKind::String => value.string().map(Cow::into_owned),
        ValueKind::Number => value.number().map(String::from),
        _ => None,
    }
}
