//! The conversation as a chat API sees it.

use alloc::sync::Arc;

use super::Turn;
use crate::item::{Item, Role};

/// Adjacent items of one speaker in [`Turn::items`].
///
/// ```
/// use openresponses_types::CreateRequest;
/// use openresponses_types::diagnostics::Profile;
/// use openresponses_types::normalize::{Normalizer, Speaker};
///
/// let request = CreateRequest::from_json(br#"{"model":"m","input":"Hello"}"#)?;
/// let turn = Normalizer::new(Profile::Compatible).turn(request).unwrap();
/// let message = turn.messages().next().unwrap();
/// assert_eq!((message.speaker, message.items.len(), message.start), (Speaker::User, 1, 0));
/// # Ok::<(), openresponses_types::Violation>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct TurnMessage<'a> {
    /// The author of a message.
    pub speaker: Speaker,
    /// The items, at least one.
    pub items: &'a [Arc<Item>],
    /// Where the first of them stands in [`Turn::items`].
    pub start: usize,
}

impl<'a> TurnMessage<'a> {
    /// Returns the items with their places in [`Turn::items`].
    pub fn enumerate(&self) -> impl Iterator<Item = (usize, &'a Item)> + use<'a> {
        let start = self.start;
        let items = self.items.iter().enumerate();
        items.map(move |(at, item)| (start + at, &**item))
    }
}

/// The speaker of an item.
///
/// ```
/// use openresponses_types::item::Message;
/// use openresponses_types::normalize::Speaker;
///
/// assert_eq!(Speaker::of(&Message::user("Hello").into()), Speaker::User);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Speaker {
    /// The user.
    User,
    /// The model: its messages, function calls and reasoning.
    Assistant,
    /// The system.
    System,
    /// The developer.
    Developer,
    /// The client's functions: their outputs.
    Tool,
    /// Unknown: items and roles of other types, compactions and references.
    Other,
}

impl Speaker {
    /// Returns the speaker of an item.
    #[must_use]
    pub fn of(item: &Item) -> Self {
        match item {
            Item::Message(message) => match &message.role {
                Role::User => Self::User,
                Role::Assistant => Self::Assistant,
                Role::System => Self::System,
                Role::Developer => Self::Developer,
                Role::Other(_) => Self::Other,
            },
            Item::FunctionCall(_) | Item::Reasoning(_) => Self::Assistant,
            Item::FunctionCallOutput(_) => Self::Tool,
            Item::Compaction(_) | Item::Reference(_) | Item::Extension(_) | Item::Unknown(_) => {
                Self::Other
            }
        }
    }
}

impl Turn {
    /// Returns the conversation as messages: adjacent items of one speaker are one, so that the
    /// reasoning, the texts and the calls of one turn of the model come together.
    ///
    /// ```
    /// use openresponses_types::normalize::{Normalizer, Speaker};
    /// use openresponses_types::{CreateRequest, Profile};
    ///
    /// let request = CreateRequest::from_json(br#"{"model": "m", "input": [
    ///     {"type": "message", "role": "user", "content": "How warm is it?"},
    ///     {"type": "message", "role": "assistant", "content": "Let me look."},
    ///     {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{}"},
    ///     {"type": "function_call_output", "call_id": "call_1", "output": "21"}
    /// ]}"#)?;
    /// let turn = Normalizer::new(Profile::Compatible).turn(request).unwrap();
    /// let messages: Vec<_> = turn.messages().map(|message| (message.speaker, message.items.len())).collect();
    /// assert_eq!(messages, [(Speaker::User, 1), (Speaker::Assistant, 2), (Speaker::Tool, 1)]);
    /// # Ok::<(), openresponses_types::Violation>(())
    /// ```
    pub fn messages(&self) -> impl Iterator<Item = TurnMessage<'_>> {
        let mut start = 0;
        self.items
            .chunk_by(|one, next| Speaker::of(one) == Speaker::of(next))
            .filter_map(move |items| {
                let speaker = Speaker::of(items.first()?);
                let message = TurnMessage {
                    speaker,
                    items,
                    start,
                };
                start += items.len();
                Some(message)
            })
    }
}
