//! Checks the lifecycle of the response: snapshots, error, end.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;

use super::checker::{Checker, at};
use super::rule::StreamRule;
use super::shown::Shown;
use super::state::Phase;
use crate::event::*;
use crate::response::{Response, ResponseError, ResponseStatus};
use crate::stream_output::Fault;
use crate::wire::Field;

impl Checker {
    /// An event that carries the response.
    pub(super) fn lifecycle(
        &mut self,
        event: &StreamEvent,
        lifecycle: LifecycleEvent,
        response: &Arc<Response>,
    ) {
        match lifecycle {
            LifecycleEvent::Completed => {
                self.terminal(event, response, ResponseStatus::Completed);
            }
            LifecycleEvent::Incomplete => {
                self.terminal(event, response, ResponseStatus::Incomplete);
            }
            LifecycleEvent::Failed => self.terminal(event, response, ResponseStatus::Failed),
            LifecycleEvent::Created if self.reported.remove(Fault::NotAdded) => {
                // Too late, which was reported. What was assumed of the response is replaced.
                self.announced.push(lifecycle);
                self.snapshot = Some(Arc::clone(response));
                self.reported.remove(Fault::Identity);
            }
            LifecycleEvent::Created | LifecycleEvent::Queued | LifecycleEvent::InProgress => {
                self.announcement(event, lifecycle, response);
            }
        }
    }

    /// The event `error`.
    pub(super) fn error(&mut self, error: &ErrorEvent) {
        self.phase = Phase::Failing(Box::new(response_error(error)));
    }

    /// An event from before the first item.
    fn announcement(
        &mut self,
        event: &StreamEvent,
        lifecycle: LifecycleEvent,
        response: &Arc<Response>,
    ) {
        if self.announced.contains(&lifecycle) {
            return self.report(
                StreamRule::LifecycleRepeated,
                at("type"),
                format_args!("a second {}", event.event_type()),
            );
        }
        let late = lifecycle != LifecycleEvent::InProgress
            && self.announced.contains(&LifecycleEvent::InProgress);
        if late || self.output.len() > 0 {
            let what = if late {
                "response.in_progress"
            } else {
                "an item"
            };
            return self.report(
                StreamRule::LifecycleOrder,
                at("type"),
                format_args!("{} after {what}", event.event_type()),
            );
        }
        let allowed: &[ResponseStatus] = match lifecycle {
            LifecycleEvent::Queued => &[ResponseStatus::Queued],
            LifecycleEvent::InProgress => &[ResponseStatus::InProgress],
            _ => &[ResponseStatus::InProgress, ResponseStatus::Queued],
        };
        self.identity(response);
        self.status(event, response, allowed);
        if !response.output_items().is_empty() {
            self.report(
                StreamRule::SnapshotOutput,
                at("response").member("output"),
                format_args!("{} items", response.output_items().len()),
            );
        }
        self.announced.push(lifecycle);
        if self.snapshot.is_none() {
            self.snapshot = Some(Arc::clone(response));
        }
    }

    /// All snapshots must be of the first one's response.
    fn identity(&mut self, response: &Response) {
        let Some(first) = &self.snapshot else {
            return;
        };
        let same_id = response.id == first.id;
        if (same_id && response.created_at == first.created_at)
            || !self.reported.insert(Fault::Identity)
        {
            return;
        }
        let path = at("response");
        let rule = StreamRule::ResponseIdentity;
        if same_id {
            let was = first.created_at;
            let detail = format_args!("it was {was} before");
            self.reports.report(rule, path.member("created_at"), detail);
        } else {
            let detail = format_args!("it was {} before", Shown(&first.id));
            self.reports.report(rule, path.member("id"), detail);
        }
    }

    /// The response's status must be one that the event's type allows.
    fn status(&mut self, event: &StreamEvent, response: &Response, allowed: &[ResponseStatus]) {
        if let Some(status) = response.status.value()
            && !allowed.contains(status)
        {
            self.report(
                StreamRule::ResponseStatus,
                at("response").member("status"),
                format_args!("{} in {}", Shown(status.as_str()), event.event_type()),
            );
        }
    }

    /// Checks an event after `error`. Returns true if nothing more is to be checked of it.
    pub(super) fn after_error(&mut self, event: &StreamEvent) -> bool {
        match event.body() {
            EventBody::Lifecycle(LifecycleEvent::Failed, _) => return false,
            // What is open may still be closed, and implementers' events are allowed.
            EventBody::ItemDone(_)
            | EventBody::PartDone(..)
            | EventBody::TextDone(..)
            | EventBody::ArgumentsDone(_)
            | EventBody::Other => return false,
            EventBody::Lifecycle(..)
            | EventBody::ItemAdded(_)
            | EventBody::PartAdded(..)
            | EventBody::TextDelta(..)
            | EventBody::AnnotationAdded(..)
            | EventBody::ArgumentsDelta(_)
            | EventBody::Error(_) => {}
        }
        if self.reported.insert(Fault::AfterError) {
            let detail = format_args!("got {}", event.event_type());
            self.report(StreamRule::ErrorNotFollowed, at("type"), detail);
        }
        let Phase::Failing(error) = &self.phase else {
            return false;
        };
        if !event.is_terminal() {
            return false;
        }
        // The response failed, whatever its end says.
        let error = ResponseError::clone(error);
        let mut response = self.response().unwrap_or_else(unknown_response);
        response.status = ResponseStatus::Failed.into();
        response.error = error.into();
        self.phase = Phase::Ended(Arc::new(response));
        true
    }

    /// One of the three events that end a stream.
    fn terminal(&mut self, event: &StreamEvent, response: &Arc<Response>, status: ResponseStatus) {
        self.reports.settle_texts();
        self.identity(response);
        self.status(event, response, core::slice::from_ref(&status));
        let mut response = Arc::clone(response);
        if self.compare_output(&response, &status) {
            // What was streamed counts.
            Arc::make_mut(&mut response).output = self.output.snapshot().into();
        }
        self.phase = Phase::Ended(response);
    }

    /// Assumes the first snapshot of a stream that began without one.
    pub(super) fn assume_response(&mut self, like: Option<&Arc<Response>>) {
        let mut response = like.map_or_else(unknown_response, |like| Response::clone(like));
        response.status = ResponseStatus::InProgress.into();
        response.output = alloc::vec![].into();
        response.completed_at = Field::Null;
        response.error = Field::Null;
        response.incomplete_details = Field::Null;
        response.usage = Field::Null;
        self.snapshot = Some(Arc::new(response));
        self.reported.insert(Fault::NotAdded);
        if like.is_none() {
            // What was only assumed cannot be contradicted.
            self.reported.insert(Fault::Identity);
        }
    }
}

fn unknown_response() -> Response {
    Response::new("resp_unknown", "unknown", 0)
}

/// Reads the server's `error` in any of its forms.
fn response_error(event: &ErrorEvent) -> ResponseError {
    let beside = |name| event.extra.get(name)?.reader().string().map(String::from);
    let inside = event.error.value();
    let code = inside.and_then(|error| error.code.as_str().map(String::from));
    let message = inside.map(|error| error.message.clone());
    ResponseError::new(
        code.or_else(|| beside("code"))
            .unwrap_or_else(|| "upstream_error".into()),
        message
            .or_else(|| beside("message"))
            .unwrap_or_else(|| "The upstream failed.".into()),
    )
}
