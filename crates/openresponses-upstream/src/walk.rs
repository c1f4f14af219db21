//! The walk over the items of a turn that all dialects with messages share.

use openresponses_types::diagnostics::Path;
use openresponses_types::item::{FunctionCallOutput, Message, Role};
use openresponses_types::normalize::{Speaker, TurnMessage};
use openresponses_types::tool::FunctionTool;
use openresponses_types::{Item, Turn, Violation};

use crate::functions;
use crate::outputs::Outputs;
use crate::request::{NO_MEMBER, Notes, item_path, refused};

/// What a dialect makes of the items that are not the model's, and of the model's turns.
pub(crate) trait ItemVisitor<'t, 'n> {
    /// Returns the state of the walk.
    fn walk(&mut self) -> &mut ItemWalk<'t, 'n>;

    /// Takes the adjacent items of the model.
    fn assistant(&mut self, speech: TurnMessage<'t>) -> Result<(), Violation>;

    /// Takes a message of the user, the system or the developer.
    fn message(
        &mut self,
        speaker: Speaker,
        message: &'t Message,
        path: Path,
    ) -> Result<(), Violation>;

    /// Takes an output whose call is not in the conversation, as a message of the user: servers refuse
    /// it as an output.
    fn stray_output(&mut self, output: &'t FunctionCallOutput, path: Path)
    -> Result<(), Violation>;
}

/// The state of a walk.
#[derive(Debug)]
pub(crate) struct ItemWalk<'t, 'n> {
    pub(crate) turn: &'t Turn,
    pub(crate) notes: &'n mut Notes,
    outputs: Outputs<'t>,
    /// Functions that items of the conversation declare.
    pub(crate) declared: Vec<(Path, FunctionTool)>,
}

impl<'t, 'n> ItemWalk<'t, 'n> {
    /// Begins a walk over the items of a turn.
    pub(crate) fn new(turn: &'t Turn, notes: &'n mut Notes) -> Self {
        Self {
            turn,
            notes,
            outputs: Outputs::of(turn),
            declared: Vec::new(),
        }
    }

    /// Takes the output of the call `call_id` that stands behind `after`, wherever it is. Warns where
    /// there is none.
    pub(crate) fn output_of(
        &mut self,
        call_id: &str,
        after: usize,
    ) -> Option<(Path, &'t FunctionCallOutput)> {
        let Some((at, output)) = self.outputs.take(call_id, after) else {
            self.notes.warn(
                item_path(self.turn, after),
                "The conversation has no output of the call: an empty one was sent.",
            );
            return None;
        };
        Some((item_path(self.turn, at), output))
    }

    /// Warns of the member `phase` of a message.
    pub(crate) fn warn_of_phase(&mut self, message: &Message, path: &Path) {
        if message.phase.value().is_some() {
            self.notes.warn(path.clone().member("phase"), NO_MEMBER);
        }
    }

    /// Warns of a message of the system that comes behind others, where the API has one place for all
    /// of them.
    pub(crate) fn warn_of_late_system(&mut self, path: Path) {
        self.notes.warn(
            path,
            "The upstream's API has one place for messages of this role: it was moved to the start of the conversation.",
        );
    }

    /// Returns the member that the first message was made of where the user does not speak first: APIs
    /// that want that get a short message in front.
    ///
    /// # Errors
    /// When there is no message.
    pub(crate) fn opening(
        &mut self,
        first: Option<(bool, &Path)>,
    ) -> Result<Option<Path>, Violation> {
        match first {
            Some((true, _)) => Ok(None),
            Some((false, path)) => {
                self.notes.warn(
                    path.clone(),
                    "The upstream's API requires the first message to be the user's: 'Continue.' was inserted.",
                );
                Ok(Some(path.clone()))
            }
            None => Err(refused(
                Path::default().member("input"),
                "The model behind this server needs a message of the user.",
            )),
        }
    }
}

/// Returns true where the system or the developer speaks, for which several APIs have one place.
pub(crate) fn is_system(speaker: Speaker) -> bool {
    matches!(speaker, Speaker::System | Speaker::Developer)
}

/// The user's message that is inserted before a conversation that another role begins.
pub(crate) const OPENING: &str = "Continue.";

/// Walks over the items of the turn.
///
/// # Errors
/// When an item has no place in the API and must not be left out.
pub(crate) fn walk_items<'t, 'n>(visitor: &mut impl ItemVisitor<'t, 'n>) -> Result<(), Violation> {
    let turn = visitor.walk().turn;
    for speech in turn.messages() {
        if speech.speaker == Speaker::Assistant {
            visitor.assistant(speech)?;
            continue;
        }
        let speaker = speech.speaker;
        for (at, item) in speech.enumerate() {
            visit(visitor, speaker, at, item)?;
        }
    }
    Ok(())
}

fn visit<'t, 'n>(
    visitor: &mut impl ItemVisitor<'t, 'n>,
    speaker: Speaker,
    at: usize,
    item: &'t Item,
) -> Result<(), Violation> {
    let walk = visitor.walk();
    let path = item_path(walk.turn, at);
    match item {
        Item::Message(message) => {
            if let Role::Other(role) = &message.role {
                return Err(refused(
                    path.member("role"),
                    format!("The model behind this server does not have the role '{role}'."),
                ));
            }
            walk.warn_of_phase(message, &path);
            visitor.message(speaker, message, path)
        }
        // It stands behind its call.
        Item::FunctionCallOutput(_) if walk.outputs.is_taken(at) => Ok(()),
        Item::FunctionCallOutput(output) => {
            walk.notes.warn(
                path.clone(),
                "The conversation has no function call for the output: it was sent as the user's.",
            );
            walk.notes.warn_of_extra(&path, &output.extra);
            visitor.stray_output(output, path)
        }
        Item::Compaction(_) => Err(refused(
            path,
            "The model behind this server cannot read a compaction. Send the items themselves.",
        )),
        Item::Reference(_) => Err(refused(
            path,
            "The referenced item was not found. Send the item itself.",
        )),
        Item::Unknown(item) if functions::declare(item, &path, &mut walk.declared, walk.notes) => {
            Ok(())
        }
        // Of the known items only these are left: the model's are in its own speeches.
        _ => {
            walk.notes.warn(
                path,
                "The upstream's API has no such item: it was left out.",
            );
            Ok(())
        }
    }
}
