//! Every single fault that a stream can have, and random heaps of them.

use openresponses_types::{Fold, Item, StreamEvent};
use serde_json::{Value, json};

/// One fault.
#[derive(Clone, Debug, PartialEq)]
pub enum Mutation {
    Drop(usize),
    Duplicate(usize),
    /// With the event behind it.
    Swap(usize),
    Renumber(usize, u64),
    /// The value at this JSON pointer: a letter appended, or one added.
    Edit(usize, String),
}

/// All single faults of a stream.
pub fn mutations(events: &[StreamEvent]) -> Vec<Mutation> {
    let mut all = Vec::new();
    for (at, event) in events.iter().enumerate() {
        all.push(Mutation::Drop(at));
        all.push(Mutation::Duplicate(at));
        if at + 1 < events.len() {
            all.push(Mutation::Swap(at));
        }
        all.push(Mutation::Renumber(at, at as u64 + 1));
        all.push(Mutation::Renumber(at, 1000));
        if at > 0 {
            all.push(Mutation::Renumber(at, 0));
        }
        let pointers = edits(event);
        all.extend(
            pointers
                .into_iter()
                .map(|pointer| Mutation::Edit(at, pointer)),
        );
    }
    all
}

/// Applies a fault; the numbers stay as they were, wherever they end up.
pub fn mutate(events: &mut Vec<StreamEvent>, mutation: &Mutation) {
    let last = events.len().saturating_sub(1);
    match mutation {
        Mutation::Drop(at) if *at <= last && !events.is_empty() => drop(events.remove(*at)),
        Mutation::Duplicate(at) if *at <= last && !events.is_empty() => {
            events.insert(*at, events[*at].clone());
        }
        Mutation::Swap(at) if *at < last => events.swap(*at, at + 1),
        Mutation::Renumber(at, number) if *at <= last && !events.is_empty() => {
            events[*at] = events[*at].clone().with_sequence_number(*number);
        }
        Mutation::Edit(at, pointer) if *at <= last && !events.is_empty() => {
            let mut json: Value = serde_json::from_str(&events[*at].to_json()).unwrap();
            if let Some(value) = json.pointer_mut(pointer) {
                *value = match &*value {
                    Value::String(text) => json!(format!("{text}x")),
                    number => json!(number.as_u64().unwrap() + 1),
                };
            }
            events[*at] = StreamEvent::from_json(json.to_string().as_bytes()).unwrap();
        }
        _ => {}
    }
}

/// Numbers the events anew, as a server does that does not notice its fault.
pub fn renumber(events: Vec<StreamEvent>) -> Vec<StreamEvent> {
    let numbered = events.into_iter().enumerate();
    numbered
        .map(|(number, event)| event.with_sequence_number(number as u64))
        .collect()
}

/// The places of an event's texts, indices and ids.
fn edits(event: &StreamEvent) -> Vec<String> {
    const EDITED: &[&str] = &[
        "id",
        "item_id",
        "call_id",
        "name",
        "output_index",
        "content_index",
        "summary_index",
        "annotation_index",
        "delta",
        "text",
        "refusal",
        "arguments",
        "created_at",
        "output",
        "role",
    ];
    // The content of an implementer's event is not checked.
    if matches!(event, StreamEvent::Extension(_) | StreamEvent::Unknown(_)) {
        return Vec::new();
    }
    let json: Value = serde_json::from_str(&event.to_json()).unwrap();
    let mut found = Vec::new();
    collect(&json, &mut String::new(), EDITED, &mut found);
    // Echoed members of the request are not part of the stream's rules.
    found.retain(|pointer| {
        !pointer.starts_with("/response/")
            || pointer.starts_with("/response/output/")
            || pointer == "/response/id"
            || pointer == "/response/created_at"
    });
    found
}

fn collect(value: &Value, path: &mut String, names: &[&str], found: &mut Vec<String>) {
    let mut below = |step: &str, value: &Value, named: bool| {
        let length = path.len();
        path.push('/');
        path.push_str(step);
        match value {
            Value::String(_) | Value::Number(_) if named => found.push(path.clone()),
            value => collect(value, path, names, found),
        }
        path.truncate(length);
    };
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                below(name, value, names.contains(&name.as_str()));
            }
        }
        Value::Array(elements) => {
            for (index, value) in elements.iter().enumerate() {
                below(&index.to_string(), value, false);
            }
        }
        _ => {}
    }
}

/// What a client makes of a stream: its items and its response, without what is merely beside the
/// text.
pub fn outcome(events: &[StreamEvent]) -> (Vec<Value>, Option<Value>) {
    let mut fold = Fold::new();
    for event in events {
        fold.push(event);
    }
    let items = fold.output().iter().map(plain).collect();
    let response = fold.finish().ok();
    (
        items,
        response.map(|response| serde_json::from_str(&response.to_json()).unwrap()),
    )
}

fn plain(item: &Item) -> Value {
    let mut item: Value = serde_json::from_str(&item.to_json()).unwrap();
    if let Some(parts) = item.get_mut("content").and_then(Value::as_array_mut) {
        for part in parts {
            let part = part.as_object_mut().unwrap();
            part.remove("logprobs");
            part.remove("annotations");
        }
    }
    item
}
