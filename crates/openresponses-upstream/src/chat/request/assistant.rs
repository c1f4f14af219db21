use openresponses_types::content::{Content, ContentPart};
use openresponses_types::diagnostics::Path;
use openresponses_types::item::{FunctionCall, Message, Reasoning};
use openresponses_types::json::RawJson;
use openresponses_types::normalize::TurnMessage;
use openresponses_types::{Item, Violation};

use super::content::BETWEEN;
use super::messages::Messages;
use crate::chat::answer::DETAILS;
use crate::chat::quirks::ReasoningReplay;
use crate::json::{Object, elements, members, text};
use crate::parts;
use crate::request::{item_path, refused};
use crate::tagged::TaggedReasoning;

/// What one turn of the model's was.
#[derive(Default)]
struct Assistant<'a> {
    texts: Vec<&'a str>,
    calls: Vec<(usize, &'a FunctionCall)>,
    reasoning: String,
    details: Vec<String>,
}

/// Prints the adjacent items of the model as one message, and the outputs of its calls behind it.
pub(super) fn write(
    messages: &mut Messages<'_, '_, '_>,
    speech: TurnMessage<'_>,
) -> Result<(), Violation> {
    let mut assistant = Assistant::default();
    for (at, item) in speech.enumerate() {
        let path = item_path(messages.walk.turn, at);
        match item {
            Item::Message(message) => assistant.message(messages, message, &path)?,
            Item::FunctionCall(call) => {
                messages.walk.notes.warn_of_extra(&path, &call.extra);
                assistant.calls.push((at, call));
            }
            Item::Reasoning(reasoning) => assistant.reasoning(messages, reasoning, path),
            // No other item is the model's.
            _ => {}
        }
    }
    assistant.print(messages, item_path(messages.walk.turn, speech.start))?;
    messages.outputs_of(&assistant.calls)
}

impl<'a> Assistant<'a> {
    fn message(
        &mut self,
        messages: &mut Messages<'_, '_, '_>,
        message: &'a Message,
        path: &Path,
    ) -> Result<(), Violation> {
        messages.walk.notes.warn_of_extra(path, &message.extra);
        messages.walk.warn_of_phase(message, path);
        if let Content::Text(text) = &message.content {
            self.texts.push(text);
            return Ok(());
        }
        for (at, part) in message.content.parts().iter().enumerate() {
            let path = path.clone().member("content").index(at);
            let Some(text) = part.text() else {
                return Err(refused(
                    path,
                    "The model behind this server takes texts only in messages of the assistant.",
                ));
            };
            self.texts.push(text);
            parts::warn_of_annotations(part, &path, messages.walk.notes);
            if let Some(extra) = parts::extra(part) {
                messages.walk.notes.warn_of_extra(&path, extra);
            }
        }
        Ok(())
    }

    fn reasoning(
        &mut self,
        messages: &mut Messages<'_, '_, '_>,
        reasoning: &Reasoning,
        path: Path,
    ) {
        let replay = messages.chat.quirks.replay;
        let summary = reasoning.summary.value().map_or(&[][..], Vec::as_slice);
        let content = reasoning.content.value().map_or(&[][..], Vec::as_slice);
        let texts = |parts: &[ContentPart]| {
            parts
                .iter()
                .filter_map(ContentPart::text)
                .collect::<Vec<_>>()
                .join("\n")
        };
        let (summary, content) = (texts(summary), texts(content));
        let shown = if content.is_empty() {
            &summary
        } else {
            &content
        };
        let opaque = reasoning.encrypted_content.as_str();
        let own = opaque
            .and_then(TaggedReasoning::read)
            .and_then(|tagged| Some(tagged.payload_of(DETAILS.0, DETAILS.1)?.to_owned()));
        let is_lost = match replay {
            ReasoningReplay::Omit => !shown.is_empty() || opaque.is_some(),
            ReasoningReplay::ReasoningContent | ReasoningReplay::Reasoning => opaque.is_some(),
            ReasoningReplay::Details => opaque.is_some() && own.is_none(),
        };
        if is_lost {
            messages.walk.notes.warn(
                path.clone(),
                "The upstream's API cannot take the reasoning back: it was left out.",
            );
        }
        messages.walk.notes.warn_of_extra(&path, &reasoning.extra);
        match replay {
            ReasoningReplay::Omit => {}
            ReasoningReplay::ReasoningContent | ReasoningReplay::Reasoning => {
                if !content.is_empty() && !summary.is_empty() {
                    messages.walk.notes.warn(
                        path.member("summary"),
                        "The upstream's API takes back the reasoning itself: the summary was left out.",
                    );
                }
                if !self.reasoning.is_empty() && !shown.is_empty() {
                    self.reasoning.push('\n');
                }
                self.reasoning.push_str(shown);
            }
            ReasoningReplay::Details => {
                self.details
                    .extend(details(&content, &summary, own.as_deref()));
            }
        }
    }

    fn print(&self, messages: &mut Messages<'_, '_, '_>, path: Path) -> Result<(), Violation> {
        let is_empty = self.texts.is_empty() && self.calls.is_empty();
        let has_reasoning = !self.reasoning.is_empty() || !self.details.is_empty();
        if is_empty && !has_reasoning {
            return Ok(());
        }
        let (replay, call_ids) = (messages.chat.quirks.replay, messages.chat.quirks.call_ids);
        let mut out = messages.begin(path);
        out.string("role", "assistant");
        match &self.texts[..] {
            [] if self.calls.is_empty() => out.string("content", ""),
            [] => out.raw("content", "null"),
            texts => out.string("content", &texts.join(BETWEEN)),
        }
        if !self.reasoning.is_empty() {
            let name = match replay {
                ReasoningReplay::Reasoning => "reasoning",
                _ => "reasoning_content",
            };
            out.string(name, &self.reasoning);
        }
        if !self.details.is_empty() {
            let mut all = out.array("reasoning_details");
            self.details.iter().for_each(|detail| all.raw(detail));
        }
        if !self.calls.is_empty() {
            let mut calls = out.array("tool_calls");
            for (_, call) in &self.calls {
                let mut out = calls.object();
                out.string("id", &call_ids.of(&call.call_id));
                out.string("type", "function");
                let mut function = out.object("function");
                function.string("name", &call.name);
                function.string("arguments", &call.arguments);
            }
        }
        Ok(())
    }
}

/// The details of one reasoning item, as the server gave them.
fn details(content: &str, summary: &str, own: Option<&str>) -> Vec<String> {
    let own = own.and_then(|json| RawJson::parse(json).ok());
    let mut all = Vec::new();
    let mut unsaid = [
        ("reasoning.text", "text", content),
        ("reasoning.summary", "summary", summary),
    ];
    if let Some(own) = &own {
        for detail in elements(own.reader()) {
            let kind = detail.member("type").and_then(text).unwrap_or_default();
            let mut json = String::new();
            let mut object = Object::begin(&mut json);
            for (name, mut value) in members(detail) {
                object.raw(&name, value.raw());
            }
            // A signature belongs to the text that it signs.
            for (type_name, member, text) in &mut unsaid {
                if *type_name == kind && !text.is_empty() {
                    object.string(member, std::mem::take(text));
                }
            }
            drop(object);
            all.push(json);
        }
    }
    for (at, (type_name, member, text)) in unsaid
        .iter()
        .filter(|(.., text)| !text.is_empty())
        .enumerate()
    {
        let mut json = String::new();
        let mut object = Object::begin(&mut json);
        object.string("type", type_name);
        object.string(member, text);
        drop(object);
        all.insert(at, json);
    }
    all
}
