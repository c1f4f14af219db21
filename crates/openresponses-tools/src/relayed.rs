//! Events of an upstream that implements the protocol, as deltas: the rounds of several responses become
//! one.

use std::sync::Arc;

use openresponses_tower::output::{Output, RelayObserver, RelayReport};
use openresponses_types::event::EventFamily;
use openresponses_types::relay::{Frame, Relay, RelayOptions};
use openresponses_types::sequence::{
    CountingIds, Delta, Failure, Finish, FixedClock, Sequencer, ToolPolicy,
};
use openresponses_types::{Item, Response, StreamEvent};

/// Reads the events of one round.
#[derive(Debug)]
pub(crate) struct Relayed {
    /// Mends what the upstream sends. Its ids and places are the round's own.
    relay: Relay,
    /// Receive the report of the relay.
    observers: Vec<RelayObserver>,
    round: Sequencer,
    /// The announced item without content so far.
    announced: Option<Item>,
    /// Calls without arguments so far.
    silent: Vec<u64>,
}

impl Default for Relayed {
    fn default() -> Self {
        Self {
            relay: Relay::new(RelayOptions::default()),
            observers: Vec::new(),
            round: Sequencer::new(
                Response::new("resp_round", "", 0),
                ToolPolicy::unrestricted(),
                Arc::new(CountingIds::default()),
                Arc::new(FixedClock(0)),
            ),
            announced: None,
            silent: Vec::new(),
        }
    }
}

impl Relayed {
    /// Takes the upstream's next event, mends it where it breaks the protocol, and gives the deltas.
    pub(crate) fn push(&mut self, output: &Output, sink: &mut impl FnMut(Delta)) {
        match output {
            Output::Frame(frame, _) => {
                let frame = Frame::new(frame.data_bytes()).name(frame.event().ok().flatten());
                let _ = self.relay.push(frame, &mut self.round);
            }
            Output::Event(event, _) => {
                let event = StreamEvent::clone(event);
                self.relay.push_event(event, &mut self.round);
            }
            Output::RelayObserver(observer) => {
                self.observers.push(observer.clone());
                return;
            }
            _ => return,
        }
        let failure = self.round.failure().cloned();
        self.round.conclude_without_error();
        while let Some(event) = self.round.pop() {
            self.event(event, failure.as_ref(), sink);
        }
        if self.round.is_finished() {
            for observer in self.observers.drain(..) {
                observer.report(&RelayReport::of(&self.relay));
            }
        }
    }

    fn event(
        &mut self,
        event: StreamEvent,
        failure: Option<&Failure>,
        sink: &mut impl FnMut(Delta),
    ) {
        match event {
            StreamEvent::Created(_) | StreamEvent::Queued(_) | StreamEvent::InProgress(_) => {}
            StreamEvent::OutputItemAdded(event) => {
                if let Some(item) = event.item.into_value() {
                    self.added(event.output_index, item, sink);
                }
            }
            StreamEvent::OutputItemDone(event) => {
                if let Some(item) = event.item.into_value() {
                    self.done(event.output_index, item, sink);
                }
            }
            StreamEvent::ContentPartAdded(event) if event.content_index > 0 => sink(Delta::EndPart),
            StreamEvent::ReasoningSummaryPartAdded(event) if event.summary_index > 0 => {
                sink(Delta::EndPart);
            }
            StreamEvent::OutputTextDelta(event) => {
                self.begin(sink);
                match event.logprobs.into_value() {
                    Some(logprobs) if !logprobs.is_empty() => {
                        sink(Delta::TextWithLogprobs(event.delta, logprobs));
                    }
                    _ => sink(Delta::Text(event.delta)),
                }
            }
            StreamEvent::RefusalDelta(event) => {
                self.begin(sink);
                sink(Delta::Refusal(event.delta));
            }
            StreamEvent::ReasoningDelta(event) => {
                self.begin(sink);
                sink(Delta::Reasoning(event.delta));
            }
            StreamEvent::ReasoningSummaryTextDelta(event) => {
                self.begin(sink);
                sink(Delta::Summary(event.delta));
            }
            StreamEvent::OutputTextAnnotationAdded(event) => {
                if let Some(annotation) = event.annotation.into_value() {
                    sink(Delta::Annotation(Box::new(annotation)));
                }
            }
            StreamEvent::FunctionCallArgumentsDelta(event) => {
                self.silent.retain(|place| *place != event.output_index);
                sink(Delta::Arguments {
                    key: key(event.output_index),
                    delta: event.delta,
                });
            }
            StreamEvent::Completed(event) => {
                end(&event.response, sink);
                sink(Delta::complete());
            }
            StreamEvent::Incomplete(event) => {
                end(&event.response, sink);
                let details = event.response.incomplete_details.value();
                let reason = details.map_or("unknown", |details| details.reason.as_str());
                sink(Delta::incomplete(reason));
            }
            StreamEvent::Failed(event) => {
                end(&event.response, sink);
                let failure = failure.cloned().unwrap_or_else(|| {
                    Failure::new("model_error", "upstream_error", "The model failed.")
                });
                sink(Delta::Finish(Finish::Failed(failure.into())));
            }
            StreamEvent::Extension(event) if event.json().reader().member("item_id").is_none() => {
                sink(Delta::Event(Box::new(event)));
            }
            event @ (StreamEvent::Extension(_) | StreamEvent::Unknown(_)) => {
                sink(Delta::ItemEvent(Box::new(event)));
            }
            other => debug_assert!(says_nothing_new(&other), "{}", other.event_type()),
        }
    }

    fn added(&mut self, place: u64, item: Item, sink: &mut impl FnMut(Delta)) {
        match item {
            Item::FunctionCall(call) => {
                self.silent.push(place);
                sink(Delta::Call {
                    key: key(place),
                    call_id: Some(call.call_id),
                    name: call.name,
                });
            }
            item @ (Item::Extension(_) | Item::Unknown(_)) => sink(Delta::OpenItem(Box::new(item))),
            item => self.announced = Some(item),
        }
    }

    /// The announced item has content.
    fn begin(&mut self, sink: &mut impl FnMut(Delta)) {
        match self.announced.take() {
            Some(Item::Message(message)) => sink(Delta::Message {
                phase: message.phase.into_value(),
            }),
            Some(Item::Reasoning(_)) => sink(Delta::EndItem),
            _ => {}
        }
    }

    fn done(&mut self, place: u64, item: Item, sink: &mut impl FnMut(Delta)) {
        let is_silent = self.announced.take().is_some();
        match item {
            Item::FunctionCall(call) => {
                if self.silent.contains(&place) {
                    self.silent.retain(|silent| *silent != place);
                    sink(Delta::Arguments {
                        key: key(place),
                        delta: call.arguments,
                    });
                }
                sink(Delta::EndCall { key: key(place) });
            }
            item @ (Item::Extension(_) | Item::Unknown(_)) => {
                sink(Delta::CloseItem(Box::new(item)));
            }
            item if is_silent => sink(Delta::item(item)),
            Item::Reasoning(reasoning) => {
                if let Some(encrypted) = reasoning.encrypted_content.into_value() {
                    sink(Delta::EncryptedReasoning(encrypted));
                }
                sink(Delta::EndItem);
            }
            Item::Message(_) => sink(Delta::EndItem),
            _ => {}
        }
    }
}

/// Returns true for events that repeat deltas before them, and for parts that begin by their first
/// delta.
fn says_nothing_new(event: &StreamEvent) -> bool {
    match event.family() {
        EventFamily::PartAdded(_)
        | EventFamily::PartDone(_)
        | EventFamily::TextDone(_)
        | EventFamily::ArgumentsDone
        | EventFamily::Error => true,
        EventFamily::Lifecycle(_)
        | EventFamily::ItemAdded
        | EventFamily::ItemDone
        | EventFamily::TextDelta(_)
        | EventFamily::AnnotationAdded
        | EventFamily::ArgumentsDelta
        | EventFamily::Other => false,
    }
}

fn key(place: u64) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// What the response says at its end besides how it ended.
fn end(response: &Response, sink: &mut impl FnMut(Delta)) {
    for (name, value) in response.extra.iter() {
        sink(Delta::Member {
            name: name.into(),
            value: value.clone(),
        });
    }
    if let Some(usage) = response.usage.value() {
        sink(Delta::usage(usage.clone()));
    }
}
