//! Content that only its own provider can read: encrypted reasoning and compactions.
//!
//! It leaves as `via:{provider}:{content}` and goes back to that provider only.

use std::sync::Arc;

use openresponses_tower::output::Output;
use openresponses_types::diagnostics::Path;
use openresponses_types::event::EventFamily;
use openresponses_types::sequence::Delta;
use openresponses_types::{Field, Item, StreamEvent};

use super::needs::place;

fn bound(slug: &str, content: &str) -> String {
    format!("via:{slug}:{content}")
}

/// Returns the provider and its content. `None` for content that is not bound.
fn split(content: &str) -> Option<(&str, &str)> {
    content.strip_prefix("via:")?.split_once(':')
}

/// Binds the content of a piece of output to its provider.
pub(crate) fn bind(slug: &str, piece: &mut Output) {
    match piece {
        Output::Delta(delta) => bind_delta(slug, delta),
        Output::Event(event, _) => bind_event(slug, event),
        Output::Frame(frame, options) => {
            let options = *options;
            let may_have_some = frame
                .data()
                .is_ok_and(|data| data.contains("encrypted_content"));
            // Other pieces are unchanged.
            if may_have_some && let Ok(mut event) = frame.to_event() {
                bind_event(slug, &mut event);
                *piece = Output::Event(Box::new(event), options);
            }
        }
        _ => {}
    }
}

fn bind_event(slug: &str, event: &mut StreamEvent) {
    // The responses of other lifecycle events have no output yet.
    let has_items = match event.family() {
        EventFamily::ItemAdded | EventFamily::ItemDone => true,
        EventFamily::Lifecycle(event) => event.is_terminal(),
        EventFamily::PartAdded(_)
        | EventFamily::PartDone(_)
        | EventFamily::TextDelta(_)
        | EventFamily::TextDone(_)
        | EventFamily::AnnotationAdded
        | EventFamily::ArgumentsDelta
        | EventFamily::ArgumentsDone
        | EventFamily::Error
        | EventFamily::Other => false,
    };
    if has_items {
        for item in event.items_mut() {
            bind_item(slug, item);
        }
    }
}

fn bind_delta(slug: &str, delta: &mut Delta) {
    match delta {
        Delta::EncryptedReasoning(content) => *content = bound(slug, content),
        Delta::Item(item) => bind_item(slug, item),
        _ => {}
    }
}

pub(crate) fn bind_item(slug: &str, item: &mut Item) {
    match item {
        Item::Reasoning(reasoning) => {
            if let Some(content) = reasoning.encrypted_content.value_mut() {
                *content = bound(slug, content);
            }
        }
        Item::Compaction(compaction) => {
            compaction.encrypted_content = bound(slug, &compaction.encrypted_content);
        }
        _ => {}
    }
}

/// Returns the providers of the compactions in a conversation with the path of the first of each,
/// since no other provider can read what they replace. At most two are returned, which no provider
/// satisfies.
pub(crate) fn bound_compaction(items: &[Arc<Item>], input_start: usize) -> Vec<(String, Path)> {
    let mut all: Vec<(String, Path)> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        if all.len() == 2 {
            break;
        }
        if let Item::Compaction(compaction) = &**item
            && let Some((slug, _)) = split(&compaction.encrypted_content)
            && !all.iter().any(|(known, _)| known == slug)
        {
            let path = place(input_start, at, "encrypted_content", None);
            all.push((slug.to_owned(), path));
        }
    }
    all
}

/// Restores the provider's own content and removes that of other providers. Returns the number of
/// items with removed content.
pub(crate) fn unbind(slug: &str, items: &mut Vec<Arc<Item>>, input_start: &mut usize) -> usize {
    let (mut at, mut foreign, mut gone_before) = (0, 0, 0);
    let start = *input_start;
    items.retain_mut(|item| {
        let index = at;
        at += 1;
        let stays = unbind_item(slug, item, &mut foreign);
        gone_before += usize::from(!stays && index < start);
        stays
    });
    *input_start = start - gone_before;
    foreign
}

/// Returns false for a reasoning item without content.
fn unbind_item(slug: &str, item: &mut Arc<Item>, foreign: &mut usize) -> bool {
    let found = match &**item {
        Item::Reasoning(reasoning) => reasoning.encrypted_content.as_str().and_then(split),
        Item::Compaction(compaction) => split(&compaction.encrypted_content),
        _ => None,
    };
    let Some((maker, content)) = found else {
        return true;
    };
    let own = (maker == slug).then(|| content.to_owned());
    match (Arc::make_mut(item), own) {
        (Item::Reasoning(reasoning), Some(own)) => reasoning.encrypted_content = own.into(),
        (Item::Compaction(compaction), Some(own)) => compaction.encrypted_content = own,
        (Item::Reasoning(reasoning), None) => {
            *foreign += 1;
            reasoning.encrypted_content = Field::Absent;
            let says = |field: &Field<Vec<_>>| field.value().is_some_and(|parts| !parts.is_empty());
            return says(&reasoning.summary) || says(&reasoning.content);
        }
        _ => {}
    }
    true
}
