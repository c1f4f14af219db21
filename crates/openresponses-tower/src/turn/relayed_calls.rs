//! Which calls of an upstream's get out.

use openresponses_types::sequence::{ForbiddenReason, ToolPolicy};
use openresponses_types::{Item, StreamEvent};

/// The tool policy over events that an upstream numbers, and may leave out or contradict: a call is
/// judged wherever it turns up, and what belongs to none that was let out stays in.
#[derive(Debug, Default)]
pub(crate) struct RelayedCalls {
    /// The upstream's places of the calls that are left out, sorted, each once.
    left_out: Vec<u64>,
    /// The same of those that were let out.
    let_out: Vec<u64>,
}

/// A call that does not get out.
pub(crate) struct LeftOut {
    /// The tool, or the item's type where it has no name.
    pub(crate) tool: String,
    pub(crate) reason: ForbiddenReason,
}

impl RelayedCalls {
    /// Whether an event gets out. When it does not for the first time, with the reason.
    pub(crate) fn judge(
        &mut self,
        event: &StreamEvent,
        policy: &ToolPolicy,
    ) -> Result<(), Option<LeftOut>> {
        let Some(place) = event.output_index() else {
            return Ok(());
        };
        if has(&self.left_out, place) {
            return Err(None);
        }
        let item = match event {
            StreamEvent::OutputItemAdded(event) => event.item.value(),
            StreamEvent::OutputItemDone(event) => event.item.value(),
            _ => None,
        };
        match item {
            Some(item) => self.judge_item(place, item, policy).map_err(Some),
            // Nobody knows whose arguments those are.
            None if is_of_call(event.event_type()) && !has(&self.let_out, place) => Err(None),
            None => Ok(()),
        }
    }

    /// Those of the items that get out, and what else does not.
    pub(crate) fn keep(
        &mut self,
        items: Vec<Item>,
        policy: &ToolPolicy,
    ) -> (Vec<Item>, Vec<LeftOut>) {
        let mut new = Vec::new();
        let places = (0..).zip(items);
        let kept = places.filter(|(place, item)| {
            !has(&self.left_out, *place)
                && self
                    .judge_item(*place, item, policy)
                    .map_err(|left_out| new.push(left_out))
                    .is_ok()
        });
        let kept = kept.map(|(_, item)| item).collect();
        (kept, new)
    }

    /// How many of the places before this one are left out.
    pub(crate) fn left_out_before(&self, place: u64) -> u64 {
        self.left_out.partition_point(|left_out| *left_out < place) as u64
    }

    fn judge_item(&mut self, place: u64, item: &Item, policy: &ToolPolicy) -> Result<(), LeftOut> {
        if !item.is_tool_call() {
            return Ok(());
        }
        // One that was let out is not counted again, but may have become another meanwhile.
        let is_let_out = has(&self.let_out, place);
        let made = match is_let_out {
            true => 0,
            false => self.let_out.len() as u64,
        };
        match policy.permits_item(item, made) {
            Ok(()) => {
                put(&mut self.let_out, place);
                Ok(())
            }
            Err(reason) => {
                // Its place is taken when our client has seen it.
                if !is_let_out {
                    put(&mut self.left_out, place);
                }
                let tool = match item {
                    Item::FunctionCall(call) => call.name.clone(),
                    other => other.type_name().to_owned(),
                };
                Err(LeftOut { tool, reason })
            }
        }
    }
}

/// Such as `response.function_call_arguments.delta` and `response.web_search_call.searching`.
fn is_of_call(event_type: &str) -> bool {
    event_type.contains("_call")
}

fn has(places: &[u64], place: u64) -> bool {
    places.binary_search(&place).is_ok()
}

fn put(places: &mut Vec<u64>, place: u64) {
    if let Err(at) = places.binary_search(&place) {
        places.insert(at, place);
    }
}
