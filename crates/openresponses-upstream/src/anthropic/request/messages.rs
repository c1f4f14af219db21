use openresponses_types::content::Content;
use openresponses_types::diagnostics::Path;
use openresponses_types::item::{FunctionCallOutput, ItemStatus, Message, Role as ItemRole};
use openresponses_types::normalize::{Speaker, TurnMessage};
use openresponses_types::{Item, Turn, Violation};

use super::block::Block;
use super::conversation::{Conversation, Role};
use super::own::Own;
use super::{assistant, content};
use crate::anthropic::Anthropic;
use crate::functions;
use crate::outputs::Outputs;
use crate::request::{Notes, item_path, refused};

/// What the items are read with.
pub(super) struct Messages<'a> {
    pub(super) dialect: &'a Anthropic,
    pub(super) turn: &'a Turn,
    pub(super) notes: &'a mut Notes,
    pub(super) out: Conversation,
    outputs: Outputs<'a>,
}

/// Reads the whole conversation.
pub(super) fn read(
    dialect: &Anthropic,
    turn: &Turn,
    notes: &mut Notes,
) -> Result<Conversation, Violation> {
    let mut messages = Messages {
        dialect,
        turn,
        notes,
        out: Conversation::default(),
        outputs: Outputs::of(turn),
    };
    let root = Path::default;
    if let Some(instructions) = &turn.instructions
        && !instructions.trim().is_empty()
    {
        let block = Block::text(instructions, root().member("instructions"), None);
        messages.out.system.push(block);
    }
    for message in turn.messages() {
        messages.speech(message)?;
    }
    let Messages { mut out, notes, .. } = messages;
    match out.first() {
        Some((Role::User, _)) => {}
        Some((Role::Assistant, path)) => {
            let path = path.clone();
            notes.warn(
                path.clone(),
                "The upstream's API wants the user to speak first: a short message was put in front.",
            );
            out.open_with(Block::text("Continue.", path, None));
        }
        None => {
            return Err(refused(
                root().member("input"),
                "The model behind this server needs a message of the user.",
            ));
        }
    }
    Ok(out)
}

impl<'a> Messages<'a> {
    fn speech(&mut self, speech: TurnMessage<'a>) -> Result<(), Violation> {
        if speech.speaker == Speaker::Assistant {
            return assistant::write(self, speech);
        }
        for (at, item) in speech.enumerate() {
            let path = item_path(self.turn, at);
            match item {
                Item::Message(message) => self.message(message, path)?,
                Item::FunctionCallOutput(output) => {
                    if !self.outputs.is_taken(at) {
                        self.stray_output(output, path)?;
                    }
                }
                Item::Unknown(item) => {
                    if !functions::declare(item, &path, &mut self.out.declared, self.notes) {
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

    /// A message of the user, the system or the developer.
    fn message(&mut self, message: &Message, path: Path) -> Result<(), Violation> {
        if message.phase.value().is_some() {
            self.notes.warn(path.clone().member("phase"), NO_MEMBER);
        }
        let place = path.clone().member("content");
        match &message.role {
            ItemRole::System | ItemRole::Developer => {
                let blocks = content::texts(self.dialect, &message.content, &place, self.notes)?;
                let blocks = self.marked(message, blocks, &path);
                if self.out.first().is_some() && !blocks.is_empty() {
                    self.notes.warn(
                        path,
                        "The upstream's API has one place for messages of this role: it was put in front of the conversation.",
                    );
                }
                self.out.system.extend(blocks);
            }
            ItemRole::Other(role) => {
                return Err(refused(
                    path.member("role"),
                    format!("The model behind this server does not have the role '{role}'."),
                ));
            }
            _ => {
                let blocks = content::blocks(self.dialect, &message.content, &place, self.notes)?;
                let blocks = self.marked(message, blocks, &path);
                self.out.push(Role::User, blocks);
            }
        }
        Ok(())
    }

    /// Puts what the members of a message say on its last block.
    pub(super) fn marked(
        &mut self,
        message: &Message,
        mut blocks: Vec<Block>,
        path: &Path,
    ) -> Vec<Block> {
        let own = Own::read(self.dialect, &message.extra, path, self.notes);
        if let (Some(block), Some(cache_control)) = (blocks.last_mut(), own.cache_control) {
            block.cache(&cache_control);
        }
        if blocks.is_empty() {
            self.notes.warn(
                path.clone(),
                "The upstream's API refuses empty messages: it was left out.",
            );
        }
        blocks
    }

    /// The output of the call `call_id` that stands behind `after`: the API wants it right after the
    /// call.
    pub(super) fn output_of(&mut self, call_id: &str, after: usize) -> Result<Block, Violation> {
        let id = tool_use_id(call_id);
        let Some((at, output)) = self.outputs.take(call_id, after) else {
            let path = item_path(self.turn, after);
            self.notes.warn(
                path.clone(),
                "The conversation has no output of the call: an empty one was sent.",
            );
            return Ok(Block::new("tool_result", path, None, |block| {
                block.string("tool_use_id", &id);
            }));
        };
        let path = item_path(self.turn, at);
        let own = Own::of_output(self.dialect, &output.extra, &path, self.notes);
        let place = path.clone().member("output");
        let blocks = match &output.output {
            Content::Text(_) => Vec::new(),
            content => content::blocks(self.dialect, content, &place, self.notes)?,
        };
        let cache_control = own.cache_control.as_deref();
        // An output that is incomplete is that of a function that did not end well.
        let is_error = own.is_error || output.status.value() == Some(&ItemStatus::Incomplete);
        Ok(Block::new("tool_result", path, cache_control, |block| {
            block.string("tool_use_id", &id);
            if let Content::Text(text) = &output.output {
                block.string("content", text);
            } else if !blocks.is_empty() {
                let mut content = block.array("content");
                blocks.iter().for_each(|block| content.raw(&block.json));
            }
            if is_error {
                block.boolean("is_error", true);
            }
        }))
    }

    /// An output whose call is not in the conversation: the API refuses it as a result.
    fn stray_output(&mut self, output: &FunctionCallOutput, path: Path) -> Result<(), Violation> {
        self.notes.warn(
            path.clone(),
            "The conversation has no function call for the output: it was sent as the user's.",
        );
        self.notes.warn_of_extra(&path, &output.extra);
        let place = path.member("output");
        let blocks = content::blocks(self.dialect, &output.output, &place, self.notes)?;
        self.out.push(Role::User, blocks);
        Ok(())
    }
}

/// The id of a call as the API takes it: letters, digits, `_` and `-`. Other bytes are printed as
/// hexadecimal numbers behind a `_`.
pub(super) fn tool_use_id(call_id: &str) -> String {
    let mut id = String::with_capacity(call_id.len());
    for byte in call_id.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') {
            id.push(char::from(byte));
        } else {
            id.push_str(&format!("_{byte:02x}"));
        }
    }
    id
}

const NO_MEMBER: &str = "The upstream's API does not have the member.";
const NO_ITEM: &str = "The upstream's API has no such item: it was left out.";
