use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::delta::{Delta, Failure, Finish};
use super::held::HeldCalls;
use super::ids::{Clock, IdGenerator, IdKind};
use super::open::{OpenItem, OpenKind};
use super::policy::{ForbiddenReason, ToolPolicy};
use crate::event::*;
use crate::item::{Item, ItemStatus};
use crate::response::{IncompleteDetails, Response, ResponseStatus};
use crate::wire::Field;

/// Bounds on what the sequencer keeps besides the response itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SequencerLimits {
    /// Bytes of interleaved calls that may wait for an earlier call to close. 1 MiB unless told
    /// otherwise; beyond it the response fails.
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

/// Something a provider said that did not come out as it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutputWarning {
    /// A call that the request forbids was left out.
    CallSuppressed {
        /// The tool, or the item's type where it has no name.
        tool: String,
        /// Why.
        reason: ForbiddenReason,
    },
    /// The request demands a call, and there was none.
    RequiredCallMissing,
    /// Arguments for a call that was never begun, or is closed, were left out.
    StrayArguments,
    /// Deltas after the end were left out.
    AfterFinish,
    /// A member that the protocol names was not replaced.
    ReservedMember(String),
}

/// Turns [`Delta`]s into the events of one response.
///
/// Call [`start`](Self::start), then [`push`](Self::push) for each delta until
/// [`is_finished`](Self::is_finished), or [`end`](Self::end) when the provider stops speaking; store
/// the [`response`](Self::response) if it is to be stored, and [`conclude`](Self::conclude). Events
/// go to the sink in their order.
#[derive(Debug)]
pub struct Sequencer {
    pub(super) response: Response,
    pub(super) policy: ToolPolicy,
    pub(super) ids: Arc<dyn IdGenerator>,
    clock: Arc<dyn Clock>,
    pub(super) limits: SequencerLimits,
    next_number: u64,
    pub(super) output: Vec<Item>,
    pub(super) item_ids: BTreeSet<Arc<str>>,
    pub(super) open: Option<OpenItem>,
    pub(super) held: HeldCalls,
    pub(super) suppressed: Vec<u32>,
    pub(super) calls_made: u64,
    /// Whether a tool that the server runs was called.
    pub(super) hosted_call_made: bool,
    finish: Option<Finish>,
    concluded: bool,
    warnings: Vec<OutputWarning>,
}

impl Sequencer {
    /// A sequencer for one response, which carries what the request asked for and no output yet.
    #[must_use]
    pub fn new(
        response: Response,
        policy: ToolPolicy,
        ids: Arc<dyn IdGenerator>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            response,
            policy,
            ids,
            clock,
            limits: SequencerLimits::default(),
            next_number: 0,
            output: Vec::new(),
            item_ids: BTreeSet::new(),
            open: None,
            held: HeldCalls::default(),
            suppressed: Vec::new(),
            calls_made: 0,
            hosted_call_made: false,
            finish: None,
            concluded: false,
            warnings: Vec::new(),
        }
    }

    /// Sets the bounds.
    #[must_use]
    pub fn limits(mut self, limits: SequencerLimits) -> Self {
        self.limits = limits;
        self
    }

    /// `response.created` and `response.in_progress`.
    pub fn start(&mut self, sink: &mut impl FnMut(StreamEvent)) {
        self.response.status = ResponseStatus::InProgress.into();
        let response = Arc::new(self.response.clone());
        let number = self.number();
        sink(ResponseCreatedEvent::new(number, Arc::clone(&response)).into());
        let number = self.number();
        sink(ResponseInProgressEvent::new(number, response).into());
    }

    /// Takes what the provider says next.
    pub fn push(&mut self, delta: Delta, sink: &mut impl FnMut(StreamEvent)) {
        if self.finish.is_some() {
            self.warn(OutputWarning::AfterFinish);
            return;
        }
        match delta {
            Delta::Text(text) => self.text(text, Vec::new(), sink),
            Delta::TextWithLogprobs(text, logprobs) => self.text(text, logprobs, sink),
            Delta::Annotation(annotation) => self.annotation(*annotation, sink),
            Delta::Refusal(text) => self.refusal(text, sink),
            Delta::Message { phase } => self.open_message(phase, sink),
            Delta::Reasoning(text) => self.reasoning(text, sink),
            Delta::Summary(text) => self.summary(text, sink),
            Delta::EndPart => self.close_part(sink),
            Delta::EndItem => {
                if let Some(OpenKind::Message { .. } | OpenKind::Reasoning(_)) =
                    self.open.as_ref().map(|open| &open.kind)
                {
                    self.close(ItemStatus::Completed, sink);
                }
            }
            Delta::EncryptedReasoning(content) => {
                self.ensure_reasoning(sink);
                if let Some(open) = self.open_reasoning() {
                    open.encrypted = Some(content);
                }
            }
            Delta::Call { key, call_id, name } => self.call(key, call_id, name, sink),
            Delta::Arguments { key, delta } => self.arguments(key, delta, sink),
            Delta::EndCall { key } => self.end_call(key, sink),
            Delta::Item(item) => {
                self.close_all(sink);
                match self.policy.permits_item(&item, self.calls_made) {
                    Ok(()) => {
                        self.calls_made += u64::from(item.is_tool_call());
                        self.whole_item(*item, sink);
                    }
                    Err(reason) => {
                        let tool = match &*item {
                            Item::FunctionCall(call) => call.name.clone(),
                            other => other.type_name().into(),
                        };
                        self.forbidden(tool, reason);
                    }
                }
            }
            Delta::OpenItem(item) => self.open_live_item(*item, sink),
            Delta::ItemEvent(event) => self.live_item_event(*event, sink),
            Delta::CloseItem(item) => self.close_live_item(*item, sink),
            Delta::Event(event) => {
                let number = self.number();
                sink(StreamEvent::Extension(*event).with_sequence_number(number));
            }
            Delta::Usage(usage) => self.response.usage = Field::Value(*usage),
            Delta::Member { name, value } => {
                if Response::is_member(&name) {
                    self.warn(OutputWarning::ReservedMember(name));
                } else {
                    self.response.extra.insert(&name, value);
                }
            }
            Delta::Finish(finish) => self.finish(finish, sink),
        }
    }

    /// The provider failed.
    pub fn fail(&mut self, failure: Failure) {
        if self.finish.is_none() {
            self.close_response(Finish::Failed(failure));
        }
    }

    /// The provider stopped speaking. Without a finish before it, that is a failure.
    pub fn end(&mut self) {
        self.fail(Failure::ended_early());
    }

    /// The response was made elsewhere, and its events were sent: `sent` of them, those of
    /// [`start`](Self::start) included. What is left is to [`conclude`](Self::conclude).
    pub fn adopt(&mut self, output: Vec<Item>, sent: u64, finish: Finish) {
        if self.finish.is_none() {
            self.next_number = sent;
            self.open = None;
            self.output = output;
            self.close_response(finish);
        }
    }

    /// True when no more deltas are wanted: it is time to [`conclude`](Self::conclude).
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// Why the response failed, if it did.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match &self.finish {
            Some(Finish::Failed(failure)) => Some(failure),
            _ => None,
        }
    }

    /// The terminal event; before it, when the response failed, `error`. Does nothing before the
    /// response is finished, and nothing the second time.
    pub fn conclude(&mut self, sink: &mut impl FnMut(StreamEvent)) {
        if core::mem::replace(&mut self.concluded, self.finish.is_some()) {
            return;
        }
        let error = self.failure().map(Failure::payload);
        if let Some(error) = error {
            let number = self.number();
            sink(ErrorEvent::new(number, Box::new(error)).into());
        }
        self.terminal(sink);
    }

    /// The terminal event without the `error` event, for transports where one message ends a turn.
    pub fn conclude_without_error(&mut self, sink: &mut impl FnMut(StreamEvent)) {
        if !core::mem::replace(&mut self.concluded, self.finish.is_some()) {
            self.terminal(sink);
        }
    }

    /// The response: complete once [`is_finished`](Self::is_finished), before that without its
    /// output.
    #[must_use]
    pub fn response(&self) -> &Response {
        &self.response
    }

    /// The response, to change what does not concern its output before it is concluded: whether it
    /// was stored, members of an implementer's.
    pub fn response_mut(&mut self) -> &mut Response {
        &mut self.response
    }

    /// The finished response.
    #[must_use]
    pub fn into_response(self) -> Response {
        self.response
    }

    /// Which calls the response may contain.
    #[must_use]
    pub fn policy(&self) -> &ToolPolicy {
        &self.policy
    }

    /// Adds a warning of a caller's that leaves something out itself.
    pub fn push_warning(&mut self, warning: OutputWarning) {
        self.warn(warning);
    }

    /// What the provider said that did not come out as it was said. At most 100.
    #[must_use]
    pub fn warnings(&self) -> &[OutputWarning] {
        &self.warnings
    }

    fn terminal(&mut self, sink: &mut impl FnMut(StreamEvent)) {
        let Some(finish) = self.finish.clone() else {
            return;
        };
        let number = self.number();
        let response = Arc::new(self.response.clone());
        let event: StreamEvent = match finish {
            Finish::Completed => ResponseCompletedEvent::new(number, response).into(),
            Finish::Incomplete(_) => ResponseIncompleteEvent::new(number, response).into(),
            Finish::Failed(_) => ResponseFailedEvent::new(number, response).into(),
        };
        sink(event);
    }

    fn finish(&mut self, finish: Finish, sink: &mut impl FnMut(StreamEvent)) {
        match &finish {
            Finish::Completed => {
                self.close_all(sink);
                if self.policy.requires_call() && self.calls_made == 0 && !self.hosted_call_made {
                    self.warn(OutputWarning::RequiredCallMissing);
                }
            }
            Finish::Incomplete(_) => {
                // Only the last item may be incomplete.
                while !self.held.is_empty() {
                    self.close(ItemStatus::Completed, sink);
                    self.open_held(sink);
                }
                self.close(ItemStatus::Incomplete, sink);
            }
            Finish::Failed(_) => {}
        }
        self.close_response(finish);
    }

    /// Writes the end into the response.
    fn close_response(&mut self, finish: Finish) {
        let mut output = core::mem::take(&mut self.output);
        if let Some(open) = self.open.take() {
            output.push(open.item(ItemStatus::InProgress));
        }
        self.response.output = output.into();
        match &finish {
            Finish::Completed => {
                self.response.status = ResponseStatus::Completed.into();
                self.response.completed_at = self.clock.now().into();
            }
            Finish::Incomplete(reason) => {
                self.response.status = ResponseStatus::Incomplete.into();
                self.response.incomplete_details = IncompleteDetails::new(reason.as_str()).into();
            }
            Finish::Failed(failure) => {
                self.response.status = ResponseStatus::Failed.into();
                self.response.error = failure.response_error().into();
            }
        }
        self.finish = Some(finish);
    }

    pub(super) fn open_item(
        &mut self,
        id: IdKind,
        kind: OpenKind,
        sink: &mut impl FnMut(StreamEvent),
    ) {
        let id = self.item_id(None, id);
        self.open_item_as(OpenItem { id, kind }, sink);
    }

    pub(super) fn open_item_as(&mut self, open: OpenItem, sink: &mut impl FnMut(StreamEvent)) {
        let item = open.item(ItemStatus::InProgress);
        self.open = Some(open);
        let (number, index) = (self.number(), self.output.len() as u64);
        sink(ResponseOutputItemAddedEvent::new(number, index, item).into());
    }

    /// Closes the open item and every held call.
    pub(super) fn close_all(&mut self, sink: &mut impl FnMut(StreamEvent)) {
        self.close(ItemStatus::Completed, sink);
        while self.open_held(sink).is_some() {
            self.close(ItemStatus::Completed, sink);
        }
    }

    /// Closes the open item, if there is one, with its done events.
    pub(super) fn close(&mut self, status: ItemStatus, sink: &mut impl FnMut(StreamEvent)) {
        self.close_part(sink);
        self.close_arguments(&status, sink);
        let Some(open) = self.open.take() else { return };
        let item = open.item(status);
        let (number, index) = (self.number(), self.output.len() as u64);
        self.output.push(item.clone());
        sink(ResponseOutputItemDoneEvent::new(number, index, item).into());
    }

    pub(super) fn close_arguments(
        &mut self,
        status: &ItemStatus,
        sink: &mut impl FnMut(StreamEvent),
    ) {
        let Some((_, arguments)) = self.open_call() else {
            return;
        };
        // A function without parameters: clients parse the arguments, and "" is not JSON.
        if arguments.is_empty() && *status == ItemStatus::Completed {
            arguments.push_str("{}");
            self.arguments_delta("{}".into(), sink);
        }
        let whole = self
            .open_call()
            .map(|(_, arguments)| arguments.clone())
            .unwrap_or_default();
        let (item_id, output_index, _) = self.content_position();
        let number = self.number();
        sink(
            ResponseFunctionCallArgumentsDoneEvent::new(number, item_id, output_index, whole)
                .into(),
        );
    }

    pub(super) fn number(&mut self) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        number
    }

    /// A call does not get out.
    pub(super) fn forbidden(&mut self, tool: String, reason: ForbiddenReason) {
        self.warn(OutputWarning::CallSuppressed { tool, reason });
        if let Some(failure) = self.policy.failure(reason) {
            self.fail(failure);
        }
    }

    pub(super) fn warn(&mut self, warning: OutputWarning) {
        if self.warnings.len() < 100 {
            self.warnings.push(warning);
        }
    }
}

/// The last word of a message for a human about what was left out.
impl core::fmt::Display for OutputWarning {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let text = match self {
            Self::CallSuppressed { tool, reason } => {
                format!("a call of '{tool}' was left out: {}", reason.as_str())
            }
            Self::RequiredCallMissing => {
                "the request demands a tool call, the model made none".into()
            }
            Self::StrayArguments => "arguments for no open call were left out".into(),
            Self::AfterFinish => "deltas after the end were left out".into(),
            Self::ReservedMember(name) => format!("the member '{name}' was not replaced"),
        };
        f.write_str(&text)
    }
}
