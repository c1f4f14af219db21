//! Synthesizes missing events in repair. The other modes synthesize a failure only.

use alloc::boxed::Box;
use alloc::sync::Arc;

use super::checker::Checker;
use super::mode::CheckMode;
use super::state::Held;
use crate::content::ContentPart;
use crate::event::*;
use crate::item::ItemStatus;
use crate::response::{Response, ResponseStatus};
use crate::sequence::Failure;
use crate::stream_output::text_kind;
use crate::wire::Field;

impl Checker {
    /// Queues `event` with the next number.
    pub(super) fn emit(&mut self, event: impl Into<StreamEvent>) {
        let number = self.sending.next;
        self.sending.next += 1;
        let event = event.into().with_sequence_number(number);
        self.sending.ready.push(event);
    }

    /// Returns true if events may be synthesized.
    fn makes_up(&self) -> bool {
        self.mode == CheckMode::Repair
    }

    /// The first snapshot of a stream that began without one.
    pub(super) fn begin(&mut self, like: Option<&Arc<Response>>) {
        let mut response = match (like, &self.template) {
            (Some(response), _) => Response::clone(response),
            (None, Some(template)) => Response::clone(template),
            (None, None) => Response::new("resp_unknown", "unknown", 0),
        };
        response.status = ResponseStatus::InProgress.into();
        response.output = alloc::vec![].into();
        response.completed_at = Field::Null;
        response.error = Field::Null;
        response.incomplete_details = Field::Null;
        response.usage = Field::Null;
        let response = Arc::new(response);
        self.life.snapshot = Some(Arc::clone(&response));
        self.life.made_up = true;
        // A synthesized snapshot cannot be contradicted.
        self.life.disputed = like.is_none();
        if self.mode != CheckMode::Observe {
            self.emit(ResponseCreatedEvent::new(0u64, response));
        }
    }

    /// Ends the stream as a failure. The open items stay in progress.
    pub(super) fn fail(&mut self, failure: Failure) {
        self.reopen_held();
        if self.life.snapshot.is_none() {
            self.begin(None);
        }
        let failure = match self.life.failure.take() {
            Some(failure) => failure,
            None => {
                if self.error_event {
                    let error = Box::new(failure.payload());
                    self.emit(ErrorEvent::new(0u64, error));
                }
                failure
            }
        };
        let response = Arc::new(self.failed_response(&failure));
        self.emit(ResponseFailedEvent::new(0u64, Arc::clone(&response)));
        self.life.terminal = Some(response);
        self.life.ended = true;
    }

    /// Returns the current response as failed.
    pub(super) fn failed_response(&self, failure: &Failure) -> Response {
        let mut response = self.current_response();
        response.status = ResponseStatus::Failed.into();
        response.error = failure.response_error().into();
        response
    }

    /// Returns the current response.
    pub(super) fn current_response(&self) -> Response {
        let mut response = match (&self.life.snapshot, &self.template) {
            (Some(snapshot), _) => Response::clone(snapshot),
            (None, Some(template)) => Response::clone(template),
            (None, None) => Response::new("resp_unknown", "unknown", 0),
        };
        response.output = self.output.snapshot().into();
        response
    }

    /// Sends the held done event of an incomplete item, which turned out not to be the last one.
    pub(super) fn release_held(&mut self) {
        let Some(Held { at, .. }) = self.sending.held.take() else {
            return;
        };
        if let Some(item) = self.output.get_mut(at) {
            item.item = item.item.clone().with_status(ItemStatus::Completed);
        }
        self.life.incomplete = None;
        self.emit_item_done(at);
    }

    /// Sends the held done event of the last item of an incomplete response.
    pub(super) fn confirm_held(&mut self) {
        if let Some(held) = self.sending.held.take() {
            self.emit(*held.event);
        }
    }

    /// The response failed: the item whose done event is held stays open.
    pub(super) fn reopen_held(&mut self) {
        if let Some(Held { at, before, .. }) = self.sending.held.take()
            && let Some(item) = self.output.get_mut(at)
        {
            item.item = before.with_status(ItemStatus::InProgress);
            item.done = false;
            self.life.incomplete = None;
        }
    }

    pub(super) fn emit_item_added(&mut self, at: usize) {
        if let Some(item) = self.output.get(at).filter(|_| self.makes_up()) {
            let item = item.item.clone();
            self.emit(ResponseOutputItemAddedEvent::new(0u64, at as u64, item));
        }
    }

    pub(super) fn emit_item_done(&mut self, at: usize) {
        if let Some(item) = self.output.get(at).filter(|_| self.makes_up()) {
            let item = item.item.clone();
            self.emit(ResponseOutputItemDoneEvent::new(0u64, at as u64, item));
        }
    }

    pub(super) fn emit_part_added(&mut self, at: usize, list: PartList, part: usize) {
        let Some((id, content)) = self.part_of(at, list, part) else {
            return;
        };
        let (at, index) = (at as u64, part as u64);
        match list {
            PartList::Content => self.emit(ResponseContentPartAddedEvent::new(
                0u64, id, at, index, content,
            )),
            PartList::Summary => self.emit(ResponseReasoningSummaryPartAddedEvent::new(
                0u64, id, at, index, content,
            )),
        }
    }

    pub(super) fn emit_part_done(&mut self, at: usize, list: PartList, part: usize) {
        let Some((id, content)) = self.part_of(at, list, part) else {
            return;
        };
        let (at, index) = (at as u64, part as u64);
        match list {
            PartList::Content => self.emit(ResponseContentPartDoneEvent::new(
                0u64, id, at, index, content,
            )),
            PartList::Summary => self.emit(ResponseReasoningSummaryPartDoneEvent::new(
                0u64, id, at, index, content,
            )),
        }
    }

    pub(super) fn emit_text_delta(&mut self, at: usize, list: PartList, part: usize, delta: &str) {
        let Some((id, kind, _)) = self.text_of(at, list, part) else {
            return;
        };
        let (at, index) = (at as u64, part as u64);
        match kind {
            TextKind::Output => self.emit(
                ResponseOutputTextDeltaEvent::new(0u64, id, at, index, delta)
                    .logprobs(alloc::vec![]),
            ),
            TextKind::Refusal => {
                self.emit(ResponseRefusalDeltaEvent::new(0u64, id, at, index, delta));
            }
            TextKind::Reasoning => {
                self.emit(ResponseReasoningDeltaEvent::new(0u64, id, at, index, delta));
            }
            TextKind::Summary => self.emit(ResponseReasoningSummaryTextDeltaEvent::new(
                0u64, id, at, index, delta,
            )),
        }
    }

    pub(super) fn emit_text_done(&mut self, at: usize, list: PartList, part: usize) {
        let Some((id, kind, text)) = self.text_of(at, list, part) else {
            return;
        };
        let (at, index) = (at as u64, part as u64);
        match kind {
            TextKind::Output => self.emit(
                ResponseOutputTextDoneEvent::new(0u64, id, at, index, text).logprobs(alloc::vec![]),
            ),
            TextKind::Refusal => {
                self.emit(ResponseRefusalDoneEvent::new(0u64, id, at, index, text));
            }
            TextKind::Reasoning => {
                self.emit(ResponseReasoningDoneEvent::new(0u64, id, at, index, text));
            }
            TextKind::Summary => self.emit(ResponseReasoningSummaryTextDoneEvent::new(
                0u64, id, at, index, text,
            )),
        }
    }

    /// Data for synthesized events of a part.
    fn part_of(
        &self,
        at: usize,
        list: PartList,
        part: usize,
    ) -> Option<(Arc<str>, Box<ContentPart>)> {
        let item = self.output.get(at).filter(|_| self.makes_up())?;
        let (_, content) = item.part(list, part)?;
        Some((Arc::clone(&item.id), Box::new(content.clone())))
    }

    /// Data for synthesized text events of a part; `None` for a part without text.
    fn text_of(
        &self,
        at: usize,
        list: PartList,
        part: usize,
    ) -> Option<(Arc<str>, TextKind, alloc::string::String)> {
        let item = self.output.get(at).filter(|_| self.makes_up())?;
        let (_, content) = item.part(list, part)?;
        let kind = text_kind(item.shape(), list, content)?;
        Some((Arc::clone(&item.id), kind, content.text()?.into()))
    }

    pub(super) fn emit_arguments_delta(&mut self, at: usize, delta: &str) {
        if let Some(item) = self.output.get(at).filter(|_| self.makes_up()) {
            let id = Arc::clone(&item.id);
            self.emit(ResponseFunctionCallArgumentsDeltaEvent::new(
                0u64, id, at as u64, delta,
            ));
        }
    }

    pub(super) fn emit_arguments_done(&mut self, at: usize) {
        if let Some(item) = self.output.get(at).filter(|_| self.makes_up()) {
            let (id, arguments) = (Arc::clone(&item.id), item.arguments_text());
            let event = ResponseFunctionCallArgumentsDoneEvent::new(0u64, id, at as u64, arguments);
            self.emit(event);
        }
    }
}
