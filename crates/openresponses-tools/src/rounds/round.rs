//! What the model says in one round.

use std::collections::BTreeMap;

use openresponses_types::sequence::Delta;

use super::call::Call;
use super::held::Held;
use super::transcript::Transcript;

/// A round that is being sampled.
#[derive(Debug, Default)]
pub(super) struct Round {
    pub(super) transcript: Transcript,
    /// Calls that the server runs, or refuses.
    pub(super) calls: Vec<Call>,
    /// The client's calls: they are the last items.
    pub(super) held: Held,
    /// Whether the item that was opened last is held.
    pub(super) is_item_held: bool,
    /// Whose call was begun last under a key of the provider's.
    owners: BTreeMap<u32, Owner>,
}

#[derive(Clone, Copy, Debug)]
enum Owner {
    Client,
    /// The server's call at this index.
    Server(usize),
}

impl Round {
    /// A call that the client runs has begun.
    pub(super) fn begin_client_call(&mut self, key: u32, call_id: Option<String>, name: String) {
        self.owners.insert(key, Owner::Client);
        self.held.push(Delta::Call { key, call_id, name });
    }

    /// A call that the server runs has begun, or is there as a whole where it has no key.
    pub(super) fn server_call(&mut self, key: Option<u32>, call: Call) {
        let index = self.calls.len();
        if let Some(key) = key {
            self.owners.insert(key, Owner::Server(index));
        }
        self.transcript.call(index);
        self.calls.push(call);
    }

    /// Arguments of a call. Of those that are longer than `most` bytes the end is not kept: the call
    /// is refused.
    pub(super) fn arguments(&mut self, key: u32, delta: String, most: usize) {
        match self.owners.get(&key) {
            Some(Owner::Server(index)) => {
                if let Some(call) = self.calls.get_mut(*index)
                    && call.arguments.len() <= most
                {
                    call.arguments.push_str(&delta);
                }
            }
            Some(Owner::Client) | None => self.held.push(Delta::Arguments { key, delta }),
        }
    }

    pub(super) fn end_call(&mut self, key: u32) {
        match self.owners.get(&key) {
            Some(Owner::Server(_)) => {}
            Some(Owner::Client) | None => self.held.push(Delta::EndCall { key }),
        }
    }
}
