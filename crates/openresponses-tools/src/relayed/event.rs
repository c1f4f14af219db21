use openresponses_types::event::EventFamily;
use openresponses_types::json::RawJson;
use openresponses_types::sequence::{Delta, Failure, Finish};
use openresponses_types::{Item, Response, StreamEvent};

use super::Relayed;

impl Relayed {
    /// Gives the deltas of an event.
    pub(super) fn event(
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
            StreamEvent::Completed(event) => {
                end(&event.response, sink);
                sink(Delta::complete());
            }
            StreamEvent::Incomplete(event) => {
                end(&event.response, sink);
                sink(Delta::incomplete(incomplete_reason(&event.response)));
            }
            StreamEvent::Failed(event) => {
                end(&event.response, sink);
                let failure = failure.cloned().unwrap_or_else(model_failed);
                sink(Delta::Finish(Finish::Failed(failure.into())));
            }
            StreamEvent::Extension(event) if !is_placed(event.json()) => {
                sink(Delta::Event(Box::new(event)));
            }
            // There is no delta for events of others that are about no item.
            StreamEvent::Unknown(event) if !is_placed(event.json()) => {}
            event @ (StreamEvent::Extension(_) | StreamEvent::Unknown(_)) => {
                sink(Delta::ItemEvent(Box::new(event)));
            }
            other => {
                let delta = other.as_delta();
                if !delta.is_some_and(|delta| self.whole.contains(&delta.output_index)) {
                    self.part(other, sink);
                }
            }
        }
    }

    /// Gives the deltas of an event about a part of an item.
    fn part(&mut self, event: StreamEvent, sink: &mut impl FnMut(Delta)) {
        match event {
            StreamEvent::ContentPartAdded(event) if event.content_index > 0 => sink(Delta::EndPart),
            StreamEvent::ReasoningSummaryPartAdded(event) if event.summary_index > 0 => {
                sink(Delta::EndPart);
            }
            StreamEvent::OutputTextDelta(event) => {
                self.begin(sink);
                sink(match event.logprobs.into_value() {
                    Some(logprobs) if !logprobs.is_empty() => {
                        Delta::TextWithLogprobs(event.delta, logprobs)
                    }
                    _ => Delta::Text(event.delta),
                });
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
            other => debug_assert!(says_nothing_new(&other), "{}", other.event_type()),
        }
    }

    fn added(&mut self, place: u64, item: Item, sink: &mut impl FnMut(Delta)) {
        match item {
            Item::FunctionCall(call) if call.extra.iter().next().is_some() => {
                self.whole.push(place);
            }
            Item::FunctionCall(call) => {
                self.silent.push(place);
                sink(Delta::Call {
                    key: key(place),
                    call_id: Some(call.call_id),
                    name: call.name,
                });
            }
            // The provider reads what it encrypted under the same id only.
            Item::Reasoning(reasoning) if reasoning.encrypted_content.value().is_some() => {
                self.whole.push(place);
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
            item if self.whole.contains(&place) => {
                self.whole.retain(|whole| *whole != place);
                sink(Delta::item(item));
            }
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

/// Returns whether an event says which item it is about.
fn is_placed(event: &RawJson) -> bool {
    event.reader().member("item_id").is_some()
}

fn incomplete_reason(response: &Response) -> &str {
    let details = response.incomplete_details.value();
    details.map_or("unknown", |details| &details.reason)
}

fn model_failed() -> Failure {
    Failure::new("model_error", "upstream_error", "The model failed.")
}
