use openresponses_types::diagnostics::Path;
use openresponses_types::tool::FunctionTool;

use super::block::Block;
use crate::json::Object;
use crate::request::Notes;

/// The conversation in the terms of the API: the system's texts by themselves, and messages of the
/// user and the assistant by turns.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    pub(super) system: Vec<Block>,
    messages: Vec<Message>,
    /// Functions that items of the conversation declare.
    pub(super) declared: Vec<(Path, FunctionTool)>,
    /// The names of functions that were called.
    pub(super) called: Vec<String>,
}

#[derive(Debug)]
struct Message {
    role: Role,
    blocks: Vec<Block>,
}

/// Who speaks in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    User,
    Assistant,
}

impl Role {
    fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

impl Conversation {
    /// Appends blocks: to the last message if it is of the same speaker, else as a new one.
    pub(super) fn push(&mut self, role: Role, blocks: Vec<Block>) {
        if blocks.is_empty() {
            return;
        }
        match self.messages.last_mut() {
            Some(message) if message.role == role => message.blocks.extend(blocks),
            _ => self.messages.push(Message { role, blocks }),
        }
    }

    /// Puts a message in front.
    pub(super) fn open_with(&mut self, block: Block) {
        let message = Message {
            role: Role::User,
            blocks: vec![block],
        };
        self.messages.insert(0, message);
    }

    /// The speaker of the first message.
    pub(super) fn first(&self) -> Option<(Role, &Path)> {
        let message = self.messages.first()?;
        Some((message.role, &message.blocks.first()?.path))
    }

    /// Returns true if the model goes on after outputs of calls that it made without thinking: the
    /// API refuses to think then.
    pub(super) fn goes_on_without_thinking(&self) -> bool {
        let is_output = |message: &&Message| {
            message.role == Role::User && message.blocks.iter().all(Block::is_tool_result)
        };
        let goes_on = self.messages.last().filter(is_output).is_some();
        let begun = self
            .messages
            .iter()
            .rev()
            .take_while(|message| message.role == Role::Assistant || is_output(message))
            .filter(|message| message.role == Role::Assistant)
            .last();
        let thinks = |message: &Message| {
            message
                .blocks
                .first()
                .is_some_and(|block| block.is_thinking())
        };
        goes_on && begun.is_some_and(|message| !thinks(message))
    }

    /// Prints `system` and `messages`.
    pub(super) fn write(&self, body: &mut Object<'_>, notes: &mut Notes) {
        if !self.system.is_empty() {
            let mut system = body.array("system");
            for (at, block) in self.system.iter().enumerate() {
                system.raw(&block.json);
                let member = format!("system[{at}]");
                notes.origins.add(member, block.path.clone());
            }
        }
        let mut messages = body.array("messages");
        for (at, message) in self.messages.iter().enumerate() {
            let place = format!("messages[{at}]");
            if let Some(first) = message.blocks.first() {
                notes.origins.add(place.clone(), first.path.clone());
            }
            let mut out = messages.object();
            out.string("role", message.role.as_str());
            let mut content = out.array("content");
            for (at, block) in message.blocks.iter().enumerate() {
                content.raw(&block.json);
                let member = format!("{place}.content[{at}]");
                notes.origins.add(member, block.path.clone());
            }
        }
    }
}
