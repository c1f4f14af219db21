//! Ids of ours for an upstream's items.

use std::collections::HashMap;
use std::sync::Arc;

use openresponses_types::sequence::Sequencer;
use openresponses_types::{Item, StreamEvent};

/// The ids that our client knows, by those of the upstream.
#[derive(Debug, Default)]
pub(crate) struct OwnIds(HashMap<Box<str>, Arc<str>>);

impl OwnIds {
    /// The event about the same item, under our id.
    pub(crate) fn event(&mut self, event: StreamEvent, sequencer: &mut Sequencer) -> StreamEvent {
        let Some(theirs) = event.item_id() else {
            return event;
        };
        let ours = match &event {
            StreamEvent::OutputItemAdded(event) => event.item.value(),
            StreamEvent::OutputItemDone(event) => event.item.value(),
            _ => None,
        };
        let ours = match ours {
            Some(item) => self.id(&theirs, item, sequencer),
            // An item that nobody added has no id of ours.
            None => match self.0.get(&*theirs) {
                Some(ours) => Arc::clone(ours),
                None => return event,
            },
        };
        event.with_item_id(&ours)
    }

    /// The same item under our id.
    pub(crate) fn item(&mut self, item: Item, sequencer: &mut Sequencer) -> Item {
        let Some(theirs) = item.id() else {
            return item;
        };
        let ours = self.id(&theirs, &item, sequencer);
        item.with_id(&ours)
    }

    fn id(&mut self, theirs: &str, item: &Item, sequencer: &mut Sequencer) -> Arc<str> {
        match self.0.get(theirs) {
            Some(ours) => Arc::clone(ours),
            None => {
                let ours = sequencer.new_item_id(item);
                self.0.insert(theirs.into(), Arc::clone(&ours));
                ours
            }
        }
    }
}
