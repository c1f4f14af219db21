use openresponses_types::diagnostics::Path;
use openresponses_types::item::{FunctionCallOutput, Message, Role};
use openresponses_types::normalize::{Speaker, TurnMessage};
use openresponses_types::tool::FunctionTool;
use openresponses_types::{Item, Turn, Violation};

use super::{assistant, content};
use crate::chat::Chat;
use crate::chat::quirks::DeveloperRole;
use crate::functions;
use crate::json::{Array, Object};
use crate::outputs::Outputs;
use crate::request::{Notes, item_path, refused};

/// What the messages are printed with.
pub(super) struct Messages<'a, 'o> {
    pub(super) chat: &'a Chat,
    pub(super) turn: &'a Turn,
    pub(super) out: Array<'o>,
    pub(super) notes: &'a mut Notes,
    /// How many messages were printed.
    count: usize,
    outputs: Outputs<'a>,
    /// Tools that items of the conversation declare.
    declared: Vec<(Path, FunctionTool)>,
}

/// Prints `messages` and returns the functions that items of the conversation declare.
pub(super) fn write(
    chat: &Chat,
    turn: &Turn,
    body: &mut Object<'_>,
    notes: &mut Notes,
) -> Result<Vec<(Path, FunctionTool)>, Violation> {
    let mut messages = Messages {
        chat,
        turn,
        out: body.array("messages"),
        notes,
        count: 0,
        outputs: Outputs::of(turn),
        declared: Vec::new(),
    };
    if let Some(instructions) = &turn.instructions {
        let role = messages.developer();
        let mut message = messages.message(Path::default().member("instructions"));
        message.string("role", role);
        message.string("content", instructions);
    }
    for message in turn.messages() {
        messages.speech(message)?;
    }
    Ok(messages.declared)
}

impl Messages<'_, '_> {
    /// Begins a message that is made of the client's `path`.
    pub(super) fn message(&mut self, path: Path) -> Object<'_> {
        self.notes
            .origins
            .add(format!("messages[{}]", self.count), path);
        self.count += 1;
        self.out.object()
    }

    fn developer(&self) -> &'static str {
        match self.chat.quirks.developer {
            DeveloperRole::System => "system",
            DeveloperRole::Developer => "developer",
        }
    }

    fn speech(&mut self, speech: TurnMessage<'_>) -> Result<(), Violation> {
        if speech.speaker == Speaker::Assistant {
            return assistant::write(self, speech);
        }
        let role = match speech.speaker {
            Speaker::System => "system",
            Speaker::Developer => self.developer(),
            _ => "user",
        };
        for (at, item) in speech.enumerate() {
            let path = item_path(self.turn, at);
            match item {
                Item::Message(message) => self.plain(message, role, path)?,
                Item::FunctionCallOutput(output) => {
                    if !self.outputs.is_taken(at) {
                        self.stray_output(output, path)?;
                    }
                }
                Item::Unknown(item) => {
                    if !functions::declare(item, &path, &mut self.declared, self.notes) {
                        self.notes.warn(path, NO_ITEM);
                    }
                }
                Item::Extension(_) => self.notes.warn(path, NO_ITEM),
                Item::Compaction(_) => {
                    return Err(refused(
                        path,
                        "The model behind this server cannot read a compaction. Send the items themselves.",
                    ));
                }
                Item::Reference(_) => {
                    return Err(refused(
                        path,
                        "The referenced item was not found. Send the item itself.",
                    ));
                }
                // The assistant's have returned, later types are not known.
                _ => self.notes.warn(path, NO_ITEM),
            }
        }
        Ok(())
    }

    /// Prints a message of the user, the system or the developer.
    fn plain(&mut self, message: &Message, role: &str, path: Path) -> Result<(), Violation> {
        if let Role::Other(role) = &message.role {
            return Err(refused(
                path.member("role"),
                format!("The model behind this server does not have the role '{role}'."),
            ));
        }
        self.notes.warn_of_extra(&path, &message.extra);
        if message.phase.value().is_some() {
            self.notes.warn(path.clone().member("phase"), NO_MEMBER);
        }
        let place = path.clone().member("content");
        let printed = content::parts(self.chat, &message.content, &place, self.notes)?;
        let mut out = self.message(path);
        out.string("role", role);
        out.raw("content", &printed);
        Ok(())
    }

    /// Prints the output of the call `call_id` that stands behind `after`, wherever it is: servers
    /// want it right after the call.
    pub(super) fn output_of(&mut self, call_id: &str, after: usize) -> Result<(), Violation> {
        let turn = self.turn;
        let found = self.outputs.take(call_id, after);
        let Some((at, output)) = found else {
            let path = item_path(turn, after);
            self.notes.warn(
                path.clone(),
                "The conversation has no output of the call: an empty one was sent.",
            );
            self.tool(call_id, "\"\"", path);
            return Ok(());
        };
        let path = item_path(turn, at);
        let (printed, images) = self.output(output, &path)?;
        self.tool(call_id, &printed, path.clone());
        if let Some(images) = images {
            self.images(&output.call_id, &images, path);
        }
        Ok(())
    }

    fn tool(&mut self, call_id: &str, content: &str, path: Path) {
        let mut out = self.message(path);
        out.string("role", "tool");
        out.string("tool_call_id", call_id);
        out.raw("content", content);
    }

    /// Prints the content of an output, and what of it has to follow in a message of the user's.
    fn output(
        &mut self,
        output: &FunctionCallOutput,
        path: &Path,
    ) -> Result<(String, Option<String>), Violation> {
        self.notes.warn_of_extra(path, &output.extra);
        let place = path.clone().member("output");
        if self.chat.quirks.tool_images {
            let printed = content::parts(self.chat, &output.output, &place, self.notes)?;
            return Ok((printed, None));
        }
        content::split(self.chat, &output.output, &place, self.notes)
    }

    /// Prints what a tool returned besides text.
    fn images(&mut self, call_id: &str, parts: &str, path: Path) {
        let mut out = self.message(path);
        out.string("role", "user");
        let mut content = out.array("content");
        let mut part = content.object();
        part.string("type", "text");
        part.string("text", &format!("Output of the tool call {call_id}:"));
        drop(part);
        content.raw(parts);
    }

    /// An output whose call is not in the conversation: servers refuse it as a tool's message.
    fn stray_output(&mut self, output: &FunctionCallOutput, path: Path) -> Result<(), Violation> {
        self.notes.warn(
            path.clone(),
            "The conversation has no function call for the output: it was sent as the user's.",
        );
        self.notes.warn_of_extra(&path, &output.extra);
        let place = path.clone().member("output");
        let printed = content::parts(self.chat, &output.output, &place, self.notes)?;
        let mut out = self.message(path);
        out.string("role", "user");
        out.raw("content", &printed);
        Ok(())
    }
}

pub(super) const NO_MEMBER: &str = "The upstream's API does not have the member.";
const NO_ITEM: &str = "The upstream's API has no such item: it was left out.";
