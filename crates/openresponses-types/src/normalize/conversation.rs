//! The conversation as one list, and what only the whole of it can show to be wrong.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::dialects;
use super::normalizer::Normalizer;
use crate::diagnostics::{Excerpt, Leniency, Path, Profile, Violation, ViolationCode, Warning};
use crate::item::Item;
use crate::json::ValueKind;
use crate::wire::Extra;

/// The most violations and warnings that are listed.
const MAX_VIOLATIONS: usize = 64;
const MAX_WARNINGS: usize = 16;

/// Returns true if the request names a conversation that lies elsewhere, as clients of the original
/// service do: its calls are not known here.
pub(super) fn continues_elsewhere(extra: &Extra, profile: Profile) -> bool {
    profile == Profile::Compatible
        && extra
            .get("conversation")
            .is_some_and(|named| named.reader().kind() != ValueKind::Null)
}

/// Returns true if the request names a stored prompt, which may bring tools of its own.
pub(super) fn has_prompt(extra: &Extra, profile: Profile) -> bool {
    profile == Profile::Compatible
        && extra
            .get("prompt")
            .is_some_and(|prompt| prompt.reader().kind() == ValueKind::Object)
}

/// Previous items, then the request's own, references replaced by what they stand for. With
/// `elsewhere` there is more before them that is not known here. Spec: "previous_response_id".
pub(super) fn join(
    normalizer: &Normalizer<'_>,
    input: Vec<Item>,
    elsewhere: bool,
    violations: &mut Vec<Violation>,
    warnings: &mut Vec<Warning>,
) -> Vec<Arc<Item>> {
    let Normalizer {
        profile,
        previous,
        resolve,
        ..
    } = *normalizer;
    let mut items: Vec<Arc<Item>> = Vec::with_capacity(previous.len() + input.len());
    items.extend(previous.iter().map(Arc::clone));
    // Only requests with references pay for the index.
    let mut known = input
        .iter()
        .any(|item| matches!(item, Item::Reference(_)))
        .then(|| {
            previous
                .iter()
                .filter_map(by_id)
                .collect::<BTreeMap<_, _>>()
        });
    let mut unresolved = BTreeMap::new();
    for (index, item) in input.into_iter().enumerate() {
        let Item::Reference(reference) = &item else {
            let item = Arc::new(dialects::item(item));
            if let Some(known) = &mut known {
                known.extend(by_id(&item));
            }
            items.push(item);
            continue;
        };
        let found = known
            .as_ref()
            .and_then(|known| known.get(reference.id.as_str()));
        if let Some(found) = found.map(Arc::clone).or_else(|| resolve(&reference.id)) {
            items.push(found);
            continue;
        }
        let path = Path::default().member("input").index(index);
        if profile == Profile::Strict {
            add(violations, || {
                Violation::new(
                path.member("id"),
                ViolationCode::InvalidValue,
                "ItemReferenceParam.id:resolves",
                "The referenced item was not found. Send the item itself, or continue the response that has it.".into(),
            )
            });
        } else if warnings.len() < MAX_WARNINGS {
            warnings.push(Warning::new(Leniency::UnresolvedItemReference, path));
        }
        items.push(shared(&mut unresolved, dialects::item(item)));
    }
    check_ids(items.get(previous.len()..).unwrap_or_default(), violations);
    if !elsewhere {
        check_outputs(&items, previous.len(), violations);
    }
    items
}

/// No two items of an input have the same id: the second could not be listed or referenced.
/// References repeat an item on purpose, and share it.
fn check_ids(input: &[Arc<Item>], violations: &mut Vec<Violation>) {
    if are_distinct(input.iter().filter_map(|item| item.borrowed_id())) {
        return;
    }
    let mut known = BTreeMap::new();
    for (index, item) in input.iter().enumerate() {
        let Some(id) = item.borrowed_id().filter(|id| !id.is_empty()) else {
            continue;
        };
        let Some((first, before)) = known.insert(id, (index, item)) else {
            continue;
        };
        if Arc::ptr_eq(before, item) || matches!(**item, Item::Reference(_)) {
            continue;
        }
        add(violations, || {
            Violation::new(
                Path::default().member("input").index(index).member("id"),
                ViolationCode::InvalidValue,
                "ItemParam.id:unique",
                format!(
                    "The item at 'input[{first}]' has the id '{}' already. Give each item an id of its own, or leave it out.",
                    Excerpt::new(&item.id().unwrap_or_default())
                ),
            )
        });
    }
}

/// Returns true if no two of `ids` can be equal. Compares a hash of each, so ids that are made to
/// collide cost no more than the comparison that follows.
fn are_distinct<'a>(ids: impl Iterator<Item = Cow<'a, str>>) -> bool {
    let mut hashes: Vec<u64> = ids.map(|id| hash(id.as_bytes())).collect();
    hashes.sort_unstable();
    hashes.windows(2).all(|pair| pair.first() != pair.last())
}

/// Ids differ mostly at their ends, and each step carries what differs into the highest bits.
fn hash(id: &[u8]) -> u64 {
    let (words, rest) = id.as_chunks::<8>();
    let mut last = [0; 8];
    rest.iter()
        .zip(&mut last)
        .for_each(|(byte, place)| *place = *byte);
    let words = words.iter().chain([&last]);
    words.fold(id.len() as u64, |hash, word| {
        (hash ^ u64::from_le_bytes(*word))
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(29)
    })
}

/// Many equal references to one item take no more memory than their places.
fn shared(known: &mut BTreeMap<Box<str>, Arc<Item>>, item: Item) -> Arc<Item> {
    let id = item.id().unwrap_or_default();
    match known.get(&id) {
        Some(same) if **same == item => Arc::clone(same),
        Some(_) => Arc::new(item),
        None => Arc::clone(known.entry(id).or_insert(Arc::new(item))),
    }
}

fn by_id(item: &Arc<Item>) -> Option<(Box<str>, Arc<Item>)> {
    Some((Box::from(&*item.referable_id()?), Arc::clone(item)))
}

/// Each output needs its call before it, unless something opaque may hold the call.
fn check_outputs(items: &[Arc<Item>], input_start: usize, violations: &mut Vec<Violation>) {
    let opaque = items.iter().any(|item| {
        matches!(
            &**item,
            Item::Reference(_) | Item::Compaction(_) | Item::Unknown(_) | Item::Extension(_)
        )
    });
    if opaque {
        return;
    }
    let mut calls: BTreeSet<&str> = BTreeSet::new();
    for (at, item) in items.iter().enumerate() {
        match &**item {
            Item::FunctionCall(call) => {
                calls.insert(&call.call_id);
            }
            Item::FunctionCallOutput(output)
                if at >= input_start && !calls.contains(output.call_id.as_str()) =>
            {
                add(violations, || {
                    Violation::new(
                        Path::default()
                            .member("input")
                            .index(at - input_start)
                            .member("call_id"),
                        ViolationCode::InvalidValue,
                        "FunctionCallOutputItemParam.call_id:has_call",
                        format!(
                            "No function call with call_id '{}' comes before this output. Send the call as well, or continue the response that made it.",
                            Excerpt::new(&output.call_id)
                        ),
                    )
                });
            }
            _ => {}
        }
    }
}

/// Notes a violation, unless there are as many as a report of validation lists.
fn add(violations: &mut Vec<Violation>, violation: impl FnOnce() -> Violation) {
    if violations.len() < MAX_VIOLATIONS {
        violations.push(violation());
    }
}

/// Adds what a report of validation still has room for.
pub(super) fn add_all(violations: &mut Vec<Violation>, found: impl IntoIterator<Item = Violation>) {
    let room = MAX_VIOLATIONS.saturating_sub(violations.len());
    violations.extend(found.into_iter().take(room));
}
