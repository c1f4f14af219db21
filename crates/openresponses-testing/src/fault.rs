//! Models that break the protocol on purpose. The client always gets a legal stream.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use openresponses_tower::output::RelayMode;
use openresponses_tower::{Error, OutputStream};
use openresponses_types::sequence::{CountingIds, Delta, FixedClock, Sequencer, ToolPolicy};
use openresponses_types::{Response, StreamEvent};

use crate::words::text_deltas;

/// The number of deltas of `flood`, each of 1 KiB: slightly more than 8 MiB.
const FLOOD: usize = 8 * 1024 + 64;

/// The size of the delta of `fault-huge-delta`, in bytes.
const HUGE: usize = 4 << 20;

/// The fault of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Flood,
    PanicStart,
    PanicMid,
    ErrorStart,
    ErrorMid,
    Stall,
    MissingTerminal,
    HugeDelta,
    /// Faults that deltas without positions cannot express: a relayed transcript.
    Transcript(Transcript),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transcript {
    DeltaAfterDone,
    UnclosedItem,
    EventsAfterTerminal,
    DuplicateCreated,
    BadEventName,
    WrongIndex,
    SeqGap,
}

impl Fault {
    pub(crate) fn of(model: &str) -> Option<Self> {
        Some(match model {
            "flood" => Self::Flood,
            "fault-panic-start" => Self::PanicStart,
            "fault-panic-mid" => Self::PanicMid,
            "fault-error-start" => Self::ErrorStart,
            "fault-error-mid" => Self::ErrorMid,
            "fault-stall" => Self::Stall,
            "fault-missing-terminal" => Self::MissingTerminal,
            "fault-huge-delta" => Self::HugeDelta,
            "fault-delta-after-done" => Self::Transcript(Transcript::DeltaAfterDone),
            "fault-unclosed-item" => Self::Transcript(Transcript::UnclosedItem),
            "fault-events-after-terminal" => Self::Transcript(Transcript::EventsAfterTerminal),
            "fault-duplicate-created" => Self::Transcript(Transcript::DuplicateCreated),
            "fault-bad-event-name" => Self::Transcript(Transcript::BadEventName),
            "fault-wrong-index" => Self::Transcript(Transcript::WrongIndex),
            "fault-seq-gap" => Self::Transcript(Transcript::SeqGap),
            _ => return None,
        })
    }

    /// Produces the fault. `text` is the answer without it.
    #[allow(clippy::panic, reason = "that is what two of the models are for")]
    pub(crate) fn commit(self, text: String) -> Result<OutputStream, Error> {
        let deltas = text_deltas(text.clone()).map(Ok);
        Ok(match self {
            Self::PanicStart => panic!("fault-panic-start"),
            Self::ErrorStart => return Err(broken()),
            Self::Flood => {
                let deltas = std::iter::repeat_n(Delta::text("flood ".repeat(171)), FLOOD);
                OutputStream::from_deltas(deltas.chain([Delta::complete()]))
            }
            Self::PanicMid => {
                let panics = stream::poll_fn(|_| panic!("fault-panic-mid"));
                OutputStream::new(stream::iter(deltas).chain(panics))
            }
            Self::ErrorMid => OutputStream::new(stream::iter(deltas.chain([Err(broken())]))),
            Self::Stall => OutputStream::new(stream::iter(deltas).chain(stream::pending())),
            Self::MissingTerminal => OutputStream::new(stream::iter(deltas)),
            Self::HugeDelta => {
                OutputStream::from_deltas([Delta::text("x".repeat(HUGE)), Delta::complete()])
            }
            Self::Transcript(transcript) => {
                OutputStream::relay(transcript.print(text), RelayMode::Repair)
            }
        })
    }
}

fn broken() -> Error {
    Error::upstream("the embedded model was asked to fail")
}

impl Transcript {
    /// Returns an event stream with the fault.
    fn print(self, text: String) -> String {
        let mut events = legal(text);
        let place = |wanted: &str, events: &[StreamEvent]| {
            events
                .iter()
                .position(|event| event.event_type() == wanted)
                .unwrap_or_default()
        };
        match self {
            Self::DeltaAfterDone => {
                let delta = place("response.output_text.delta", &events);
                let done = place("response.output_text.done", &events);
                if let Some(late) = events.get(delta).cloned() {
                    events.insert(done + 1, late);
                }
            }
            Self::UnclosedItem => events.retain(|event| !event.event_type().ends_with(".done")),
            Self::EventsAfterTerminal => {
                let mut again = events.clone();
                events.append(&mut again);
            }
            Self::DuplicateCreated => {
                if let Some(created) = events.first().cloned() {
                    events.insert(1, created);
                }
            }
            Self::WrongIndex => {
                events = events
                    .into_iter()
                    .map(|event| event.with_output_index(7))
                    .collect();
            }
            Self::SeqGap => {
                let numbers = (0u64..).map(|number| 1000 - number.min(900) * 7 % 1000);
                let numbered = events.into_iter().zip(numbers);
                events = numbered
                    .map(|(event, number)| event.with_sequence_number(number))
                    .collect();
            }
            Self::BadEventName => {}
        }
        let mut out = String::new();
        for (at, event) in events.iter().enumerate() {
            let json = event.to_json();
            out.push_str(&format!("event: {}\ndata: {json}\n\n", event.event_type()));
            if self == Self::BadEventName && at == 3 {
                out.push_str("event: acme:x\ndata: {\"type\":\"acme:x\\ndata: {}\\n\\nevent: y\",\"sequence_number\":4}\n\n");
            }
        }
        out + "data: [DONE]\n\n"
    }
}

/// Returns the events of an upstream without a fault.
fn legal(text: String) -> Vec<StreamEvent> {
    let response = Response::new("resp_upstream", "upstream", 0);
    let mut sequencer = Sequencer::new(
        response,
        ToolPolicy::unrestricted(),
        Arc::new(CountingIds::default()),
        Arc::new(FixedClock(0)),
    );
    sequencer.start();
    for delta in text_deltas(text) {
        sequencer.push(delta);
    }
    sequencer.push(Delta::complete());
    sequencer.conclude();
    std::iter::from_fn(|| sequencer.pop()).collect()
}
