//! The output of providers: written as deltas, or relayed from an upstream.

mod relay;
mod relay_observer;
mod stream;
mod write;

use std::borrow::Cow;

use openresponses_sse::RawFrame;
use openresponses_types::event::EventFamily;
use openresponses_types::item::Reasoning;
use openresponses_types::json::Length;
use openresponses_types::relay::{event_failure, frame_failure};
use openresponses_types::sequence::{Delta, Finish};
use openresponses_types::{Field, Item, StreamEvent};

pub use openresponses_types::relay::{RelayMode, VendorEvents};
pub use relay::RelayOptions;
pub use relay_observer::{RelayObserver, RelayReport};
pub use stream::OutputStream;
pub use write::OutputWriter;

use crate::error::Error;

/// The longest frame that is read to see whether it is empty, in bytes.
const EMPTY: usize = 2048;

/// One piece of a provider's output.
///
/// ```
/// use openresponses_tower::output::{Output, OutputStream};
/// use openresponses_types::sequence::Delta;
///
/// let output = [Output::Hidden(Vec::new()), Output::Delta(Delta::complete())];
/// assert!(matches!(&output[1], Output::Delta(_)));
/// # let _ = OutputStream::from_deltas([Delta::complete()]);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Output {
    /// A delta. Positions, ids and numbers are added by the endpoint.
    Delta(Delta),
    /// An event frame of an upstream that implements the protocol; it is checked and forwarded.
    Frame(RawFrame, RelayOptions),
    /// The same as a parsed event, for layers that change events.
    Event(Box<StreamEvent>, RelayOptions),
    /// Items that belong to the conversation but are hidden from the client, such as calls of
    /// server-side tools and their results. They are stored with the response and are part of the
    /// context of the next turn.
    Hidden(Vec<Item>),
    /// Receives a report if the response is relayed. It is not output itself.
    RelayObserver(RelayObserver),
}

impl From<Delta> for Output {
    fn from(delta: Delta) -> Self {
        Self::Delta(delta)
    }
}

impl Output {
    /// Returns the approximate size in bytes of what this piece says, for callers that hold pieces back:
    /// the content of a delta, the text of a parsed delta event, and the JSON of anything else. A frame
    /// of an upstream repeats ids and positions, so it is longer than what it adds to the response.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let bytes = match self {
            Self::Delta(delta) => delta.bytes(),
            Self::Frame(frame, _) => frame.data_bytes().len(),
            Self::Event(event, _) => event.as_delta().map_or_else(
                || Length::of(|out| event.write_json(out)),
                |delta| delta.delta.len(),
            ),
            Self::Hidden(items) => items
                .iter()
                .map(|item| Length::of(|out| item.write_json(out)))
                .sum(),
            Self::RelayObserver(_) => 0,
        };
        bytes as u64
    }

    /// Returns true if the client can see this piece before the response ends. Token counts,
    /// members of the response, lifecycle events, empty text, and messages, reasoning and parts that
    /// open without content are not output: models send them before they fail.
    #[must_use]
    pub fn is_output(&self) -> bool {
        match self {
            Self::Delta(delta) => delta.is_output(),
            Self::Hidden(_) | Self::RelayObserver(_) => false,
            Self::Frame(frame, _) if frame.is_done() => false,
            Self::Frame(..) | Self::Event(..) => match self.family() {
                EventFamily::Lifecycle(event) => event.is_terminal(),
                EventFamily::TextDelta(_)
                | EventFamily::ArgumentsDelta
                | EventFamily::ItemAdded
                | EventFamily::PartAdded(_) => !self.is_empty(),
                EventFamily::ItemDone
                | EventFamily::PartDone(_)
                | EventFamily::TextDone(_)
                | EventFamily::AnnotationAdded
                | EventFamily::ArgumentsDone
                | EventFamily::Error
                | EventFamily::Other => true,
            },
        }
    }

    /// Returns true for an upstream's event that adds nothing that a client could show.
    fn is_empty(&self) -> bool {
        match self {
            Self::Frame(frame, _) if frame.data_bytes().len() > EMPTY => return false,
            _ => {}
        }
        let Some(event) = self.to_event() else {
            return false;
        };
        match &*event {
            StreamEvent::OutputItemAdded(added) => match added.item.value() {
                Some(Item::Message(message)) => message.content.texts().all(str::is_empty),
                Some(Item::Reasoning(reasoning)) => is_blank(reasoning),
                _ => false,
            },
            StreamEvent::ContentPartAdded(added) => added.part.text().is_some_and(str::is_empty),
            StreamEvent::ReasoningSummaryPartAdded(added) => {
                added.part.text().is_some_and(str::is_empty)
            }
            event => event.as_delta().is_some_and(|delta| delta.delta.is_empty()),
        }
    }

    /// Returns true for the piece that ends the response.
    #[must_use]
    pub fn is_end(&self) -> bool {
        match self {
            Self::Delta(delta) => matches!(delta, Delta::Finish(_)),
            Self::Hidden(_) | Self::RelayObserver(_) => false,
            Self::Frame(..) | Self::Event(..) => self.family().is_terminal(),
        }
    }

    /// Returns the error that this piece ends the response with, if any.
    #[must_use]
    pub fn failure(&self) -> Option<Error> {
        match self {
            Self::Delta(Delta::Finish(Finish::Failed(failure))) => {
                Some(Error::from((**failure).clone()))
            }
            Self::Delta(_) | Self::Hidden(_) | Self::RelayObserver(_) => None,
            Self::Frame(frame, _) => {
                // Only these can be failures; the others need not be read.
                let may_fail = match self.family() {
                    EventFamily::Error | EventFamily::Other => true,
                    family => family.is_terminal(),
                };
                let frame = || openresponses_types::relay::Frame::new(frame.data_bytes());
                let failure = may_fail.then(frame).and_then(frame_failure);
                failure.map(Error::from)
            }
            Self::Event(event, _) => event_failure(event).map(Error::from),
        }
    }

    /// Returns the type of an upstream's event: the name of its frame, otherwise the `type` in its
    /// data. `None` for deltas and unreadable frames.
    #[must_use]
    pub fn event_type(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Delta(_) | Self::Hidden(_) | Self::RelayObserver(_) => None,
            Self::Frame(frame, _) => relay::event_type(frame),
            Self::Event(event, _) => Some(Cow::Borrowed(event.event_type())),
        }
    }

    /// Returns the kind of an upstream's event.
    fn family(&self) -> EventFamily {
        self.event_type().map_or(EventFamily::Other, |event_type| {
            EventFamily::of_type(&event_type)
        })
    }

    /// Parses an upstream's event. `None` for deltas and unreadable frames.
    #[must_use]
    pub fn to_event(&self) -> Option<Cow<'_, StreamEvent>> {
        match self {
            Self::Delta(_) | Self::Hidden(_) | Self::RelayObserver(_) => None,
            Self::Frame(frame, _) => frame.to_event().ok().map(Cow::Owned),
            Self::Event(event, _) => Some(Cow::Borrowed(event)),
        }
    }
}

/// Returns true for reasoning without content.
fn is_blank(reasoning: &Reasoning) -> bool {
    let parts = [&reasoning.summary, &reasoning.content];
    let mut parts = parts.into_iter().filter_map(Field::value).flatten();
    parts.all(|part| part.text().is_some_and(str::is_empty))
        && reasoning.encrypted_content.value().is_none()
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;
    use http_body_util::Full;

    use super::*;

    fn pieces(body: &str) -> Vec<Output> {
        let body = Full::new(bytes::Bytes::from(body.to_owned()));
        let stream = OutputStream::relay(body, RelayMode::Observe);
        let mut stream = stream.map(|piece| piece.ok().unwrap());
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let mut all = Vec::new();
        while let std::task::Poll::Ready(Some(piece)) = stream.poll_next_unpin(&mut cx) {
            all.push(piece);
        }
        all
    }

    #[test]
    fn what_opens_without_content_is_not_output() {
        let event = |kind: &str, rest: &str| {
            format!(r#"{{"type":"response.{kind}","sequence_number":2,"output_index":0,{rest}}}"#)
        };
        let item = |item: &str| event("output_item.added", &format!(r#""item":{item}"#));
        let text = |kind: &str, rest: &str| event(kind, &format!(r#""item_id":"i",{rest}"#));
        let message = |content: &str| {
            item(&format!(
                r#"{{"type":"message","id":"i","role":"assistant","status":"in_progress","content":[{content}]}}"#
            ))
        };
        let part =
            |text: &str| format!(r#"{{"type":"output_text","text":"{text}","annotations":[]}}"#);
        let added = |part: String| {
            let rest = format!(r#""content_index":0,"part":{part}"#);
            text("content_part.added", &rest)
        };
        let delta = |delta: &str| {
            let rest = format!(r#""content_index":0,"delta":"{delta}","logprobs":[]"#);
            text("output_text.delta", &rest)
        };
        let call = r#"{"type":"function_call","id":"i","call_id":"c","name":"f","arguments":""}"#;
        let sealed = r#"{"type":"reasoning","id":"i","summary":[],"encrypted_content":"x"}"#;
        for (data, expected) in [
            (message(""), false),
            (message(&part("")), false),
            (message(&part("Hi")), true),
            (item(r#"{"type":"reasoning","id":"i","summary":[]}"#), false),
            (item(sealed), true),
            (item(call), true),
            (added(part("")), false),
            (added(part("Hi")), true),
            (delta(""), false),
            (delta("H"), true),
            (
                text("function_call_arguments.delta", "\"delta\":\"\""),
                false,
            ),
            (
                text("function_call_arguments.done", "\"arguments\":\"\""),
                true,
            ),
        ] {
            let [frame] = &pieces(&format!("data: {data}\n\n"))[..] else {
                unreachable!("{data}")
            };
            assert_eq!(frame.is_output(), expected, "{data}");
            let event = frame.to_event().unwrap().into_owned();
            let event = Output::Event(Box::new(event), RelayOptions::default());
            assert_eq!(event.is_output(), expected, "{data}");
        }
    }

    #[test]
    fn a_frame_is_what_its_name_says_or_else_its_type() {
        assert!(!pieces("data: [DONE]\n\n")[0].is_output());
        for (kind, is_output, is_end, fails) in [
            ("response.created", false, false, false),
            ("response.in_progress", false, false, false),
            ("response.output_text.delta", true, false, false),
            ("response.completed", true, true, false),
            ("response.incomplete", true, true, false),
            ("response.failed", true, true, true),
            ("error", true, false, true),
        ] {
            let data = format!("data: {{\"x\":{{\"type\":\"error\"}},\"type\":\"{kind}\"}}\n\n");
            for text in [
                data.clone(),
                format!("data: {{\"type\":\"{kind}\",\"x\":1}}\n\n"),
                format!("event: message\n{data}"),
                format!("event: {kind}\n{data}"),
            ] {
                let [piece] = &pieces(&text)[..] else {
                    unreachable!("{text}")
                };
                assert_eq!(piece.is_output(), is_output, "{text}");
                assert_eq!(piece.is_end(), is_end, "{text}");
                assert_eq!(piece.failure().is_some(), fails, "{text}");
                assert_eq!(piece.event_type().as_deref(), Some(kind), "{text}");
            }
        }
    }
}
