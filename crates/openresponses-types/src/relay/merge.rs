//! Finished items: the comparison with what was streamed, and the item that both make.

use alloc::string::String;
use alloc::vec::Vec;

use super::push::Relay;
use crate::content::{Annotation, Content, ContentPart};
use crate::event::{ItemKind, PartList};
use crate::item::{Item, ItemStatus};
use crate::sequence::Sequencer;
use crate::stream_output::{annotation_count, annotations, contents, contents_mut, short_text};

impl Relay {
    /// Compares an item that is closed with what the upstream says of it once more.
    pub(super) fn compare_finished(&mut self, at: usize, item: &Item, client: &mut Sequencer) {
        let Some(ours) = client.events.item(at) else {
            return;
        };
        if ours.item.type_name() != item.type_name() {
            if has_text(item) {
                self.lose();
            }
            return;
        }
        match (item, &ours.item) {
            (Item::FunctionCall(theirs), Item::FunctionCall(ours)) => {
                self.compare_arguments(&ours.arguments, &theirs.arguments, client);
            }
            (Item::FunctionCallOutput(theirs), Item::FunctionCallOutput(ours)) => {
                let whole: String = theirs.output.texts().collect();
                self.compare_all(&ours.output, &whole, client);
            }
            (theirs, Item::Message(ours)) => {
                if let Some(whole) = short_text(theirs) {
                    self.compare_all(&ours.content, whole, client);
                }
            }
            _ => {}
        }
        for list in [PartList::Content, PartList::Summary] {
            for (part, content) in contents(item, list).iter().enumerate() {
                self.compare_text(at, list, part, content.text(), client);
            }
        }
    }

    /// Compares the texts of an item, as one, with what the upstream says they are.
    fn compare_all(&mut self, ours: &Content, whole: &str, client: &Sequencer) {
        if self.may_compare(ours.texts().map(str::len).sum(), client) {
            self.compare(&ours.texts().collect::<String>(), whole, client);
        }
    }

    /// The item as the upstream has it, with what the client has of it.
    pub(super) fn merged(&self, at: usize, item: &Item, client: &Sequencer) -> Item {
        let Some(streamed) = client.events.item(at) else {
            return item.clone();
        };
        let ours = &streamed.item;
        if ours.type_name() != item.type_name() {
            return ours.clone().with_status(ItemStatus::Completed);
        }
        let mut done = item.clone();
        match (&mut done, ours) {
            (Item::Message(done), Item::Message(ours)) => {
                done.role = ours.role.clone();
                // The client has the parts.
                if short_text(item).is_some() {
                    done.content = ours.content.clone();
                }
            }
            (Item::FunctionCall(done), Item::FunctionCall(ours)) => {
                // What was not known yet was announced empty.
                if !ours.name.is_empty() {
                    done.name.clone_from(&ours.name);
                }
                if !ours.call_id.is_empty() {
                    done.call_id.clone_from(&ours.call_id);
                }
                done.arguments.clone_from(&ours.arguments);
            }
            (Item::FunctionCallOutput(done), Item::FunctionCallOutput(ours)) => {
                done.call_id.clone_from(&ours.call_id);
                if streamed.done {
                    done.output = ours.output.clone();
                }
            }
            _ => {}
        }
        for list in [PartList::Content, PartList::Summary] {
            if ItemKind::of(&done).has(list) {
                merge_parts(&mut done, list, streamed.contents(list), |part| {
                    streamed
                        .part(list, part)
                        .map_or(0, |(part, _)| part.annotations)
                });
            }
        }
        done.with_id(&streamed.id)
    }
}

/// Puts the streamed texts into the finished item's parts.
fn merge_parts(
    done: &mut Item,
    list: PartList,
    ours: &[ContentPart],
    annotated: impl Fn(usize) -> u64,
) {
    if ours.is_empty() && contents(done, list).is_empty() {
        return;
    }
    let Some(theirs) = contents_mut(done, list) else {
        return;
    };
    let merged = ours.iter().enumerate().map(|(index, ours)| {
        let theirs = theirs.get(index);
        let same = theirs.filter(|theirs| {
            theirs.type_name() == ours.type_name()
                && theirs.text() == ours.text()
                && same_annotations(theirs, ours, annotated(index))
        });
        same.unwrap_or(ours).clone()
    });
    *theirs = merged.collect();
}

/// Returns true unless annotations were streamed and the finished part has others.
fn same_annotations(theirs: &ContentPart, ours: &ContentPart, streamed: u64) -> bool {
    streamed == 0 || annotation_count(theirs) == annotation_count(ours)
}

/// Returns the annotations of a finished part that were not streamed, where others were. `None` where the
/// finished part contradicts what was streamed.
pub(super) fn missing_annotations(
    theirs: &ContentPart,
    ours: &ContentPart,
    streamed: u64,
) -> Option<Vec<Annotation>> {
    if same_annotations(theirs, ours, streamed) {
        return Some(Vec::new());
    }
    let rest = annotations(theirs).strip_prefix(annotations(ours))?;
    Some(rest.to_vec())
}

pub(super) fn has_text(item: &Item) -> bool {
    let parts = |list| {
        contents(item, list)
            .iter()
            .any(|part| part.text().is_some_and(|text| !text.is_empty()))
    };
    parts(PartList::Content)
        || parts(PartList::Summary)
        || matches!(item, Item::FunctionCall(call) if !call.arguments.is_empty())
}
