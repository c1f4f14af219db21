use openresponses_types::content::Content;
use openresponses_types::diagnostics::Path;
use openresponses_types::item::{FunctionCallOutput, ItemStatus, Message};
use openresponses_types::normalize::{Speaker, TurnMessage};
use openresponses_types::{Turn, Violation};

use super::block::Block;
use super::conversation::{Conversation, Role};
use super::own::Own;
use super::{assistant, content};
use crate::anthropic::Anthropic;
use crate::reason;
use crate::request::{Notes, item_path};
use crate::walk::{ItemVisitor, ItemWalk, OPENING, is_system, walk_items};

/// What the items are read with.
pub(super) struct Messages<'t, 'n> {
    pub(super) dialect: &'t Anthropic,
    pub(super) walk: ItemWalk<'t, 'n>,
    pub(super) out: Conversation,
}

/// Reads the whole conversation.
pub(super) fn read(
    dialect: &Anthropic,
    turn: &Turn,
    notes: &mut Notes,
) -> Result<Conversation, Violation> {
    let mut messages = Messages {
        dialect,
        walk: ItemWalk::new(turn, notes),
        out: Conversation::default(),
    };
    if let Some(instructions) = &turn.instructions
        && !instructions.trim().is_empty()
    {
        let path = Path::default().member("instructions");
        messages
            .out
            .system
            .push(Block::text(instructions, path, None));
    }
    walk_items(&mut messages)?;
    let Messages {
        mut walk, mut out, ..
    } = messages;
    let first = out.first().map(|(role, path)| (role == Role::User, path));
    if let Some(path) = walk.opening(first)? {
        out.open_with(Block::text(OPENING, path, None));
    }
    out.declared = walk.declared;
    Ok(out)
}

impl<'t, 'n> ItemVisitor<'t, 'n> for Messages<'t, 'n> {
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
        let place = path.clone().member("content");
        let (dialect, content) = (self.dialect, &message.content);
        if is_system(speaker) {
            let blocks = content::texts(dialect, content, &place, self.walk.notes)?;
            let blocks = self.marked(message, blocks, &path);
            if self.out.first().is_some() && !blocks.is_empty() {
                self.walk.warn_of_late_system(path);
            }
            self.out.system.extend(blocks);
        } else {
            let blocks = content::blocks(dialect, content, &place, self.walk.notes)?;
            let blocks = self.marked(message, blocks, &path);
            self.out.push(Role::User, blocks);
        }
        Ok(())
    }

    fn stray_output(
        &mut self,
        output: &'t FunctionCallOutput,
        path: Path,
    ) -> Result<(), Violation> {
        let place = path.member("output");
        let blocks = content::blocks(self.dialect, &output.output, &place, self.walk.notes)?;
        self.out.push(Role::User, blocks);
        Ok(())
    }
}

impl Messages<'_, '_> {
    /// Puts what the members of a message say on its last block.
    pub(super) fn marked(
        &mut self,
        message: &Message,
        mut blocks: Vec<Block>,
        path: &Path,
    ) -> Vec<Block> {
        let own = Own::read(self.dialect, &message.extra, path, self.walk.notes);
        if let (Some(block), Some(cache_control)) = (blocks.last_mut(), own.cache_control) {
            block.cache(&cache_control);
        }
        if blocks.is_empty() {
            self.walk.notes.warn(path.clone(), reason::EMPTY_MESSAGE);
        }
        blocks
    }

    /// The output of the call `call_id` that stands behind `after`: the API wants it right after the
    /// call.
    pub(super) fn output_of(&mut self, call_id: &str, after: usize) -> Result<Block, Violation> {
        let id = tool_use_id(call_id);
        let Some((path, output)) = self.walk.output_of(call_id, after) else {
            let path = item_path(self.walk.turn, after);
            return Ok(Block::new("tool_result", path, None, |block| {
                block.string("tool_use_id", &id);
            }));
        };
        let own = Own::of_output(self.dialect, &output.extra, &path, self.walk.notes);
        let place = path.clone().member("output");
        let blocks = match &output.output {
            Content::Text(_) => Vec::new(),
            content => content::blocks(self.dialect, content, &place, self.walk.notes)?,
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
