use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::early::Early;
use super::failure;
use super::observe::Observed;
use super::options::{RelayMode, RelayOptions};
use super::reading::{Frame, Incoming, Reading, read};
use super::repair::{Repair, Repairs};
use super::source::Source;
use crate::check::{Checker, StreamRule, StreamViolation};
use crate::event::{EventBody, EventHead, EventReader, ResponseOutputItemDoneEvent, StreamEvent};
use crate::item::{Item, ItemStatus};
use crate::response::{ErrorPayload, Response};
use crate::sequence::{Failure, Sequencer};

/// Relays one stream of an upstream.
///
/// Feed it each frame with [`push`](Self::push) (or each event that was read already with
/// [`push_event`](Self::push_event)) and the end of the stream with [`end`](Self::end). The events
/// for the client come from the [`Sequencer`], which is also what knows whether the response is
/// finished. See the [module](super) for what is mended.
///
/// ```
/// use openresponses_types::relay::{Relay, RelayMode, RelayOptions};
///
/// let relay = Relay::new(RelayOptions::new(RelayMode::Repair));
/// assert_eq!((relay.repairs().iter().count(), relay.violations().len()), (0, 0));
/// ```
#[derive(Debug)]
pub struct Relay {
    pub(super) options: RelayOptions,
    events: EventReader,
    /// Finds violations, where it is asked to.
    pub(super) checker: Option<Checker>,
    violations: Vec<StreamViolation>,
    /// A violation was found that ends the stream.
    broken: bool,
    pub(super) observed: Observed,
    pub(super) source: Source,
    pub(super) repairs: Repairs,
    pub(super) state: State,
    /// The done event of an incomplete item, until it is known to be the last one.
    pub(super) held: Option<Held>,
    /// Why the client may lack a part of the upstream's output.
    pub(super) lost: Option<Lost>,
    /// Bytes of the client's output that were compared with finished texts.
    pub(super) compared: usize,
    /// Events about items that were not added yet.
    pub(super) early: Early,
    /// The event that is looked at goes out as it came.
    as_it_came: bool,
}

/// How far the upstream's response is.
#[derive(Clone, Debug, Default)]
pub(super) enum State {
    #[default]
    Running,
    /// The event `error` came, with this error.
    Failing(Box<ErrorPayload>),
    /// `response.failed` came without a reason, which may follow.
    FailedWithoutReason(Box<Response>),
    Ended,
}

/// Something that the client may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// What the upstream says is finished contradicts what was sent, or is nowhere.
    Text,
    /// A frame could not be read, or a delta came after its text was finished. The response's own
    /// output may show that the client has all of it.
    Unconfirmed,
}

/// A done event that waits.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) at: usize,
    event: StreamEvent,
}

impl Held {
    /// The done event of the client's item at `at`.
    pub(super) fn new(at: usize, item: Item) -> Self {
        let event = ResponseOutputItemDoneEvent::new(0u64, at as u64, item).into();
        Self { at, event }
    }
}

/// What became of a frame.
///
/// ```
/// use openresponses_types::relay::Relayed;
///
/// /// Returns what is sent for a frame.
/// fn sent<'f>(relayed: Relayed, frame: &'f str) -> Option<&'f str> {
///     match relayed {
///         Relayed::AsItCame => Some(frame),
///         // The sequencer has what takes its place.
///         Relayed::Queued => None,
///     }
/// }
/// assert_eq!(sent(Relayed::AsItCame, "data: {}"), Some("data: {}"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Relayed {
    /// It goes out as it came, before anything that [`Sequencer::pop`] returns later.
    AsItCame,
    /// What goes out in its place, if anything, is in the queue of the [`Sequencer`].
    Queued,
}

/// What to do with an event that was placed.
#[derive(Debug)]
pub(super) enum Then {
    Drop,
    /// Drop it: it is about a call that the policy forbids.
    LeaveOut,
    /// Send it on, about this item and part of the client's.
    Forward(usize, Option<usize>),
    /// Send this in its place.
    Replace(usize, Option<usize>, Box<StreamEvent>),
    /// Keep it until its item is there.
    Wait,
}

impl Relay {
    /// Creates a relay of one stream. The client's stream must have been
    /// [started](Sequencer::start).
    #[must_use]
    pub fn new(options: RelayOptions) -> Self {
        let checker = match options.mode {
            RelayMode::Repair => None,
            RelayMode::Observe | RelayMode::Enforce => {
                Some(Checker::new().immediate(options.mode == RelayMode::Enforce))
            }
        };
        Self {
            options,
            events: EventReader::new(),
            checker,
            violations: Vec::new(),
            broken: false,
            observed: Observed::default(),
            source: Source::default(),
            repairs: Repairs::default(),
            state: State::Running,
            held: None,
            lost: None,
            compared: 0,
            early: Early::default(),
            as_it_came: false,
        }
    }

    /// Returns the repairs that were made so far.
    #[must_use]
    pub fn repairs(&self) -> &Repairs {
        &self.repairs
    }

    /// Returns the violations that were found: in [`RelayMode::Observe`] and
    /// [`RelayMode::Enforce`].
    #[must_use]
    pub fn violations(&self) -> &[StreamViolation] {
        &self.violations
    }

    /// Takes note that the last frame came without the blank line that ends it.
    pub fn unterminated(&mut self) {
        self.repairs.note(Repair::FrameUnterminated);
    }

    /// Takes note of the marker `[DONE]`.
    pub fn done_marker(&mut self) {
        self.check(Checker::done_marker);
    }

    /// Takes the upstream's next frame.
    pub fn push(&mut self, frame: Frame<'_>, client: &mut Sequencer) -> Relayed {
        let observed = self.options.mode == RelayMode::Observe;
        match read(frame, observed, &mut self.events, &mut self.repairs) {
            Reading::Event(incoming) => self.take(incoming, frame.name, client),
            Reading::Error(text) => {
                self.untyped_error(&text, client);
                Relayed::Queued
            }
            Reading::Unreadable => {
                self.unreadable(frame, client);
                Relayed::Queued
            }
        }
    }

    /// Takes an event that was read already, and may have been changed on the way.
    pub fn push_event(&mut self, event: StreamEvent, client: &mut Sequencer) {
        let _ = self.take(Incoming::of(event), None, client);
    }

    /// Returns roughly how many bytes are kept of the upstream's output to check it, beside
    /// [what the client has](Sequencer::output_bytes): 0 where it is only mended.
    #[must_use]
    pub fn checked_bytes(&self) -> usize {
        self.checker.as_ref().map_or(0, Checker::bytes)
    }

    /// Takes note of the end of the stream: without a terminal event the response has failed.
    pub fn end(&mut self, client: &mut Sequencer) {
        self.check(Checker::end);
        match core::mem::replace(&mut self.state, State::Ended) {
            State::Running => self.fail(failure::ended_early(), client),
            State::Failing(error) => self.fail(failure::upstream_failure(&error), client),
            State::FailedWithoutReason(_) => {
                self.fail(failure::without_reason(), client);
            }
            State::Ended => {}
        }
    }

    /// Ends the response as failed, for a reason on this side of the upstream.
    pub fn fail(&mut self, failure: Failure, client: &mut Sequencer) {
        self.state = State::Ended;
        self.reopen_held(client);
        if self.options.mode == RelayMode::Observe && !client.is_finished() {
            let output = self.observed_items(None, client);
            client.events.replace_items(output);
        }
        client.fail(failure);
    }

    fn take(&mut self, incoming: Incoming, name: Option<&str>, client: &mut Sequencer) -> Relayed {
        self.as_it_came = false;
        self.check(|checker| checker.push(&incoming.event, name));
        match self.options.mode {
            RelayMode::Observe => self.observe(incoming, client),
            RelayMode::Enforce if self.broken => {
                self.fail(Failure::broken_upstream(), client);
            }
            RelayMode::Enforce | RelayMode::Repair => {
                if name.is_some_and(|name| name != incoming.event.event_type()) {
                    self.repairs.note(Repair::EventName);
                }
                if incoming.head().sequence_number.is_none() {
                    self.repairs.note(Repair::SequenceNumber);
                }
                self.mend(incoming, client);
            }
        }
        if self.as_it_came {
            Relayed::AsItCame
        } else {
            Relayed::Queued
        }
    }

    /// Lets the checker, if there is one, take something, and keeps the violations that it finds.
    fn check(&mut self, take: impl FnOnce(&mut Checker)) {
        let Some(checker) = &mut self.checker else {
            return;
        };
        take(checker);
        while let Some(found) = checker.pop() {
            // How a stream begins is left open: the client's own begins as it should.
            self.broken |= found.rule.ends_stream() && found.rule != StreamRule::FirstEvent;
            self.violations.push(found);
        }
    }

    fn check_unreadable(&mut self, data: &[u8]) {
        self.check(|checker| {
            if let Err(fault) = StreamEvent::from_json(data) {
                checker.unreadable(&fault);
            }
        });
    }

    fn unreadable(&mut self, frame: Frame<'_>, client: &mut Sequencer) {
        self.check_unreadable(frame.data);
        match self.options.mode {
            RelayMode::Enforce if self.broken => {
                self.fail(Failure::broken_upstream(), client);
            }
            RelayMode::Observe => {}
            RelayMode::Enforce | RelayMode::Repair => {
                self.repairs.note(Repair::FrameUnreadable);
                self.doubt();
            }
        }
    }

    fn untyped_error(&mut self, text: &str, client: &mut Sequencer) {
        self.check_unreadable(text.as_bytes());
        if self.options.mode == RelayMode::Enforce && self.broken {
            return self.fail(Failure::broken_upstream(), client);
        }
        self.error(failure::untyped(text), client);
    }

    /// Mends one event, and those that waited for its item.
    fn mend(&mut self, incoming: Incoming, client: &mut Sequencer) {
        let known = self.source.len();
        if let Some(early) = self.place(incoming, client) {
            self.wait(early);
        }
        for added in known..self.source.len() {
            self.place_early(added, client);
        }
        if client.events.bytes() > self.options.output_limit && !client.is_finished() {
            self.fail(failure::too_large(), client);
        }
    }

    /// Places the events that waited for an item which was added.
    fn place_early(&mut self, added: usize, client: &mut Sequencer) {
        if self.early.is_empty() {
            return;
        }
        let Some(item) = self.source.get(added) else {
            return;
        };
        for mut early in self.early.take(&item.id, item.index) {
            if let Some(incoming) = self.place(early.incoming, client) {
                early.incoming = incoming;
                self.early.push_again(early);
            }
        }
    }

    /// Places one event and sends on what becomes of it. Returns the event when its item is not
    /// there yet.
    fn place(&mut self, incoming: Incoming, client: &mut Sequencer) -> Option<Incoming> {
        if matches!(self.state, State::Ended) || client.is_finished() {
            self.repairs.note(Repair::EventLate);
            return None;
        }
        let then = match incoming.event.body() {
            EventBody::Lifecycle(lifecycle, response) => {
                if lifecycle.is_terminal() {
                    self.terminal(lifecycle, response, client);
                }
                Then::Drop
            }
            EventBody::Error(error) => {
                self.error(failure::of_event(error), client);
                Then::Drop
            }
            // The response is over but for its reason.
            _ if matches!(self.state, State::FailedWithoutReason(_)) => Then::Drop,
            EventBody::ItemAdded(item) => self.item_added(&incoming, item, client),
            EventBody::ItemDone(item) => self.item_done(&incoming, item, client),
            EventBody::PartAdded(list, part) => self.part_added(&incoming, list, part, client),
            EventBody::PartDone(list, part) => self.part_done(&incoming, list, part, client),
            EventBody::TextDelta(kind, delta, logprobs) => {
                self.text_delta(&incoming, kind, delta, logprobs, client)
            }
            EventBody::TextDone(kind, text) => self.text_done(&incoming, kind, text, client),
            EventBody::AnnotationAdded(index, annotation) => {
                self.annotation(&incoming, index, annotation, client)
            }
            EventBody::ArgumentsDelta(delta) => self.arguments_delta(&incoming, delta, client),
            EventBody::ArgumentsDone(arguments) => {
                self.arguments_done(&incoming, arguments, client)
            }
            EventBody::Other => self.other(&incoming, client),
        };
        match then {
            Then::Drop | Then::LeaveOut => {}
            Then::Forward(at, part) => self.forward(incoming, at, part, client),
            Then::Replace(at, part, event) => {
                client.events.emit(moved(*event, at, part, client));
            }
            Then::Wait => return Some(incoming),
        }
        None
    }

    /// Sends an event on under the client's id, places and number.
    fn forward(
        &mut self,
        incoming: Incoming,
        at: usize,
        part: Option<usize>,
        client: &mut Sequencer,
    ) {
        let head = incoming.head();
        let item = client.events.item(at);
        let same = is_next(&incoming, &head, client)
            && item.is_some_and(|item| head.item_id.as_deref() == Some(&*item.id))
            && head.output_index == Some(at as u64)
            && part.is_none_or(|part| head.part_index == Some(part as u64));
        if same {
            client.events.skip_number();
            self.as_it_came = true;
            return self.events.take_back(incoming.event);
        }
        let event = moved(incoming.event, at, part, client);
        client.events.emit(event);
    }

    /// Sends an event on that is about no item.
    pub(super) fn forward_unplaced(&mut self, incoming: &Incoming, client: &mut Sequencer) {
        if is_next(incoming, &incoming.head(), client) {
            client.events.skip_number();
            self.as_it_came = true;
        } else {
            client.events.emit(incoming.event.clone());
        }
    }

    /// Keeps an event until its item is added.
    fn wait(&mut self, incoming: Incoming) {
        self.repairs.note(Repair::EventEarly);
        if !self.early.push(incoming) {
            self.lose();
        }
    }

    /// What waited for an item that never came.
    pub(super) fn forget_early(&mut self) {
        let says_something = |early: &Incoming| {
            let name = early.event.event_type();
            name.ends_with(".delta") || name.ends_with(".done")
        };
        if self.early.has_refused() || self.early.iter().any(says_something) {
            self.lose();
        }
        self.early.clear();
    }

    /// Takes note of the upstream's error. A failure without a reason gets it.
    fn error(&mut self, error: ErrorPayload, client: &mut Sequencer) {
        match core::mem::take(&mut self.state) {
            State::FailedWithoutReason(response) => {
                self.state = State::Failing(Box::new(error));
                self.finish_failed(&Arc::new(*response), client);
            }
            State::Running | State::Failing(_) => self.state = State::Failing(Box::new(error)),
            State::Ended => self.state = State::Ended,
        }
    }

    /// The held item is not the last one: it is complete.
    pub(super) fn release_held(&mut self, client: &mut Sequencer) {
        if let Some(Held { at, .. }) = self.held.take()
            && let Some(item) = client.events.item_mut(at)
        {
            item.done = false;
            self.repairs.note(Repair::ItemStatus);
            client.events.finish_item(at, ItemStatus::Completed);
        }
    }

    /// The held item is the last one of an incomplete response.
    pub(super) fn confirm_held(&mut self, client: &mut Sequencer) {
        if let Some(Held { event, .. }) = self.held.take() {
            client.events.emit(event);
        }
    }

    /// The response failed: the held item stays open, as the client has it.
    pub(super) fn reopen_held(&mut self, client: &mut Sequencer) {
        if let Some(Held { at, .. }) = self.held.take()
            && let Some(item) = client.events.item_mut(at)
        {
            item.done = false;
            item.item = item.sent();
            item.item.set_status(ItemStatus::InProgress);
        }
    }
}

/// Returns true if an event's frame can go out next as it came, if its id and places are the
/// client's.
fn is_next(incoming: &Incoming, head: &EventHead<'_>, client: &Sequencer) -> bool {
    incoming.verbatim
        && client.events.is_drained()
        && head.sequence_number == Some(client.events.next_number())
}

/// The event about the client's item and part.
fn moved(event: StreamEvent, at: usize, part: Option<usize>, client: &Sequencer) -> StreamEvent {
    let event = event
        .with_item_id(&client.events.id(at))
        .with_output_index(at as u64);
    match part {
        Some(part) => event.with_part_index(part as u64),
        None => event,
    }
}
