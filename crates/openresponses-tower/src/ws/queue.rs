//! Messages that wait for the active turn.

use std::collections::VecDeque;

use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::continued::Continued;

/// The next message.
#[derive(Debug, PartialEq)]
pub(super) enum Waiting {
    Text(Utf8Bytes),
    Binary,
    /// A message that did not fit into the queue.
    Excess(Continued),
}

impl Waiting {
    /// Returns the size in bytes. Only texts are kept, so that of others is unknown: 0.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::Binary | Self::Excess(_) => 0,
        }
    }
}

/// Queued messages in order. Messages that do not fit are only counted, so the size is bounded.
#[derive(Debug)]
pub(super) struct Queue {
    entries: VecDeque<Entry>,
    messages: usize,
    bytes: usize,
    most_messages: usize,
    most_bytes: usize,
}

#[derive(Debug)]
enum Entry {
    Message(Option<Utf8Bytes>),
    /// So many messages, and what they continue.
    Excess(u64, Continued),
}

impl Queue {
    pub(super) fn new(most_messages: usize, most_bytes: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            messages: 0,
            bytes: 0,
            most_messages,
            most_bytes,
        }
    }

    /// Queues a message; `None` is a binary one. Without a `running` turn there is room for one
    /// more, since the first does not wait. `continued` is asked about a text that does not fit.
    pub(super) fn push(
        &mut self,
        message: Option<Utf8Bytes>,
        running: bool,
        continued: impl FnOnce(&str) -> Continued,
    ) {
        let bytes = length(message.as_ref());
        let room = self.messages < self.most_messages + usize::from(!running);
        let fits = self.bytes == 0 || bytes <= self.most_bytes.saturating_sub(self.bytes);
        if room && fits {
            self.messages += 1;
            self.bytes += bytes;
            self.entries.push_back(Entry::Message(message));
            return;
        }
        let continued = message.map_or(Continued::Nothing, |text| continued(&text));
        if let Some(Entry::Excess(count, all)) = self.entries.back_mut() {
            *count += 1;
            all.join(continued);
        } else {
            self.entries.push_back(Entry::Excess(1, continued));
        }
    }

    /// Returns the next message.
    pub(super) fn pop(&mut self) -> Option<Waiting> {
        if let Some(Entry::Excess(count, continued)) = self.entries.front_mut()
            && *count > 1
        {
            *count -= 1;
            return Some(Waiting::Excess(continued.clone()));
        }
        let entry = self.entries.pop_front()?;
        if self.entries.is_empty() {
            self.entries = VecDeque::new();
        }
        Some(match entry {
            Entry::Excess(_, continued) => Waiting::Excess(continued),
            Entry::Message(message) => {
                self.messages -= 1;
                self.bytes -= length(message.as_ref());
                message.map_or(Waiting::Binary, Waiting::Text)
            }
        })
    }

    /// Returns true when no message is queued, not even one that did not fit.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the size of the queue in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns how many messages are answered where the connection is closed: those that wait, and of those
    /// that did not fit at most as many as may wait. There may be very many of them.
    pub(super) fn owed(&self) -> u64 {
        let excess = self.entries.iter().map(|entry| match entry {
            Entry::Message(_) => 0,
            Entry::Excess(count, _) => *count,
        });
        self.messages as u64 + excess.sum::<u64>().min(self.most_messages as u64)
    }
}

fn length(message: Option<&Utf8Bytes>) -> usize {
    message.map_or(0, |text| text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Option<Utf8Bytes> {
        Some(text.to_owned().into())
    }

    fn push(queue: &mut Queue, message: Option<Utf8Bytes>, running: bool) {
        queue.push(message, running, |_| Continued::Nothing);
    }

    #[test]
    fn what_finds_no_room_is_refused_in_its_turn() {
        let mut queue = Queue::new(2, 100);
        for name in ["a", "b", "c", "d"] {
            push(&mut queue, text(name), true);
        }
        assert_eq!(queue.pop(), text("a").map(Waiting::Text));
        push(&mut queue, None, true);
        push(&mut queue, text("e"), true);
        assert_eq!((queue.messages, queue.owed()), (2, 4));
        let rest: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(
            rest,
            [
                Waiting::Text("b".to_owned().into()),
                Waiting::Excess(Continued::Nothing),
                Waiting::Excess(Continued::Nothing),
                Waiting::Binary,
                Waiting::Excess(Continued::Nothing),
            ]
        );
        assert_eq!((queue.owed(), queue.bytes), (0, 0));
    }

    #[test]
    fn the_first_of_an_idle_connection_does_not_wait() {
        let mut queue = Queue::new(1, 100);
        for name in ["a", "b", "c"] {
            push(&mut queue, text(name), false);
        }
        assert_eq!((queue.messages, queue.owed()), (2, 3));
    }

    #[test]
    fn bytes_are_bounded_too() {
        let mut queue = Queue::new(16, 10);
        push(&mut queue, text("12345678"), true);
        push(&mut queue, text("123"), true);
        push(&mut queue, text("12"), true);
        assert_eq!((queue.messages, queue.bytes), (2, 10));
        // A message within the size limit is never refused for its size alone.
        let mut queue = Queue::new(16, 10);
        push(&mut queue, text("12345678901"), true);
        assert_eq!(queue.owed(), 1);
    }

    #[test]
    fn a_flood_costs_nothing() {
        let mut queue = Queue::new(16, 1000);
        for _ in 0..100_000 {
            push(&mut queue, text("x"), true);
        }
        assert_eq!((queue.owed(), queue.entries.len()), (32, 17));
        assert_eq!(std::iter::from_fn(|| queue.pop()).count(), 100_000);
    }
}
