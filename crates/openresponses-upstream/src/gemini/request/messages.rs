use openresponses_types::diagnostics::Path;
use openresponses_types::item::{FunctionCallOutput, Message};
use openresponses_types::normalize::{Speaker, TurnMessage};
use openresponses_types::{Turn, Violation};

use super::contents::{Contents, Role};
use super::part::Part;
use super::{content, model};
use crate::gemini::Gemini;
use crate::reason;
use crate::request::Notes;
use crate::walk::{ItemVisitor, ItemWalk, OPENING, is_system, walk_items};

/// What the items are read with.
pub(super) struct Messages<'t, 'n> {
    pub(super) dialect: &'t Gemini,
    pub(super) walk: ItemWalk<'t, 'n>,
    pub(super) out: Contents,
}

/// Reads the whole conversation.
pub(super) fn read(
    dialect: &Gemini,
    turn: &Turn,
    notes: &mut Notes,
) -> Result<Contents, Violation> {
    let mut messages = Messages {
        dialect,
        walk: ItemWalk::new(turn, notes),
        out: Contents::default(),
    };
    if let Some(instructions) = &turn.instructions
        && !instructions.is_empty()
    {
        let path = Path::default().member("instructions");
        messages.out.system.push(Part::text(instructions, path));
    }
    walk_items(&mut messages)?;
    let Messages {
        mut walk, mut out, ..
    } = messages;
    let first = out.first().map(|(role, path)| (role == Role::User, path));
    if let Some(path) = walk.opening(first)? {
        out.open_with(Part::text(OPENING, path));
    }
    out.declared = walk.declared;
    Ok(out)
}

impl<'t, 'n> ItemVisitor<'t, 'n> for Messages<'t, 'n> {
    fn walk(&mut self) -> &mut ItemWalk<'t, 'n> {
        &mut self.walk
    }

    fn assistant(&mut self, speech: TurnMessage<'t>) -> Result<(), Violation> {
        model::write(self, speech)
    }

    fn message(
        &mut self,
        speaker: Speaker,
        message: &'t Message,
        path: Path,
    ) -> Result<(), Violation> {
        self.walk.notes.warn_of_extra(&path, &message.extra);
        let place = path.clone().member("content");
        if is_system(speaker) {
            let parts = content::texts(&message.content, &place, self.walk.notes)?;
            if self.out.first().is_some() && !parts.is_empty() {
                self.walk.warn_of_late_system(path);
            }
            self.out.system.extend(parts);
        } else {
            let parts = content::parts(&message.content, &place, self.walk.notes)?;
            if parts.is_empty() {
                self.walk.notes.warn(path, reason::EMPTY_MESSAGE);
            }
            self.out.push(Role::User, parts);
        }
        Ok(())
    }

    fn stray_output(
        &mut self,
        output: &'t FunctionCallOutput,
        path: Path,
    ) -> Result<(), Violation> {
        let place = path.member("output");
        let parts = content::parts(&output.output, &place, self.walk.notes)?;
        self.out.push(Role::User, parts);
        Ok(())
    }
}
