#![no_main]

use libfuzzer_sys::fuzz_target;
use openresponses_tower::store::StoredResponse;
use openresponses_types::{Item, Response};

// The lines are what a store has kept of a record: its head, its items, and the items of earlier
// turns. Nothing panics, and what is read is written and read again as the same record.
fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut lines = text.split('\n');
    let (head, items) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let earlier: Vec<&str> = lines.collect();
    let parent = (!earlier.is_empty()).then_some("resp_0");
    let read = |head: &str, items: &str| {
        StoredResponse::from_parts("resp_0", parent, earlier.iter().copied(), head, items)
    };
    let Ok(record) = read(head, items) else { return };
    let parts = record.parts();
    assert!(parts.index.is_sorted_by(|one, next| one.id < next.id));
    for place in &parts.index {
        let item = Item::from_json(&parts.items.as_bytes()[place.start..place.end]);
        assert_eq!(item.expect("a place of an item").id().as_deref(), Some(&*place.id));
    }
    let again = read(&parts.head, &parts.items).expect("what was written");
    assert_eq!(again.parts(), parts);
    assert_eq!(again.to_json(), record.to_json());
    assert_eq!(again.response(), record.response());
    let whole = record.detached().parts();
    let whole = StoredResponse::from_parts(record.id(), None, [], &whole.head, &whole.items);
    assert_eq!(whole.expect("what was written").to_json(), record.to_json());
    let next = Response::new("resp_2", "m", 0);
    let next = StoredResponse::new(next, record.conversation(), record.input_items());
    let _ = next.parts();
});
