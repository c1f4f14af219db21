use openresponses_types::Turn;
use openresponses_types::Violation;
use openresponses_types::diagnostics::Path;
use openresponses_types::item::{FunctionCall, FunctionCallOutput, Message};
use openresponses_types::normalize::{Speaker, TurnMessage};
use openresponses_types::tool::FunctionTool;

use super::{assistant, content, system};
use crate::chat::Chat;
use crate::chat::quirks::{DeveloperRole, SystemMessages};
use crate::json::{Array, Object};
use crate::outputs::introduction;
use crate::parts;
use crate::request::{Notes, item_path};
use crate::walk::{ItemVisitor, ItemWalk, is_system, walk_items};

/// What the messages are printed with.
pub(super) struct Messages<'t, 'n, 'o> {
    pub(super) chat: &'t Chat,
    pub(super) walk: ItemWalk<'t, 'n>,
    out: Array<'o>,
    /// How many messages were printed.
    count: usize,
    /// How many of them are the system's and stand in front of the conversation.
    leading: usize,
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
        walk: ItemWalk::new(turn, notes),
        out: body.array("messages"),
        count: 0,
        leading: 0,
    };
    let first = match chat.quirks.system {
        SystemMessages::First => system::joined(turn)?,
        SystemMessages::Anywhere => {
            let instructions = turn.instructions.clone();
            instructions.map(|text| (Path::default().member("instructions"), text))
        }
    };
    if let Some((path, text)) = first {
        let role = messages.role(Speaker::Developer);
        let mut message = messages.begin(path);
        message.string("role", role);
        message.string("content", &text);
        drop(message);
        messages.leading = messages.count;
    }
    walk_items(&mut messages)?;
    Ok(messages.walk.declared)
}

impl<'t, 'n> ItemVisitor<'t, 'n> for Messages<'t, 'n, '_> {
    fn walk(&mut self) -> &mut ItemWalk<'t, 'n> {
        &mut self.walk
    }

    fn assistant(&mut self, speech: TurnMessage<'t>) -> Result<(), Violation> {
        assistant::write(self, speech)
    }

    fn message(
        &mut self,
        speaker: Speaker,
        message: &'t Message,
        path: Path,
    ) -> Result<(), Violation> {
        self.walk.notes.warn_of_extra(&path, &message.extra);
        let place = path.clone().member("content");
        if is_system(speaker) && self.chat.quirks.system == SystemMessages::First {
            parts::warn_of_extra(&message.content, &place, self.walk.notes);
            let is_late = self.count > self.leading;
            if is_late && message.content.texts().any(|text| !text.is_empty()) {
                self.walk.warn_of_late_system(path);
            }
            return Ok(());
        }
        let print = match is_system(speaker) {
            true => content::joined,
            false => content::parts,
        };
        let printed = print(self.chat, &message.content, &place, self.walk.notes)?;
        let role = self.role(speaker);
        let mut out = self.begin(path);
        out.string("role", role);
        out.raw("content", &printed);
        Ok(())
    }

    fn stray_output(
        &mut self,
        output: &'t FunctionCallOutput,
        path: Path,
    ) -> Result<(), Violation> {
        let place = path.clone().member("output");
        let printed = content::parts(self.chat, &output.output, &place, self.walk.notes)?;
        let mut out = self.begin(path);
        out.string("role", "user");
        out.raw("content", &printed);
        Ok(())
    }
}

impl Messages<'_, '_, '_> {
    /// Begins a message that is made of the client's `path`.
    pub(super) fn begin(&mut self, path: Path) -> Object<'_> {
        let member = format!("messages[{}]", self.count);
        self.walk.notes.origins.add(member, path);
        self.count += 1;
        self.out.object()
    }

    fn role(&self, speaker: Speaker) -> &'static str {
        match (speaker, self.chat.quirks.developer) {
            (Speaker::Developer, DeveloperRole::Developer) => "developer",
            (Speaker::System | Speaker::Developer, _) => "system",
            _ => "user",
        }
    }

    /// Prints the outputs of calls, wherever they are: servers want them right behind the calls, and
    /// nothing between them. What cannot stand in an output follows all of them.
    pub(super) fn outputs_of(&mut self, calls: &[(usize, &FunctionCall)]) -> Result<(), Violation> {
        let mut images = Vec::new();
        for (at, call) in calls {
            let call_id = self.chat.quirks.call_ids.of(&call.call_id);
            let Some((path, output)) = self.walk.output_of(&call.call_id, *at) else {
                self.tool(&call_id, "\"\"", item_path(self.walk.turn, *at));
                continue;
            };
            let (printed, others) = self.output(output, &path)?;
            self.tool(&call_id, &printed, path.clone());
            images.extend(others.map(|parts| (call_id, parts, path)));
        }
        for (call_id, parts, path) in images {
            self.images(&call_id, &parts, path);
        }
        Ok(())
    }

    fn tool(&mut self, call_id: &str, content: &str, path: Path) {
        let mut out = self.begin(path);
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
        self.walk.notes.warn_of_extra(path, &output.extra);
        let place = path.clone().member("output");
        if self.chat.quirks.tool_images {
            let printed = content::joined(self.chat, &output.output, &place, self.walk.notes)?;
            return Ok((printed, None));
        }
        content::split(self.chat, &output.output, &place, self.walk.notes)
    }

    /// Prints what a tool returned besides text.
    fn images(&mut self, call_id: &str, parts: &str, path: Path) {
        let mut out = self.begin(path);
        out.string("role", "user");
        let mut content = out.array("content");
        let mut part = content.object();
        part.string("type", "text");
        part.string("text", &introduction(call_id));
        drop(part);
        content.raw(parts);
    }
}
