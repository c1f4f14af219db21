//! Events of an upstream that implements the protocol, as deltas: the rounds of several responses become
//! one.

mod event;

use std::sync::Arc;

use openresponses_tower::output::{Output, RelayObserver, RelayOptions, RelayReport};
use openresponses_types::relay::{Frame, Relay};
use openresponses_types::sequence::{CountingIds, Delta, FixedClock, Sequencer, ToolPolicy};
use openresponses_types::{Item, Response, StreamEvent};

/// Reads the events of one round.
#[derive(Debug)]
pub(crate) struct Relayed {
    /// Mends what the upstream sends, from its first event on. Its ids and places are the round's own.
    relay: Option<Relay>,
    /// Receive the report of the relay.
    observers: Vec<RelayObserver>,
    round: Sequencer,
    /// The announced item without content so far.
    announced: Option<Item>,
    /// Calls without arguments so far.
    silent: Vec<u64>,
    /// Items with what no delta has, at these places: each comes as a whole.
    whole: Vec<u64>,
    is_reported: bool,
}

impl Default for Relayed {
    fn default() -> Self {
        Self {
            relay: None,
            observers: Vec::new(),
            round: Sequencer::new(
                Response::new("resp_round", "", 0),
                ToolPolicy::unrestricted(),
                Arc::new(CountingIds::default()),
                Arc::new(FixedClock(0)),
            ),
            announced: None,
            silent: Vec::new(),
            whole: Vec::new(),
            is_reported: false,
        }
    }
}

impl Relayed {
    /// Takes the upstream's next event, mends it where it breaks the protocol, and gives the deltas.
    pub(crate) fn push(&mut self, output: &Output, sink: &mut impl FnMut(Delta)) {
        let Self { relay, round, .. } = self;
        match output {
            Output::Frame(frame, options) if frame.is_done() => {
                begun(relay, options).done_marker();
                return;
            }
            Output::Frame(frame, options) => {
                let relay = begun(relay, options);
                if options.is_unterminated() {
                    relay.unterminated();
                }
                let frame = Frame::new(frame.data_bytes()).name(frame.event().ok().flatten());
                // Nothing goes out as it came: the client's stream is another.
                let _ = relay.push(frame, round);
            }
            Output::Event(event, options) => {
                begun(relay, options).push_event(StreamEvent::clone(event), round);
            }
            Output::RelayObserver(observer) => {
                self.observers.push(observer.clone());
                return;
            }
            _ => return,
        }
        self.drain(sink);
        if self.round.is_finished() {
            self.report();
        }
    }

    /// The upstream's stream has ended: without a terminal event the round has failed, with the error
    /// that the upstream sent, if it did.
    pub(crate) fn end(&mut self, sink: &mut impl FnMut(Delta)) {
        if let Some(relay) = &mut self.relay {
            relay.end(&mut self.round);
            self.drain(sink);
        }
        self.report();
    }

    /// Reports what was mended so far, once.
    pub(crate) fn report(&mut self) {
        let Some(relay) = &self.relay else { return };
        if self.is_reported {
            return;
        }
        self.is_reported = true;
        let report = RelayReport::of(relay);
        for observer in self.observers.drain(..) {
            observer.report(&report);
        }
        report.log();
    }

    /// Gives what the round's events say.
    fn drain(&mut self, sink: &mut impl FnMut(Delta)) {
        let failure = self.round.failure().cloned();
        self.round.conclude_without_error();
        while let Some(event) = self.round.pop() {
            self.event(event, failure.as_ref(), sink);
        }
    }
}

/// The relay of a stream, which has the options of its first frame.
fn begun<'r>(relay: &'r mut Option<Relay>, options: &RelayOptions) -> &'r mut Relay {
    relay.get_or_insert_with(|| Relay::new(options.relay()))
}
