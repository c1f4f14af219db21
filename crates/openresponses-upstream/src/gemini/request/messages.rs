use openresponses_types::diagnostics::Path;
use openresponses_types::item::{FunctionCallOutput, Message, Role as ItemRole};
use openresponses_types::normalize::{Speaker, TurnMessage};
use openresponses_types::{Item, Turn, Violation};

use super::contents::{Contents, Role};
use super::part::Part;
use super::{content, model};
use crate::functions;
use crate::gemini::Gemini;
use crate::outputs::Outputs;
use crate::request::{Notes, item_path, refused};

/// What the items are read with.
pub(super) struct Messages<'a> {
    pub(super) dialect: &'a Gemini,
    pub(super) turn: &'a Turn,
    pub(super) notes: &'a mut Notes,
    pub(super) out: Contents,
    pub(super) outputs: Outputs<'a>,
}

/// Reads the whole conversation.
pub(super) fn read(
    dialect: &Gemini,
    turn: &Turn,
    notes: &mut Notes,
) -> Result<Contents, Violation> {
    let mut messages = Messages {
        dialect,
        turn,
        notes,
        out: Contents::default(),
        outputs: Outputs::of(turn),
    };
    let root = Path::default;
    if let Some(instructions) = &turn.instructions
        && !instructions.is_empty()
    {
        let part = Part::text(instructions, root().member("instructions"));
        messages.out.system.push(part);
    }
    for message in turn.messages() {
        messages.speech(message)?;
    }
    let Messages { mut out, notes, .. } = messages;
    match out.first() {
        Some((Role::User, _)) => {}
        Some((Role::Model, path)) => {
            let path = path.clone();
            notes.warn(
                path.clone(),
                "The upstream's API wants the user to speak first: a short message was put in front.",
            );
            out.open_with(Part::text("Continue.", path));
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
            return model::write(self, speech);
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
                // The model's have returned, later types are not known.
                _ => self.notes.warn(path, NO_ITEM),
            }
        }
        Ok(())
    }

    /// A message of the user, the system or the developer.
    fn message(&mut self, message: &Message, path: Path) -> Result<(), Violation> {
        self.warn_of_members(message, &path);
        let place = path.clone().member("content");
        match &message.role {
            ItemRole::System | ItemRole::Developer => {
                let parts = content::texts(&message.content, &place, self.notes)?;
                if self.out.first().is_some() && !parts.is_empty() {
                    self.notes.warn(
                        path,
                        "The upstream's API has one place for messages of this role: it was put in front of the conversation.",
                    );
                }
                self.out.system.extend(parts);
            }
            ItemRole::Other(role) => {
                return Err(refused(
                    path.member("role"),
                    format!("The model behind this server does not have the role '{role}'."),
                ));
            }
            _ => {
                let parts = content::parts(&message.content, &place, self.notes)?;
                if parts.is_empty() {
                    self.notes.warn(path, EMPTY);
                }
                self.out.push(Role::User, parts);
            }
        }
        Ok(())
    }

    pub(super) fn warn_of_members(&mut self, message: &Message, path: &Path) {
        self.notes.warn_of_extra(path, &message.extra);
        if message.phase.value().is_some() {
            self.notes.warn(
                path.clone().member("phase"),
                "The upstream's API does not have the member.",
            );
        }
    }

    /// An output whose call is not in the conversation: the API refuses it as a response.
    fn stray_output(&mut self, output: &FunctionCallOutput, path: Path) -> Result<(), Violation> {
        self.notes.warn(
            path.clone(),
            "The conversation has no function call for the output: it was sent as the user's.",
        );
        self.notes.warn_of_extra(&path, &output.extra);
        let place = path.member("output");
        let parts = content::parts(&output.output, &place, self.notes)?;
        self.out.push(Role::User, parts);
        Ok(())
    }
}

const NO_ITEM: &str = "The upstream's API has no such item: it was left out.";
pub(super) const EMPTY: &str = "The upstream's API refuses empty messages: it was left out.";
