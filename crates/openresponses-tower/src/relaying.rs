//! An upstream's events on their way to our client.

use std::collections::VecDeque;

use openresponses_sse::RawFrame;
use openresponses_sse::encode::is_event_name;
use openresponses_types::check::{Checker, Verdict};
use openresponses_types::sequence::{Failure, Finish, OutputWarning, Sequencer};
use openresponses_types::{ErrorPayload, Field, Item, Response, ResponseStatus, StreamEvent};

use crate::obfuscation::Obfuscation;
use crate::output::RelayMode;
use crate::turn_event::TurnEvent;

/// The state of one relayed response. Lifecycle events are ours; what is between them goes through
/// the checker and past the tool policy, numbered as our client counts.
pub(crate) struct Relaying {
    checker: Checker,
    /// The number of the next event that our client gets.
    next: u64,
    calls: u64,
    /// The upstream's places of the calls that are left out, in order.
    left_out: Vec<u64>,
    error: Option<ErrorPayload>,
    events: Vec<StreamEvent>,
}

impl Relaying {
    /// After `sent` events of ours.
    pub(crate) fn new(mode: RelayMode, template: Response, sent: u64) -> Self {
        Self {
            checker: Checker::new(mode.mode()).template(template),
            next: sent,
            calls: 0,
            left_out: Vec::new(),
            error: None,
            events: Vec::new(),
        }
    }

    /// Takes the upstream's next frame.
    pub(crate) fn frame(
        &mut self,
        frame: Box<RawFrame>,
        sequencer: &mut Sequencer,
        obfuscation: Option<&mut Obfuscation>,
        queue: &mut VecDeque<TurnEvent>,
    ) {
        if frame.is_done() {
            self.checker.done_marker();
            return;
        }
        let mut events = std::mem::take(&mut self.events);
        let mut out = |event| events.push(event);
        let passed = match frame.to_event() {
            Ok(event) => {
                let name = frame.event().ok().flatten();
                match self.checker.check(&event, name, &mut out) {
                    Verdict::Pass => Some(event),
                    _ => None,
                }
            }
            Err(error) => {
                let _ = self.checker.unreadable(error.violation(), &mut out);
                None
            }
        };
        let mut obfuscation = obfuscation;
        let verbatim = obfuscation.is_none().then_some(frame);
        if let Some(event) = passed {
            self.forward(event, verbatim, sequencer, &mut obfuscation, queue);
        }
        for event in events.drain(..) {
            self.forward(event, None, sequencer, &mut obfuscation, queue);
        }
        self.events = events;
    }

    /// The upstream has nothing more to say.
    pub(crate) fn end(&mut self, sequencer: &mut Sequencer, queue: &mut VecDeque<TurnEvent>) {
        let mut events = std::mem::take(&mut self.events);
        let _ = self.checker.end(&mut |event| events.push(event));
        for event in events.drain(..) {
            self.forward(event, None, sequencer, &mut None, queue);
        }
        if !sequencer.is_finished() {
            self.fail(
                Failure::new(
                    "model_error",
                    "stream_ended_early",
                    "The model's stream ended before the response was complete.",
                ),
                sequencer,
            );
        }
    }

    /// The response failed on our side.
    pub(crate) fn fail(&mut self, failure: Failure, sequencer: &mut Sequencer) {
        let output = self.kept(self.checker.items());
        sequencer.adopt(output, self.next, Finish::Failed(failure));
    }

    fn forward(
        &mut self,
        event: StreamEvent,
        frame: Option<Box<RawFrame>>,
        sequencer: &mut Sequencer,
        obfuscation: &mut Option<&mut Obfuscation>,
        queue: &mut VecDeque<TurnEvent>,
    ) {
        match event {
            StreamEvent::Created(_) | StreamEvent::Queued(_) | StreamEvent::InProgress(_) => {}
            StreamEvent::Error(event) => self.error = event.error.into_value().map(|error| *error),
            StreamEvent::Completed(event) => self.finish(&event.response, sequencer),
            StreamEvent::Incomplete(event) => self.finish(&event.response, sequencer),
            StreamEvent::Failed(event) => self.finish(&event.response, sequencer),
            event if self.is_left_out(&event, sequencer) => {}
            // A name with a line break would be skipped by the encoder, and leave a gap.
            event if !is_event_name(event.event_type()) => {}
            event => {
                let number = self.next;
                self.next += 1;
                let place = event.output_index();
                let moved = place.map(|place| place - self.left_out_before(place));
                let same = moved == place && event.sequence_number() == Some(number);
                queue.push_back(
                    match frame.filter(|frame| same && frame.canonical().is_some()) {
                        Some(frame) => TurnEvent::Frame(frame),
                        None => {
                            let mut event = event.with_sequence_number(number);
                            if let Some(moved) = moved {
                                event = event.with_output_index(moved);
                            }
                            if let Some(obfuscation) = obfuscation {
                                obfuscation.pad(&mut event);
                            }
                            TurnEvent::Event(event)
                        }
                    },
                );
            }
        }
    }

    /// Whether the event is about a call that the request forbids.
    fn is_left_out(&mut self, event: &StreamEvent, sequencer: &mut Sequencer) -> bool {
        if let StreamEvent::OutputItemAdded(added) = event
            && let Field::Value(item) = &added.item
            && item.is_tool_call()
        {
            match sequencer.policy().permits_item(item, self.calls) {
                Ok(()) => self.calls += 1,
                Err(reason) => {
                    let tool = match item {
                        Item::FunctionCall(call) => call.name.clone(),
                        other => other.type_name().to_owned(),
                    };
                    sequencer.note(OutputWarning::CallSuppressed { tool, reason });
                    self.left_out.push(added.output_index);
                    if let Some(failure) = sequencer.policy().failure(reason) {
                        self.fail(failure, sequencer);
                    }
                }
            }
        }
        event
            .output_index()
            .is_some_and(|place| self.left_out.contains(&place))
    }

    fn left_out_before(&self, place: u64) -> u64 {
        self.left_out
            .iter()
            .filter(|left_out| **left_out < place)
            .count() as u64
    }

    fn kept(&self, items: Vec<Item>) -> Vec<Item> {
        let places = 0u64..;
        let kept = places
            .zip(items)
            .filter(|(place, _)| !self.left_out.contains(place));
        kept.map(|(_, item)| item).collect()
    }

    /// Our response gets what the upstream made.
    fn finish(&mut self, upstream: &Response, sequencer: &mut Sequencer) {
        let finish = match upstream.status.value() {
            Some(ResponseStatus::Incomplete) => {
                let details = upstream.incomplete_details.value();
                Finish::Incomplete(details.map_or_else(|| "unknown".into(), |it| it.reason.clone()))
            }
            Some(ResponseStatus::Completed) | None => Finish::Completed,
            Some(_) => Finish::Failed(self.failure(upstream)),
        };
        let response = sequencer.response_mut();
        if upstream.usage.value().is_some() {
            response.usage = upstream.usage.clone();
        }
        if upstream.service_tier.value().is_some() {
            response.service_tier = upstream.service_tier.clone();
        }
        for (name, value) in upstream.extra.iter() {
            // What was said on our side of the relay counts more.
            if response.extra.get(name).is_none() {
                response.extra.insert(name, value.clone());
            }
        }
        let output = self.kept(upstream.output_items().to_vec());
        sequencer.adopt(output, self.next, finish);
    }

    fn failure(&self, upstream: &Response) -> Failure {
        let error = upstream.error.value();
        let announced = self.error.as_ref();
        let kind = announced
            .and_then(|error| error.kind.as_str())
            .unwrap_or("model_error");
        let code = error.map(|error| error.code.as_str());
        let code = code.or(announced.and_then(|error| error.code.as_str()));
        let message = error.map(|error| error.message.as_str());
        let message = message.or(announced.map(|error| error.message.as_str()));
        Failure::new(
            kind,
            code.unwrap_or("upstream_error"),
            message.unwrap_or("The model failed."),
        )
    }
}
