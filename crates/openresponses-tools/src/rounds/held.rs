use std::collections::BTreeMap;

use openresponses_tower::ids::RandomIds;
use openresponses_types::Item;
use openresponses_types::sequence::{CallCounts, Delta, IdGenerator, IdKind};

use super::call::Call;

/// The most bytes of the client's calls that are held until their round ends.
const HELD: usize = 4 << 20;

/// The client's calls of a round, which are the last items of the response.
#[derive(Debug, Default)]
pub(super) struct Held {
    deltas: Vec<Delta>,
    bytes: usize,
}

/// What becomes of held calls.
#[derive(Debug, Default)]
pub(super) struct Released {
    pub(super) deltas: Vec<Delta>,
    /// The function calls beyond `max_tool_calls`, for which the model gets an error. Calls of other types are
    /// dropped.
    pub(super) left_out: Vec<Call>,
}

impl Held {
    /// Adds a delta. Beyond the bound the response fails, and nothing is kept.
    pub(super) fn push(&mut self, delta: Delta) {
        let bytes = match &delta {
            Delta::ItemEvent(event) => event.to_json().len(),
            delta => delta.bytes(),
        };
        self.bytes = self.bytes.saturating_add(bytes);
        if self.is_too_large() {
            self.deltas.clear();
        } else {
            self.deltas.push(delta);
        }
    }

    pub(super) fn is_too_large(&self) -> bool {
        self.bytes > HELD
    }

    /// Lets out as many calls as are `left`; all where it is `None`.
    pub(super) fn release(self, mut left: Option<u64>) -> Released {
        let mut released = Released::default();
        // By the key, the place among those that were left out.
        let mut out: BTreeMap<u32, usize> = BTreeMap::new();
        let mut is_item_out = false;
        for delta in self.deltas {
            if is_call(&delta) {
                is_item_out = left == Some(0);
                if left == Some(0) {
                    tracing::warn!("a call beyond max_tool_calls was left out");
                    if let Delta::Call { key, .. } = &delta {
                        out.insert(*key, released.left_out.len());
                    }
                    released.left_out.extend(call(delta));
                    continue;
                }
                left = left.map(|left| left - 1);
                if let Delta::Call { key, .. } = &delta {
                    out.remove(key);
                }
            }
            if is_item_out && matches!(delta, Delta::ItemEvent(_) | Delta::CloseItem(_)) {
                continue;
            }
            let of = match &delta {
                Delta::Arguments { key, .. } | Delta::EndCall { key } => out.get(key),
                _ => None,
            };
            match (of, delta) {
                (None, delta) => released.deltas.push(delta),
                (Some(at), Delta::Arguments { delta, .. }) => {
                    if let Some(call) = released.left_out.get_mut(*at) {
                        call.arguments.push_str(&delta);
                    }
                }
                (Some(_), _) => {}
            }
        }
        released
    }
}

impl Released {
    /// Returns whether the client gets a call.
    pub(super) fn has_calls(&self) -> bool {
        self.deltas.iter().any(is_call)
    }
}

fn is_call(delta: &Delta) -> bool {
    matches!(
        delta,
        Delta::Call { .. } | Delta::Item(_) | Delta::OpenItem(_)
    )
}

/// Returns true for a call of a type that clients execute.
pub(super) fn is_of_client(item: &Item) -> bool {
    CallCounts::default().with(item.type_name()).of_client > 0
}

fn call(delta: Delta) -> Option<Call> {
    match delta {
        Delta::Call { call_id, name, .. } => Some(Call {
            call_id: call_id.unwrap_or_else(|| RandomIds.id(IdKind::Call)),
            name,
            arguments: String::new(),
        }),
        Delta::Item(item) => match *item {
            Item::FunctionCall(call) => Some(Call {
                call_id: call.call_id,
                name: call.name,
                arguments: call.arguments,
            }),
            _ => None,
        },
        _ => None,
    }
}
