use std::collections::{BTreeMap, BTreeSet, VecDeque};

use openresponses_types::item::FunctionCallOutput;
use openresponses_types::{Item, Turn};

/// The text that stands before what a function returned besides text, where that cannot stand in the
/// output itself.
pub(crate) fn introduction(call_id: &str) -> String {
    format!("Output of the tool call {call_id}:")
}

/// The outputs of functions in a conversation, by the calls that they belong to: upstreams want them
/// right behind their calls, wherever the client put them.
#[derive(Debug)]
pub(crate) struct Outputs<'t> {
    waiting: BTreeMap<&'t str, VecDeque<(usize, &'t FunctionCallOutput)>>,
    taken: BTreeSet<usize>,
}

impl<'t> Outputs<'t> {
    /// Returns the outputs of a turn.
    pub(crate) fn of(turn: &'t Turn) -> Self {
        let mut waiting: BTreeMap<_, VecDeque<_>> = BTreeMap::new();
        for (at, item) in turn.items.iter().enumerate() {
            if let Item::FunctionCallOutput(output) = &**item {
                let outputs = waiting.entry(output.call_id.as_str()).or_default();
                outputs.push_back((at, &**output));
            }
        }
        Self {
            waiting,
            taken: BTreeSet::new(),
        }
    }

    /// Takes the next output of `call_id` behind the place `after`.
    pub(crate) fn take(
        &mut self,
        call_id: &str,
        after: usize,
    ) -> Option<(usize, &'t FunctionCallOutput)> {
        let waiting = self.waiting.get_mut(call_id)?;
        // Calls are asked for in their order: what stands before one stands before the next.
        while waiting.front().is_some_and(|(at, _)| *at < after) {
            waiting.pop_front();
        }
        let (at, output) = waiting.pop_front()?;
        self.taken.insert(at);
        Some((at, output))
    }

    /// Returns true if the output at this place was taken.
    pub(crate) fn is_taken(&self, at: usize) -> bool {
        self.taken.contains(&at)
    }
}
