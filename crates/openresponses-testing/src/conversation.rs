//! The parts of a conversation that the model reads.

use std::borrow::Cow;
use std::sync::Arc;

use openresponses_types::Item;
use openresponses_types::content::Content;
use openresponses_types::item::Role;

use crate::opaque;
use crate::words;

/// A conversation as the rules use it.
#[derive(Debug, Default)]
pub(crate) struct Conversation<'t> {
    /// The text of the last user message.
    pub(crate) last: Cow<'t, str>,
    /// The text of the user message before it.
    pub(crate) earlier: Option<Cow<'t, str>>,
    /// The functions called since the last user message.
    pub(crate) called: Vec<&'t str>,
    /// Their outputs.
    pub(crate) outputs: Vec<Cow<'t, str>>,
    /// The number of words in instructions, messages, arguments and outputs.
    pub(crate) words: u64,
}

impl<'t> Conversation<'t> {
    pub(crate) fn of(items: &'t [Arc<Item>], instructions: Option<&str>) -> Self {
        let mut conversation = Self::default();
        let mut seen = false;
        let mut heard = |conversation: &mut Self, text: Cow<'t, str>| {
            let before = std::mem::replace(&mut conversation.last, text);
            conversation.earlier = std::mem::replace(&mut seen, true).then_some(before);
            conversation.called.clear();
            conversation.outputs.clear();
        };
        conversation.words = instructions.map_or(0, words::count);
        for item in items {
            match &**item {
                Item::Message(message) => {
                    conversation.count(&message.content);
                    if message.role == Role::User {
                        heard(&mut conversation, text(&message.content));
                    }
                }
                Item::Compaction(compaction) => {
                    let messages = opaque::read_compaction(&compaction.encrypted_content);
                    for message in messages.unwrap_or_default() {
                        conversation.words += words::count(&message);
                        heard(&mut conversation, Cow::Owned(message));
                    }
                }
                Item::FunctionCall(call) => {
                    conversation.words += words::count(&call.arguments);
                    conversation.called.push(&call.name);
                }
                Item::FunctionCallOutput(output) => {
                    conversation.count(&output.output);
                    conversation.outputs.push(text(&output.output));
                }
                _ => {}
            }
        }
        conversation
    }

    fn count(&mut self, contents: &Content) {
        self.words += contents.texts().map(words::count).sum::<u64>();
    }

    /// Returns true when the last user message contains the word `parallel`.
    pub(crate) fn says_parallel(&self) -> bool {
        self.last
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| word.eq_ignore_ascii_case("parallel"))
    }
}

/// Returns the content of a `compaction` item for the user messages of `items`, including those of
/// earlier compactions.
pub(crate) fn compacted(items: &[Arc<Item>]) -> String {
    let mut messages: Vec<String> = Vec::new();
    for item in items {
        match &**item {
            Item::Message(message) if message.role == Role::User => {
                messages.push(text(&message.content).into_owned());
            }
            Item::Compaction(compaction) => {
                let earlier = opaque::read_compaction(&compaction.encrypted_content);
                messages.extend(earlier.into_iter().flatten());
            }
            _ => {}
        }
    }
    opaque::compaction(&messages)
}

/// Returns the user messages of `items`.
pub(crate) fn user_messages(items: &[Arc<Item>]) -> impl Iterator<Item = Item> {
    let is_user =
        |item: &Item| matches!(item, Item::Message(message) if message.role == Role::User);
    items
        .iter()
        .filter(move |item| is_user(item))
        .map(|item| Item::clone(item))
}

/// Returns true when the new items request a compaction.
pub(crate) fn wants_compaction(new: &[Arc<Item>]) -> bool {
    new.iter()
        .any(|item| item.type_name() == "compaction_trigger")
}

/// Returns all text parts, joined by a space.
fn text(contents: &Content) -> Cow<'_, str> {
    let mut texts = contents.texts();
    match (texts.next(), texts.next()) {
        (None, _) => Cow::Borrowed(""),
        (Some(only), None) => Cow::Borrowed(only),
        (Some(first), Some(second)) => {
            let mut all = format!("{first} {second}");
            for text in texts {
                all.push(' ');
                all.push_str(text);
            }
            Cow::Owned(all)
        }
    }
}
