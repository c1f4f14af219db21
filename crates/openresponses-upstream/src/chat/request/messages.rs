use openresponses_types::Turn;
use openresponses_types::Violation;
use openresponses_types::diagnostics::Path;
use openresponses_types::item::{FunctionCallOutput, Message};
use openresponses_types::normalize::{Speaker, TurnMessage};
use openresponses_types::tool::FunctionTool;

use super::{assistant, content};
use crate::chat::Chat;
use crate::chat::quirks::DeveloperRole;
use crate::json::{Array, Object};
use crate::request::{Notes, item_path};
use crate::walk::{ItemVisitor, ItemWalk, walk_items};

/// What the messages are printed with.
pub(super) struct Messages<'t, 'n, 'o> {
    pub(super) chat: &'t Chat,
    pub(super) walk: ItemWalk<'t, 'n>,
    out: Array<'o>,
    /// How many messages were printed.
    count: usize,
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
    };
    if let Some(instructions) = &turn.instructions {
        let role = messages.role(Speaker::Developer);
        let mut message = messages.begin(Path::default().member("instructions"));
        message.string("role", role);
        message.string("content", instructions);
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
        let printed = content::parts(self.chat, &message.content, &place, self.walk.notes)?;
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

    /// Prints the output of the call `call_id` that stands behind `after`, wherever it is: servers
    /// want it right after the call.
    pub(super) fn output_of(&mut self, call_id: &str, after: usize) -> Result<(), Violation> {
        let Some((path, output)) = self.walk.output_of(call_id, after) else {
            self.tool(call_id, "\"\"", item_path(self.walk.turn, after));
            return Ok(());
        };
        let (printed, images) = self.output(output, &path)?;
        self.tool(call_id, &printed, path.clone());
        if let Some(images) = images {
            self.images(&output.call_id, &images, path);
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
            let printed = content::parts(self.chat, &output.output, &place, self.walk.notes)?;
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
        part.string("text", &format!("Output of the tool call {call_id}:"));
        drop(part);
        content.raw(parts);
    }
}
