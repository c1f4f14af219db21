use std::fmt;
use std::sync::{Arc, OnceLock};

use openresponses_types::Item;
use openresponses_types::content::Content;
use openresponses_types::json::Length;

use super::hidden::reveal;

/// The items of a conversation, in order. Turns share what they have in common: going on with a
/// conversation copies none of it, and costs what was added.
///
/// ```
/// use std::sync::Arc;
/// use openresponses_tower::store::Conversation;
/// use openresponses_types::item::Message;
/// use openresponses_types::Item;
///
/// let hello: Arc<Item> = Arc::new(Message::user("Hello").into());
/// let first = Conversation::default().appended(vec![hello]);
/// let second = first.appended(vec![Arc::new(Message::user("Are you there?").into())]);
/// assert_eq!(second.len(), 2);
/// assert!(Arc::ptr_eq(&first.items()[0], &second.items()[0]));
/// ```
#[derive(Clone, Default)]
pub struct Conversation {
    last: Option<Arc<Node>>,
    ancestor: Option<Arc<Ancestor>>,
}

/// A saved response that a conversation continues.
///
/// ```
/// use openresponses_tower::store::{Conversation, StoredResponse};
/// use openresponses_types::Response;
///
/// let first = StoredResponse::new(Response::new("resp_1", "m", 0), &Conversation::default(), vec![]);
/// let saved = first.saved();
/// let next = StoredResponse::new(Response::new("resp_2", "m", 1), saved.conversation(), vec![]);
/// let ancestor = next.ancestor().unwrap();
/// assert_eq!((ancestor.id(), ancestor.root(), ancestor.len()), ("resp_1", "resp_1", 0));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ancestor {
    id: Arc<str>,
    root: Arc<str>,
    len: usize,
}

impl Ancestor {
    pub(super) fn new(id: Arc<str>, root: Arc<str>, len: usize) -> Self {
        Self { id, root, len }
    }

    pub(super) fn shared_id(&self) -> Arc<str> {
        Arc::clone(&self.id)
    }

    pub(super) fn shared_root(&self) -> Arc<str> {
        Arc::clone(&self.root)
    }

    /// Returns the id of the response.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the id of the first response of its tree of continuations. A store may have moved
    /// the response to another tree.
    #[must_use]
    pub fn root(&self) -> &str {
        &self.root
    }

    /// Returns the number of items up to the end of the response.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a position")]
    pub fn len(&self) -> usize {
        self.len
    }
}

/// Items that were appended together.
pub(super) struct Node {
    before: Option<Arc<Node>>,
    items: Vec<Arc<Item>>,
    len: usize,
    bytes: OnceLock<usize>,
}

impl Node {
    /// Returns the approximate size of its own items, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let measure = || self.items.iter().map(|item| item_bytes(item)).sum();
        *self.bytes.get_or_init(measure)
    }
}

impl Conversation {
    /// Returns this conversation followed by `items`.
    #[must_use]
    pub fn appended(&self, items: Vec<Arc<Item>>) -> Self {
        if items.is_empty() {
            return self.clone();
        }
        let len = self.len() + items.len();
        let node = Node {
            before: self.last.clone(),
            items,
            len,
            bytes: OnceLock::new(),
        };
        Self {
            last: Some(Arc::new(node)),
            ancestor: self.ancestor.clone(),
        }
    }

    /// Returns the nearest saved response that the conversation continues or ends with.
    #[must_use]
    pub fn ancestor(&self) -> Option<&Ancestor> {
        self.ancestor.as_deref()
    }

    pub(super) fn shared_ancestor(&self) -> Option<Arc<Ancestor>> {
        self.ancestor.clone()
    }

    /// Returns the same items after another saved response.
    pub(super) fn after(mut self, ancestor: Ancestor) -> Self {
        debug_assert!(ancestor.len <= self.len());
        self.ancestor = Some(Arc::new(ancestor));
        self
    }

    /// Returns the same items after another saved response, or after none.
    pub(super) fn after_shared(mut self, ancestor: Option<Arc<Ancestor>>) -> Self {
        self.ancestor = ancestor;
        self
    }

    /// Returns the conversation up to item `len`, where a part of it ends.
    pub(super) fn before(&self, len: usize) -> Self {
        let mut last = self.last.as_ref();
        while let Some(node) = last.filter(|node| node.len > len) {
            last = node.before.as_ref();
        }
        debug_assert_eq!(last.map_or(0, |node| node.len), len, "a part ends there");
        Self {
            last: last.cloned(),
            ancestor: self.ancestor.clone(),
        }
    }

    /// Returns the number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.last.as_ref().map_or(0, |node| node.len)
    }

    /// Returns true when the conversation has no items.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.last.is_none()
    }

    /// Returns all items in order.
    #[must_use]
    pub fn items(&self) -> Vec<Arc<Item>> {
        self.items_from(0)
    }

    /// Returns the items from index `start`. The cost does not depend on what is before them.
    #[must_use]
    pub fn items_from(&self, start: usize) -> Vec<Arc<Item>> {
        let mut items = Vec::with_capacity(self.len().saturating_sub(start));
        for node in self.nodes().take_while(|node| node.len > start) {
            items.extend(node.items.iter().rev().map(Arc::clone));
        }
        items.truncate(self.len().saturating_sub(start));
        items.reverse();
        items
    }

    /// Returns the items as a model reads them, with hidden items in their places.
    pub(crate) fn context(&self) -> Vec<Arc<Item>> {
        reveal(self.items())
    }

    /// Returns the approximate size in bytes. Each part is measured once.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes_from(0)
    }

    /// Returns what the items from a position on take in memory, in bytes, where a part of the
    /// conversation begins there.
    pub(super) fn bytes_from(&self, start: usize) -> usize {
        let nodes = self.nodes().take_while(|node| node.len > start);
        nodes.map(Node::bytes).sum()
    }

    /// Iterates from the last part to the first.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node> {
        std::iter::successors(self.last.as_deref(), |node| node.before.as_deref())
    }
}

/// Avoids one recursion for each turn when a long conversation is dropped.
impl Drop for Node {
    fn drop(&mut self) {
        let mut next = self.before.take();
        while let Some(node) = next {
            next = Arc::into_inner(node).and_then(|mut node| node.before.take());
        }
    }
}

impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversation")
            .field("len", &self.len())
            .finish()
    }
}

/// What an item takes beside the bytes of its JSON, as `tests/memory.rs` measures it.
const ITEM: usize = 178;

/// What a message takes in addition, and each of its parts.
const MESSAGE: usize = 80;
const PART: usize = 58;

/// Returns the approximate size of an item in bytes.
fn item_bytes(item: &Item) -> usize {
    let parts = match item {
        Item::Message(message) => match &message.content {
            Content::Parts(parts) => MESSAGE + PART * parts.len(),
            _ => MESSAGE,
        },
        _ => 0,
    };
    Length::of(|out| item.write_json(out)) + ITEM + parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use openresponses_types::item::Message;

    fn item(text: &str) -> Arc<Item> {
        Arc::new(Message::user(text).into())
    }

    #[test]
    fn a_long_conversation_can_be_dropped() {
        let mut conversation = Conversation::default();
        for _ in 0..200_000 {
            conversation = conversation.appended(vec![item("x")]);
        }
        assert_eq!(conversation.len(), 200_000);
        drop(conversation);
    }
}
