use openresponses_types::content::ContentPart;
use openresponses_types::diagnostics::Path;
use openresponses_types::item::{FunctionCall, Reasoning};
use openresponses_types::normalize::TurnMessage;
use openresponses_types::{Item, Violation};

use super::contents::Role;
use super::messages::Messages;
use super::part::Part;
use super::{content, responses};
use crate::arguments;
use crate::gemini::answer::{CALL, PART, TEXT, THOUGHT};
use crate::reason;
use crate::request::item_path;
use crate::tagged::TaggedReasoning;

/// What one turn of the model's was.
#[derive(Default)]
struct Speech<'a> {
    parts: Vec<Part>,
    calls: Vec<(usize, &'a FunctionCall)>,
    /// Signatures that wait for the part that they go on.
    for_text: Option<Signature>,
    for_call: Option<Signature>,
}

/// A signature, and the item that it came in.
struct Signature {
    value: String,
    path: Path,
}

/// Appends the adjacent items of the model as one content, and the responses to its calls behind it.
pub(super) fn write<'t>(
    messages: &mut Messages<'t, '_>,
    speech: TurnMessage<'t>,
) -> Result<(), Violation> {
    let mut all = Speech::default();
    for (at, item) in speech.enumerate() {
        let path = item_path(messages.walk.turn, at);
        match item {
            Item::Message(message) => {
                messages.walk.notes.warn_of_extra(&path, &message.extra);
                messages.walk.warn_of_phase(message, &path);
                let place = path.clone().member("content");
                let mut parts = content::texts(&message.content, &place, messages.walk.notes)?;
                match parts.first_mut() {
                    Some(first) => {
                        if let Some(signature) = all.for_text.take() {
                            first.sign(&signature.value);
                        }
                    }
                    None => messages.walk.notes.warn(path, reason::EMPTY_MESSAGE),
                }
                all.parts.extend(parts);
            }
            Item::FunctionCall(call) => {
                let part = all.call(messages, call, path);
                all.parts.push(part);
                all.calls.push((at, call));
            }
            Item::Reasoning(item) => all.reasoning(messages, item, path),
            // No other item is the model's.
            _ => {}
        }
    }
    for signature in all.for_text.into_iter().chain(all.for_call) {
        messages.walk.notes.warn(
            signature.path,
            "The part that the thought signature belongs to is not in the conversation: it was left out.",
        );
    }
    messages.out.push(Role::Model, all.parts);
    let parts = responses::of(messages, &all.calls)?;
    messages.out.push(Role::User, parts);
    Ok(())
}

impl Speech<'_> {
    fn call(&mut self, messages: &mut Messages<'_, '_>, call: &FunctionCall, path: Path) -> Part {
        messages.walk.notes.warn_of_extra(&path, &call.extra);
        let arguments = arguments::object(&call.arguments, &path, messages.walk.notes);
        let quirks = &messages.dialect.quirks;
        let mut part = Part::new(path, |part| {
            let mut out = part.object("functionCall");
            if quirks.call_ids {
                out.string("id", &call.call_id);
            }
            out.string("name", &call.name);
            out.raw("args", &arguments);
        });
        // Of calls that come together the first has the signature.
        match (self.for_call.take(), quirks.unsigned_calls) {
            (Some(signature), _) => part.sign(&signature.value),
            (None, Some(signature)) if self.calls.is_empty() => part.sign(signature),
            (None, _) => {}
        }
        part
    }

    /// Thoughts go back as they came; signatures wait for the part that they go on.
    fn reasoning(&mut self, messages: &mut Messages<'_, '_>, item: &Reasoning, path: Path) {
        messages.walk.notes.warn_of_extra(&path, &item.extra);
        let texts = |parts: Option<&Vec<ContentPart>>| {
            let parts = parts.map_or(&[][..], Vec::as_slice);
            parts
                .iter()
                .filter_map(ContentPart::text)
                .collect::<String>()
        };
        let (mut thought, summary) = (texts(item.content.value()), texts(item.summary.value()));
        if thought.is_empty() {
            thought = summary;
        } else if !summary.is_empty() {
            messages.walk.notes.warn(
                path.clone().member("summary"),
                "The upstream's API takes back the thought itself: the summary was left out.",
            );
        }
        let mut thought = (!thought.is_empty()).then(|| {
            Part::new(path.clone(), |part| {
                part.string("text", &thought);
                part.boolean("thought", true);
            })
        });
        let opaque = item.encrypted_content.as_str();
        let tagged = opaque.and_then(TaggedReasoning::read);
        let payload = |(dialect, kind)| tagged.as_ref()?.payload_of(dialect, kind);
        let signature = |value: &str| Signature {
            value: value.to_owned(),
            path: path.clone(),
        };
        let mut behind = None;
        if let Some(value) = payload(THOUGHT) {
            let part = thought.get_or_insert_with(|| {
                Part::new(path.clone(), |part| {
                    part.string("text", "");
                    part.boolean("thought", true);
                })
            });
            part.sign(value);
        } else if let Some(value) = payload(TEXT) {
            self.for_text = Some(signature(value));
        } else if let Some(value) = payload(CALL) {
            self.for_call = Some(signature(value));
        } else if let Some(value) = payload(PART) {
            let mut part = Part::text("", path.clone());
            part.sign(value);
            behind = Some(part);
        } else if opaque.is_some() {
            messages.walk.notes.warn(
                path.member("encrypted_content"),
                "The upstream's API takes back only thoughts of its own: it was left out.",
            );
        }
        self.parts.extend(thought.into_iter().chain(behind));
    }
}
