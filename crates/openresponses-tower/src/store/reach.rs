use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ptr;

use super::conversation::{Conversation, Node};

/// The size of the conversations that a store's responses reach. A part shared by several responses
/// counts once, while one of them reaches it.
#[derive(Default)]
pub(super) struct Reach {
    /// By address, which is stable while a response reaches the part.
    parts: HashMap<usize, Part>,
    bytes: usize,
}

struct Part {
    /// The number of responses that end with this part plus the number of reached parts that follow
    /// it.
    holders: usize,
    bytes: usize,
}

impl Reach {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds the conversation of a response. The cost is that of its new parts.
    pub(super) fn add(&mut self, conversation: &Conversation) {
        for node in conversation.nodes() {
            match self.parts.entry(address(node)) {
                Entry::Occupied(mut part) => {
                    part.get_mut().holders += 1;
                    // The parts before it are held by this one.
                    return;
                }
                Entry::Vacant(place) => {
                    let bytes = node.bytes();
                    self.bytes += bytes;
                    place.insert(Part { holders: 1, bytes });
                }
            }
        }
    }

    /// Removes the conversation of a response.
    pub(super) fn remove(&mut self, conversation: &Conversation) {
        for node in conversation.nodes() {
            let Entry::Occupied(mut part) = self.parts.entry(address(node)) else {
                return;
            };
            part.get_mut().holders -= 1;
            if part.get().holders > 0 {
                return;
            }
            self.bytes -= part.remove().bytes;
        }
    }
}

fn address(node: &Node) -> usize {
    ptr::from_ref(node).addr()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use openresponses_types::item::Message;

    use super::*;

    fn then(conversation: &Conversation, text: &str) -> Conversation {
        conversation.appended(vec![Arc::new(Message::user(text).into())])
    }

    #[test]
    fn what_is_shared_counts_once_and_as_long_as_it_is_reached() {
        let mut reach = Reach::default();
        let one = then(&Conversation::default(), "one");
        reach.add(&one);
        let first = reach.bytes();
        assert!(first > 128);
        let (left, right) = (then(&one, "two"), then(&one, "six"));
        reach.add(&left);
        reach.add(&right);
        assert_eq!(reach.bytes(), 3 * first);
        // Both still reach it.
        reach.remove(&one);
        assert_eq!(reach.bytes(), 3 * first);
        reach.remove(&left);
        assert_eq!(reach.bytes(), 2 * first);
        // A turn that added nothing ends where another does.
        reach.add(&right);
        reach.remove(&right);
        assert_eq!(reach.bytes(), 2 * first);
        reach.remove(&right);
        assert_eq!((reach.bytes(), reach.parts.len()), (0, 0));
    }

    #[test]
    fn what_others_still_have_does_not_count() {
        let (mut reach, mut other) = (Reach::default(), Reach::default());
        let long = then(&then(&Conversation::default(), "one"), "two");
        reach.add(&long);
        other.add(&long);
        assert_eq!(reach.bytes(), other.bytes());
        assert_eq!(reach.bytes(), long.bytes());
        reach.remove(&long);
        assert_eq!((reach.bytes(), other.bytes()), (0, long.bytes()));
    }
}
