//! An upstream's events on their way to our client.

use std::collections::VecDeque;

use openresponses_sse::RawFrame;
use openresponses_sse::encode::is_event_name;
use openresponses_types::check::{Checker, Verdict};
use openresponses_types::response::{ErrorPayload, ResponseStatus};
use openresponses_types::sequence::{Failure, Finish, OutputWarning, Sequencer};
use openresponses_types::{Item, Response, StreamEvent};

use super::frame::TurnEvent;
use super::obfuscation::Obfuscation;
use super::own_ids::OwnIds;
use super::relayed_calls::{LeftOut, RelayedCalls};
use crate::output::RelayOptions;

/// How many violations of one stream are logged.
const LOGGED: usize = 8;

/// The state of one relayed response. Lifecycle events are ours; what is between them goes through
/// the checker and past the tool policy, numbered as our client counts.
pub(crate) struct Relaying {
    checker: Checker,
    /// The number of the next event that our client gets.
    next: u64,
    calls: RelayedCalls,
    /// What the response fails with for a call that only its end has.
    forbidden: Option<Failure>,
    /// Set where the host wants item ids of its own.
    ids: Option<OwnIds>,
    error: Option<ErrorPayload>,
    events: Vec<StreamEvent>,
}

impl Relaying {
    /// After `sent` events of ours.
    pub(crate) fn new(options: RelayOptions, template: Response, sent: u64) -> Self {
        Self {
            checker: Checker::new(options.mode.mode()).template(template),
            next: sent,
            calls: RelayedCalls::default(),
            forbidden: None,
            ids: options.own_item_ids.then(OwnIds::default),
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
        match frame.to_event() {
            Ok(event) => {
                let passes = self.passes(&event, frame.event().ok().flatten());
                let verbatim = obfuscation.is_none().then_some(frame);
                self.take(
                    passes.then_some((event, verbatim)),
                    sequencer,
                    obfuscation,
                    queue,
                );
            }
            Err(error) => {
                let events = &mut self.events;
                let mut out = |event| events.push(event);
                let _ = self.checker.unreadable(error.violation(), &mut out);
                self.take(None, sequencer, obfuscation, queue);
            }
        }
    }

    /// Takes an event that was read and may have been changed on the way.
    pub(crate) fn event(
        &mut self,
        event: StreamEvent,
        sequencer: &mut Sequencer,
        obfuscation: Option<&mut Obfuscation>,
        queue: &mut VecDeque<TurnEvent>,
    ) {
        let passes = self.passes(&event, Some(event.event_type()));
        self.take(
            passes.then_some((event, None)),
            sequencer,
            obfuscation,
            queue,
        );
    }

    /// Whether an event is as it should be. What stands in for it otherwise is in `events`.
    fn passes(&mut self, event: &StreamEvent, name: Option<&str>) -> bool {
        let events = &mut self.events;
        let mut out = |event| events.push(event);
        self.checker.check(event, name, &mut out) == Verdict::Pass
    }

    fn take(
        &mut self,
        passed: Option<(StreamEvent, Option<Box<RawFrame>>)>,
        sequencer: &mut Sequencer,
        mut obfuscation: Option<&mut Obfuscation>,
        queue: &mut VecDeque<TurnEvent>,
    ) {
        if let Some((event, verbatim)) = passed {
            self.forward(event, verbatim, sequencer, &mut obfuscation, queue);
        }
        let mut events = std::mem::take(&mut self.events);
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

    /// Tells the host what the upstream did wrong. What follows the end of the response counts no more.
    pub(crate) fn log(&mut self) {
        let _ = self.checker.end(&mut |_| {});
        for violation in self.checker.violations().iter().take(LOGGED) {
            let rule = violation.rule.name();
            tracing::warn!(rule, %violation, "the server behind this one broke the protocol");
        }
    }

    /// The response failed on our side.
    pub(crate) fn fail(&mut self, failure: Failure, sequencer: &mut Sequencer) {
        let output = self.kept(self.checker.items(), sequencer);
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
        if let Some(response) = event.response() {
            if event.is_terminal() {
                self.finish(response, sequencer);
            }
            return;
        }
        match event {
            StreamEvent::Error(event) => self.error = event.error.into_value().map(|error| *error),
            event if self.is_left_out(&event, sequencer) => {}
            // A name with a line break would be skipped by the encoder, and leave a gap.
            event if !is_event_name(event.event_type()) => {}
            event => {
                let number = self.next;
                self.next += 1;
                let place = event.output_index();
                let moved = place.map(|place| place - self.calls.left_out_before(place));
                let renamed = self.ids.is_some() && event.item_id().is_some();
                let same = moved == place && !renamed && event.sequence_number() == Some(number);
                queue.push_back(
                    match frame.filter(|frame| same && is_ours_in_print(frame, &event)) {
                        Some(frame) => TurnEvent::Frame(frame),
                        None => {
                            let mut event = event.with_sequence_number(number);
                            if let Some(moved) = moved {
                                event = event.with_output_index(moved);
                            }
                            if let Some(ids) = &mut self.ids {
                                event = ids.event(event, sequencer);
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
        let Err(left_out) = self.calls.judge(event, sequencer.policy()) else {
            return false;
        };
        if let Some(failure) = left_out.and_then(|call| note(call, sequencer)) {
            self.fail(failure, sequencer);
        }
        true
    }

    /// The items that our client gets, under the ids that it knows.
    fn kept(&mut self, items: Vec<Item>, sequencer: &mut Sequencer) -> Vec<Item> {
        let (kept, left_out) = self.calls.keep(items, sequencer.policy());
        for call in left_out {
            if let Some(failure) = note(call, sequencer) {
                self.forbidden.get_or_insert(failure);
            }
        }
        match &mut self.ids {
            Some(ids) => kept
                .into_iter()
                .map(|item| ids.item(item, sequencer))
                .collect(),
            None => kept,
        }
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
        let output = self.kept(upstream.output_items().to_vec(), sequencer);
        let finish = self.forbidden.take().map_or(finish, Finish::Failed);
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

/// A call does not get out; why the response fails by it, if it does.
fn note(call: LeftOut, sequencer: &mut Sequencer) -> Option<Failure> {
    let LeftOut { tool, reason } = call;
    sequencer.push_warning(OutputWarning::CallSuppressed { tool, reason });
    sequencer.policy().failure(reason)
}

/// Whether the frame is what we would write: under its name, which some servers leave out, and
/// without the characters at which some clients break lines.
fn is_ours_in_print(frame: &RawFrame, event: &StreamEvent) -> bool {
    let frame = frame.as_frame();
    frame.canonical().is_some()
        && frame.event_bytes() == Some(event.event_type().as_bytes())
        && (frame.data_bytes().is_ascii()
            || frame
                .data()
                .is_ok_and(|data| !data.contains(['\u{85}', '\u{2028}', '\u{2029}'])))
}
