//! Checks the lifecycle of the response: snapshots, error, end.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;

use super::checker::{Checker, at, shown};
use super::mode::CheckMode;
use super::rule::StreamRule;
use super::state::{Action, Checked};
use crate::event::*;
use crate::response::{Response, ResponseStatus};
use crate::sequence::Failure;

impl Checker {
    /// An event that carries the response.
    pub(super) fn lifecycle(
        &mut self,
        event: &StreamEvent,
        lifecycle: LifecycleEvent,
        response: &Arc<Response>,
    ) -> Checked<Action> {
        let repeated = match lifecycle {
            // Too late, which was reported.
            LifecycleEvent::Created
                if core::mem::take(&mut self.life.made_up) && !self.life.created =>
            {
                self.life.created = true;
                if self.mode == CheckMode::Observe {
                    self.life.snapshot = Some(Arc::clone(response));
                    self.life.disputed = false;
                }
                return Ok(Action::Drop);
            }
            LifecycleEvent::Created => self.life.created,
            LifecycleEvent::Queued => self.life.queued,
            LifecycleEvent::InProgress => self.life.in_progress,
            LifecycleEvent::Completed => {
                return self.terminal(event, response, ResponseStatus::Completed);
            }
            LifecycleEvent::Incomplete => {
                return self.terminal(event, response, ResponseStatus::Incomplete);
            }
            LifecycleEvent::Failed => {
                return self.terminal(event, response, ResponseStatus::Failed);
            }
        };
        let late = lifecycle != LifecycleEvent::InProgress && self.life.in_progress;
        self.announced(event, lifecycle, response, repeated, late)
    }

    /// The event `error`.
    pub(super) fn error(&mut self, error: &ErrorEvent) -> Action {
        self.life.failure = Some(failure_of(error));
        if self.error_event || self.mode != CheckMode::Repair {
            Action::Keep
        } else {
            Action::Drop
        }
    }

    /// An event from before the first item.
    fn announced(
        &mut self,
        event: &StreamEvent,
        lifecycle: LifecycleEvent,
        response: &Arc<Response>,
        repeated: bool,
        late: bool,
    ) -> Checked<Action> {
        if repeated {
            self.report(
                StreamRule::LifecycleRepeated,
                at("type"),
                format_args!("a second {}", event.event_type()),
            )?;
            return Ok(Action::Drop);
        }
        if late || self.output.len() > 0 {
            let what = if late {
                "response.in_progress"
            } else {
                "an item"
            };
            self.report(
                StreamRule::LifecycleOrder,
                at("type"),
                format_args!("{} after {what}", event.event_type()),
            )?;
            return Ok(Action::Drop);
        }
        let (allowed, status): (&[ResponseStatus], _) = match lifecycle {
            LifecycleEvent::Queued => (&[ResponseStatus::Queued], ResponseStatus::Queued),
            LifecycleEvent::InProgress => {
                (&[ResponseStatus::InProgress], ResponseStatus::InProgress)
            }
            _ => (
                &[ResponseStatus::InProgress, ResponseStatus::Queued],
                ResponseStatus::InProgress,
            ),
        };
        let mut mended = self.identity(response)?;
        if let Some(status) = self.wrong_status(event, response, allowed, status)? {
            mended.get_or_insert_with(|| clone(response)).status = status.into();
        }
        if !response.output_items().is_empty() {
            self.report(
                StreamRule::SnapshotOutput,
                at("response").member("output"),
                format_args!("{} items", response.output_items().len()),
            )?;
            mended.get_or_insert_with(|| clone(response)).output = alloc::vec![].into();
        }
        let mended = mended.map(|response| Arc::new(*response));
        match lifecycle {
            LifecycleEvent::Created => self.life.created = true,
            LifecycleEvent::Queued => self.life.queued = true,
            _ => self.life.in_progress = true,
        }
        if self.life.snapshot.is_none() {
            self.life.snapshot = Some(Arc::clone(mended.as_ref().unwrap_or(response)));
        }
        Ok(match mended {
            Some(response) => Action::Replace(Box::new(event.clone().with_response(response))),
            None => Action::Keep,
        })
    }

    /// Returns the response with the id and time of the first snapshot, if they differ.
    fn identity(&mut self, response: &Response) -> Checked<Option<Box<Response>>> {
        let Some(first) = self.life.snapshot.clone() else {
            return Ok(None);
        };
        if response.id == first.id && response.created_at == first.created_at {
            return Ok(None);
        }
        if !self.life.disputed {
            let (member, was) = if response.id == first.id {
                ("created_at", alloc::format!("{}", first.created_at))
            } else {
                ("id", shown(&first.id))
            };
            self.report(
                StreamRule::ResponseIdentity,
                at("response").member(member),
                format_args!("it was {was} before"),
            )?;
            self.life.disputed = true;
        }
        let mut mended = clone(response);
        mended.id.clone_from(&first.id);
        mended.created_at = first.created_at;
        Ok(Some(mended))
    }

    /// Returns the expected status of the response, if it differs.
    fn wrong_status(
        &mut self,
        event: &StreamEvent,
        response: &Response,
        allowed: &[ResponseStatus],
        right: ResponseStatus,
    ) -> Checked<Option<ResponseStatus>> {
        match response.status.value() {
            Some(status) if !allowed.contains(status) => {
                self.report(
                    StreamRule::ResponseStatus,
                    at("response").member("status"),
                    format_args!("{} in {}", shown(status.as_str()), event.event_type()),
                )?;
                Ok(Some(right))
            }
            _ => Ok(None),
        }
    }

    /// Treatment of an event after `error`; `None` if it is allowed there.
    pub(super) fn after_error(&mut self, event: &StreamEvent) -> Checked<Option<Action>> {
        match event.body() {
            EventBody::Lifecycle(LifecycleEvent::Failed, _) => return Ok(None),
            // Events of implementers are allowed.
            EventBody::Other if matches!(event, StreamEvent::Extension(_)) => return Ok(None),
            // Open items may still be closed. In repair they stay open: closing them might need
            // events that are not allowed here.
            EventBody::Other
            | EventBody::ItemDone(_)
            | EventBody::PartDone(..)
            | EventBody::TextDone(..)
            | EventBody::ArgumentsDone(_) => {
                return Ok((self.mode == CheckMode::Repair).then_some(Action::Drop));
            }
            EventBody::Lifecycle(..)
            | EventBody::ItemAdded(_)
            | EventBody::PartAdded(..)
            | EventBody::TextDelta(..)
            | EventBody::AnnotationAdded(..)
            | EventBody::ArgumentsDelta(_)
            | EventBody::Error(_) => {}
        }
        let rule = StreamRule::ErrorNotFollowed;
        if self.life.after != Some(rule) {
            self.report(rule, at("type"), format_args!("got {}", event.event_type()))?;
            self.life.after = Some(rule);
        }
        if self.mode == CheckMode::Observe && !event.is_terminal() {
            // Its error may be in the response.
            return Ok(None);
        }
        let (Some(failure), Some(_)) = (
            self.life.failure.clone().filter(|_| event.is_terminal()),
            event.response(),
        ) else {
            return Ok(Some(Action::Drop));
        };
        self.reopen_held();
        let response = Arc::new(self.failed_response(&failure));
        self.life.terminal = Some(Arc::clone(&response));
        self.life.ended = true;
        let failed = ResponseFailedEvent::new(0u64, response);
        Ok(Some(Action::Replace(Box::new(failed.into()))))
    }

    /// One of the three events that end a stream.
    fn terminal(
        &mut self,
        event: &StreamEvent,
        response: &Arc<Response>,
        status: ResponseStatus,
    ) -> Checked<Action> {
        self.settle_texts();
        let mut mended = self.identity(response)?;
        if let Some(status) = self.wrong_status(
            event,
            response,
            core::slice::from_ref(&status),
            status.clone(),
        )? {
            mended.get_or_insert_with(|| clone(response)).status = status.into();
        }
        let differs = self.final_output(response, &status)?;
        if differs {
            mended.get_or_insert_with(|| clone(response)).output = self.output.snapshot().into();
        }
        let mended = mended.map(|response| Arc::new(*response));
        self.life.terminal = Some(Arc::clone(mended.as_ref().unwrap_or(response)));
        self.life.ended = true;
        Ok(match mended {
            Some(response) => Action::Replace(Box::new(event.clone().with_response(response))),
            None => Action::Keep,
        })
    }
}

fn clone(response: &Response) -> Box<Response> {
    Box::new(response.clone())
}

/// Reads the server's `error` in any of its forms.
fn failure_of(event: &ErrorEvent) -> Failure {
    let beside = |name| event.extra.get(name)?.reader().string().map(String::from);
    let inside = event.error.value();
    let kind = inside.and_then(|error| error.kind.as_str().map(String::from));
    let code = inside.and_then(|error| error.code.as_str().map(String::from));
    let message = inside.map(|error| error.message.clone());
    Failure::new(
        kind.unwrap_or_else(|| "server_error".into()),
        code.or_else(|| beside("code"))
            .unwrap_or_else(|| "upstream_error".into()),
        message
            .or_else(|| beside("message"))
            .unwrap_or_else(|| "The upstream failed.".into()),
    )
}
