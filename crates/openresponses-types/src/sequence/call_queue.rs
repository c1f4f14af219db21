//! Queue of calls that wait.

use alloc::collections::VecDeque;
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
    bytes: usize,
}

impl CallQueue {
    pub(super) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    pub(super) fn push(&mut self, key: u32, call_id: Option<String>, name: String) {
        self.bytes +=
            name.len() + call_id.as_ref().map_or(0, String::len) + size_of::<QueuedCall>();
        self.calls.push_back(QueuedCall {
            key,
            call_id,
            name,
            arguments: String::new(),
            ended: false,
        });
    }

    /// Returns false if no call of this key is held.
    pub(super) fn arguments(&mut self, key: u32, delta: &str) -> bool {
        let Some(call) = self.calls.iter_mut().find(|call| call.key == key) else {
            return false;
        };
        call.arguments.push_str(delta);
        self.bytes += delta.len();
        true
    }

    pub(super) fn end(&mut self, key: u32) {
        if let Some(call) = self.calls.iter_mut().find(|call| call.key == key) {
            call.ended = true;
        }
    }

    pub(super) fn pop(&mut self) -> Option<QueuedCall> {
        let call = self.calls.pop_front()?;
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
