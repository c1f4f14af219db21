use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::call_counts::CallCounts;
use super::call_queue::CallQueue;
use super::calls::Interrupted;
use super::delta::{Delta, Failure, Finish};
use super::ids::{Clock, IdGenerator, IdKind};
use super::item_ids::ItemIds;
use super::open::{OpenItem, OpenKind};
use super::policy::{ForbiddenReason, ToolPolicy};
use super::provider_settings::ProviderSettings;
use super::warning::OutputWarning;
use crate::event::*;
use crate::item::{Item, ItemStatus};
use crate::json::RawJson;
use crate::request::ServiceTier;
use crate::response::{IncompleteDetails, Response, ResponseStatus};
use crate::stream_output::EventWriter;
use crate::wire::Field;

/// Bounds on what the sequencer keeps besides the response itself.
///
/// ```
/// use openresponses_types::sequence::SequencerLimits;
///
/// assert_eq!(SequencerLimits::default().held_calls, 1 << 20);
/// assert_eq!(SequencerLimits::default().held_calls(4096).held_calls, 4096);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SequencerLimits {
    /// Bytes of interleaved calls that may wait for an earlier call to close. Over the limit the
    /// response fails. Default: 1 MiB.
    pub held_calls: usize,
}

impl Default for SequencerLimits {
    fn default() -> Self {
        Self {
            held_calls: 1 << 20,
        }
    }
}

impl SequencerLimits {
    /// Sets how many bytes of interleaved calls may wait.
    #[must_use]
    pub fn held_calls(mut self, bytes: usize) -> Self {
        self.held_calls = bytes;
        self
    }
}

/// Turns [`Delta`]s into the events of one response, and owns what a client sees of it: ids, places,
/// numbers, and which calls get out. A [`Relay`](crate::relay::Relay) writes through it as well.
///
/// Call [`start`](Self::start), then [`push`](Self::push) for each delta until
/// [`is_finished`](Self::is_finished), or [`end`](Self::end) when the provider's stream ends; store
/// the [`response`](Self::response) if it is to be stored, and [`conclude`](Self::conclude).
/// [`pop`](Self::pop) returns the events, in their order.
///
/// ```
/// use std::sync::Arc;
///
/// use openresponses_types::Response;
/// use openresponses_types::sequence::{CountingIds, Delta, FixedClock, Sequencer, ToolPolicy};
///
/// let response = Response::new("resp_1", "m", 0);
/// let (ids, clock) = (Arc::new(CountingIds::default()), Arc::new(FixedClock(1)));
/// let mut sequencer = Sequencer::new(response, ToolPolicy::unrestricted(), ids, clock);
/// sequencer.start();
/// sequencer.push(Delta::text("Hello"));
/// sequencer.push(Delta::complete());
/// sequencer.conclude();
/// let events: Vec<_> = std::iter::from_fn(|| sequencer.pop()).collect();
/// assert_eq!(events[0].event_type(), "response.created");
/// assert_eq!(events.last().unwrap().event_type(), "response.completed");
/// assert_eq!(sequencer.into_response().output_text(), "Hello");
/// ```
#[derive(Debug)]
pub struct Sequencer {
    /// Shared with the events that contain it.
    response: Arc<Response>,
    pub(crate) policy: ToolPolicy,
    pub(super) ids: Arc<dyn IdGenerator>,
    clock: Arc<dyn Clock>,
    pub(super) limits: SequencerLimits,
    pub(crate) provider_settings: ProviderSettings,
    /// The output and its events.
    pub(crate) events: EventWriter,
    item_ids: ItemIds,
    pub(super) open: Option<OpenItem>,
    pub(super) queued: CallQueue,
    pub(super) suppressed: BTreeSet<u32>,
    /// Calls that other output closed before their end, by their keys.
    pub(super) interrupted: BTreeMap<u32, Interrupted>,
    /// The place of the item with the last output text.
    pub(super) last_text: Option<usize>,
    pub(crate) calls_made: CallCounts,
    /// Whether a tool that the server runs was called.
    pub(super) hosted_call_made: bool,
    finish: Option<Finish>,
    concluded: bool,
    warnings: Vec<OutputWarning>,
}

impl Sequencer {
    /// Creates a sequencer for one response, which carries what the request asked for and no output
    /// yet.
    #[must_use]
    pub fn new(
        response: impl Into<Arc<Response>>,
        policy: ToolPolicy,
        ids: Arc<dyn IdGenerator>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            response: response.into(),
            policy,
            ids,
            clock,
            limits: SequencerLimits::default(),
            provider_settings: ProviderSettings::default(),
            events: EventWriter::default(),
            item_ids: ItemIds::default(),
            open: None,
            queued: CallQueue::default(),
            suppressed: BTreeSet::new(),
            interrupted: BTreeMap::new(),
            last_text: None,
            calls_made: CallCounts::default(),
            hosted_call_made: false,
            finish: None,
            concluded: false,
            warnings: Vec::new(),
        }
    }

    /// Sets the bounds.
    #[must_use]
    #[inline]
    pub fn limits(mut self, limits: SequencerLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the settings that the response takes from a relayed provider. Default: none.
    #[must_use]
    #[inline]
    pub fn provider_settings(mut self, settings: ProviderSettings) -> Self {
        self.provider_settings = settings;
        self
    }

    /// Sets the number of the first event. Default: 0.
    #[must_use]
    #[inline]
    pub fn first_number(mut self, number: u64) -> Self {
        self.events.set_next_number(number);
        self
    }

    /// Makes no events from now on, for callers that need the finished [`response`](Self::response)
    /// alone: [`pop`](Self::pop) returns nothing.
    pub fn silence(&mut self) {
        self.events.silence();
    }

    /// Returns the next event to send.
    pub fn pop(&mut self) -> Option<StreamEvent> {
        self.events.pop()
    }

    /// Writes `response.created` and `response.in_progress`.
    pub fn start(&mut self) {
        self.response_mut().status = ResponseStatus::InProgress.into();
        let [created, in_progress] = [0, 1].map(|_| Arc::clone(&self.response));
        self.events.emit(ResponseCreatedEvent::new(0u64, created));
        self.events
            .emit(ResponseInProgressEvent::new(0u64, in_progress));
    }

    /// Processes the provider's next delta.
    pub fn push(&mut self, delta: Delta) {
        if self.finish.is_some() {
            self.warn(OutputWarning::AfterFinish);
            return;
        }
        match delta {
            Delta::Text(text) => self.text(TextKind::Output, text, Vec::new()),
            Delta::TextWithLogprobs(text, logprobs) => self.text(TextKind::Output, text, logprobs),
            Delta::Annotation(annotation) => self.annotation(*annotation),
            Delta::Refusal(text) => self.text(TextKind::Refusal, text, Vec::new()),
            Delta::Message { phase } => {
                self.open_message(phase);
            }
            Delta::Reasoning(text) => self.text(TextKind::Reasoning, text, Vec::new()),
            Delta::Summary(text) => self.text(TextKind::Summary, text, Vec::new()),
            Delta::EndPart => self.close_part(),
            Delta::EndItem => self.end_item(),
            Delta::EncryptedReasoning(content) => self.encrypted_reasoning(content),
            Delta::Call { key, call_id, name } => self.call(key, call_id, name),
            Delta::Arguments { key, delta } => self.arguments(key, delta),
            Delta::EndCall { key } => self.end_call(key),
            Delta::Item(item) => {
                self.interrupt();
                if self.admit(&item) {
                    self.whole_item(*item);
                }
            }
            Delta::OpenItem(item) => self.open_live_item(*item),
            Delta::ItemEvent(event) => self.live_item_event(*event),
            Delta::CloseItem(item) => self.close_live_item(*item),
            Delta::Event(event) => self.events.emit(StreamEvent::Extension(*event)),
            Delta::Usage(usage) => self.response_mut().usage = Field::Value(*usage),
            Delta::Member { name, value } => self.member(name, value),
            Delta::Finish(finish) => self.finish(finish),
        }
    }

    fn member(&mut self, name: String, value: RawJson) {
        // The tier that was asked for need not be the one that was used.
        if let ("service_tier", Some(tier)) = (&*name, value.reader().string()) {
            self.response_mut().service_tier = Field::Value(ServiceTier::from(&*tier));
        } else if Response::is_member(&name) {
            self.warn(OutputWarning::ReservedMember(name));
        } else {
            self.events.grow(name.len() + value.get().len());
            self.response_mut().extra.insert(&name, value);
        }
    }

    /// Ends the response as failed.
    pub fn fail(&mut self, failure: Failure) {
        if self.finish.is_none() {
            self.close_response(Finish::Failed(failure.into()));
        }
    }

    /// Records the end of the provider's stream. Without a finish before it, the response fails.
    pub fn end(&mut self) {
        self.fail(Failure::ended_early());
    }

    /// Returns true if no more deltas are wanted: it is time to [`conclude`](Self::conclude).
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// Returns why the response failed, if it did.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match &self.finish {
            Some(Finish::Failed(failure)) => Some(failure),
            _ => None,
        }
    }

    /// Writes the terminal event; before it, when the response failed, `error`. Does nothing before
    /// the response is finished, and nothing the second time.
    pub fn conclude(&mut self) {
        let error = self.failure().map(Failure::payload);
        if let Some(error) = error.filter(|_| !self.concluded) {
            self.events.emit(ErrorEvent::new(0u64, Box::new(error)));
        }
        self.conclude_without_error();
    }

    /// Writes the terminal event without the `error` event, for transports where one message ends a
    /// turn.
    pub fn conclude_without_error(&mut self) {
        if core::mem::replace(&mut self.concluded, self.finish.is_some()) {
            return;
        }
        let Some(finish) = &self.finish else { return };
        let response = Arc::clone(&self.response);
        let event: StreamEvent = match finish {
            Finish::Completed => ResponseCompletedEvent::new(0u64, response).into(),
            Finish::Incomplete(_) => ResponseIncompleteEvent::new(0u64, response).into(),
            Finish::Failed(_) => ResponseFailedEvent::new(0u64, response).into(),
        };
        self.events.emit(event);
    }

    /// Returns the response: complete once [`is_finished`](Self::is_finished), before that without
    /// its output.
    #[must_use]
    pub fn response(&self) -> &Response {
        &self.response
    }

    /// Returns the response, to change what does not concern its output before it is concluded:
    /// whether it was stored, members of an implementer.
    pub fn response_mut(&mut self) -> &mut Response {
        Arc::make_mut(&mut self.response)
    }

    /// Returns the finished response.
    #[must_use]
    pub fn into_response(self) -> Response {
        Arc::unwrap_or_clone(self.response)
    }

    /// Returns roughly how many bytes the output takes so far, with the calls that wait for others. Its
    /// growth is what a caller counts for a response while it is made.
    #[must_use]
    pub fn output_bytes(&self) -> usize {
        self.events.bytes() + self.queued.bytes()
    }

    /// Returns which calls the response may contain.
    #[must_use]
    pub fn policy(&self) -> &ToolPolicy {
        &self.policy
    }

    /// Parts of the output that were changed or removed. At most 100.
    #[must_use]
    pub fn warnings(&self) -> &[OutputWarning] {
        &self.warnings
    }

    fn finish(&mut self, finish: Finish) {
        match &finish {
            Finish::Completed => {
                self.interrupt();
                self.check_required_call();
            }
            Finish::Incomplete(_) => self.cut_off(),
            Finish::Failed(_) => {}
        }
        self.close_response(finish);
    }

    /// Warns where the request demands a call and none was made.
    pub(crate) fn check_required_call(&mut self) {
        if self.policy.requires_call() && self.calls_made.all == 0 && !self.hosted_call_made {
            self.warn(OutputWarning::RequiredCallMissing);
        }
    }

    /// Writes the end into the response. What is open stays in progress.
    pub(crate) fn close_response(&mut self, finish: Finish) {
        self.open = None;
        let completed_at = self.clock.now();
        let output = self.events.take_items();
        let response = self.response_mut();
        response.output = output.into();
        match &finish {
            Finish::Completed => {
                response.status = ResponseStatus::Completed.into();
                response.completed_at = completed_at.into();
            }
            Finish::Incomplete(reason) => {
                response.status = ResponseStatus::Incomplete.into();
                response.incomplete_details = IncompleteDetails::new(reason.as_str()).into();
            }
            Finish::Failed(failure) => {
                response.status = ResponseStatus::Failed.into();
                response.error = failure.response_error().into();
            }
        }
        self.finish = Some(finish);
    }

    pub(super) fn open_new_item(&mut self, id: IdKind, kind: OpenKind, item: Item) -> usize {
        let id = self.item_id(None, id);
        self.open_item(&id, kind, item)
    }

    /// Announces an item in progress and returns its index.
    pub(super) fn open_item(&mut self, id: &Arc<str>, kind: OpenKind, item: Item) -> usize {
        let item = item.with_id(id).with_status(ItemStatus::InProgress);
        let at = self.events.add_item(id, item);
        self.open = Some(OpenItem { at, kind });
        at
    }

    /// Closes the open item, if there is one, with its done events.
    pub(super) fn close(&mut self, status: ItemStatus) {
        self.close_part();
        self.close_arguments(&status);
        if let Some(open) = self.open.take() {
            self.events.finish_item(open.at, status);
        }
    }

    /// A new key that ties a call to its output.
    pub(crate) fn call_id(&self) -> String {
        self.ids.id(IdKind::Call)
    }

    /// The id that is given if no other item has it, else a new one.
    pub(crate) fn item_id(&mut self, given: Option<&str>, kind: IdKind) -> Arc<str> {
        let mut id: Arc<str> = match given {
            Some(given) if !given.is_empty() => given.into(),
            _ => self.ids.id(kind).into(),
        };
        // A provider's id may be one that was made before. A generator that repeats its ids is not
        // supported.
        for _ in 0..100 {
            if self.item_ids.insert(&id) {
                break;
            }
            id = self.ids.id(kind).into();
        }
        id
    }

    /// Returns true if the tool policy permits an item, else adds a warning.
    pub(crate) fn admit(&mut self, item: &Item) -> bool {
        match self.policy.permits_item(item, self.calls_made) {
            Ok(()) => {
                if self.policy.is_call(item) {
                    self.calls_made = self.calls_made.with_item(item);
                }
                true
            }
            Err(reason) => {
                let tool = match item {
                    Item::FunctionCall(call) => call.name.clone(),
                    other => other.type_name().into(),
                };
                self.forbidden(tool, reason);
                false
            }
        }
    }

    /// Leaves a call out.
    pub(super) fn forbidden(&mut self, tool: String, reason: ForbiddenReason) {
        self.warn(OutputWarning::CallSuppressed { tool, reason });
        if let Some(failure) = self.policy.failure(reason) {
            self.fail(failure);
        }
    }

    pub(crate) fn warn(&mut self, warning: OutputWarning) {
        if self.warnings.len() < 100 {
            self.warnings.push(warning);
        }
    }
}

#[cfg(test)]
mod tests;
