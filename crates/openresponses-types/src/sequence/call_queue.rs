//! Queue of calls that wait.

use alloc::collections::{BTreeSet, VecDeque};
use alloc::string::String;

#[derive(Debug)]
pub(super) struct QueuedCall {
    pub(super) key: u32,
    pub(super) call_id: Option<String>,
    pub(super) name: String,
    pub(super) arguments: String,
    pub(super) ended: bool,
}

#[derive(Debug, Default)]
pub(super) struct CallQueue {
    calls: VecDeque<QueuedCall>,
    /// The numbers of the calls by their keys. Calls are numbered as they come, from 0.
    by_key: BTreeSet<(u32, usize)>,
    /// The number of the first call.
    first: usize,
    bytes: usize,
}

impl CallQueue {
    pub(super) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    pub(super) fn push(&mut self, key: u32, call_id: Option<String>, name: String) {
        self.bytes +=
            name.len() + call_id.as_ref().map_or(0, String::len) + size_of::<QueuedCall>();
        self.by_key.insert((key, self.first + self.calls.len()));
        self.calls.push_back(QueuedCall {
            key,
            call_id,
            name,
            arguments: String::new(),
            ended: false,
        });
    }

    /// Returns false if no call of this key is held that has not ended.
    pub(super) fn arguments(&mut self, key: u32, delta: &str) -> bool {
        let Some(call) = self.find(key).filter(|call| !call.ended) else {
            return false;
        };
        call.arguments.push_str(delta);
        self.bytes += delta.len();
        true
    }

    pub(super) fn end(&mut self, key: u32) {
        if let Some(call) = self.find(key) {
            call.ended = true;
        }
    }

    /// The first call of a key.
    fn find(&mut self, key: u32) -> Option<&mut QueuedCall> {
        let (_, number) = self.by_key.range((key, 0)..=(key, usize::MAX)).next()?;
        self.calls.get_mut(number - self.first)
    }

    pub(super) fn pop(&mut self) -> Option<QueuedCall> {
        let call = self.calls.pop_front()?;
        self.by_key.remove(&(call.key, self.first));
        self.first += 1;
        self.bytes = self.bytes.saturating_sub(
            call.name.len()
                + call.call_id.as_ref().map_or(0, String::len)
                + call.arguments.len()
                + size_of::<QueuedCall>(),
        );
        Some(call)
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_key_is_about_its_first_call_that_waits() {
        let mut queue = CallQueue::default();
        for (key, name) in [(7, "a"), (3, "b"), (7, "c")] {
            queue.push(key, None, name.into());
        }
        assert!(queue.arguments(7, "1") && queue.arguments(3, "2"));
        queue.end(7);
        assert!(!queue.arguments(7, "late"));
        let popped = |call: Option<QueuedCall>| {
            let call = call.unwrap();
            (call.name, call.arguments, call.ended)
        };
        assert_eq!(popped(queue.pop()), ("a".into(), "1".into(), true));
        assert!(queue.arguments(7, "3"));
        assert_eq!(popped(queue.pop()), ("b".into(), "2".into(), false));
        assert_eq!(popped(queue.pop()), ("c".into(), "3".into(), false));
        assert!(!queue.arguments(7, "4"));
        assert!(queue.pop().is_none());
        assert_eq!((queue.bytes(), queue.by_key.len()), (0, 0));
    }
}
