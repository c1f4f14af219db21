//! Conversations of several turns.

use openresponses_tower::store::{Conversation, ResponseStore};

use super::{check, find, loaded, save_and_load, scope, text_of, turn, user};

/// Deleting one turn leaves the other turns of a conversation complete.
///
/// # Panics
/// When it does not.
pub async fn each_turn_stands_alone<S: ResponseStore>(store: &S) {
    let scope = scope();
    let first = turn(&Conversation::default(), vec![user("one")], "1");
    let first = save_and_load(store, &scope, &first).await;
    let second = turn(first.conversation(), vec![user("two")], "2");
    check(store.save(&scope, second.clone()).await);
    check(store.delete(&scope, first.id()).await);
    let again = loaded(store, &scope, second.id()).await;
    assert_eq!(again.to_json(), second.to_json(), "each_turn_stands_alone");
    let of_first = first.own_items();
    for item in &of_first {
        let found = find(store, &scope, &item.id().unwrap_or_default()).await;
        assert!(
            found.is_none(),
            "each_turn_stands_alone: an item of the deleted turn"
        );
    }
    let third = turn(again.conversation(), vec![user("three")], "3");
    check(store.save(&scope, third.clone()).await);
    check(store.delete(&scope, second.id()).await);
    let again = loaded(store, &scope, third.id()).await;
    assert_eq!(
        again.to_json(),
        third.to_json(),
        "each_turn_stands_alone: the third"
    );
}

/// A hundred turns each continue the previous one as loaded.
///
/// # Panics
/// When an item is lost or out of order.
pub async fn keeps_a_long_conversation<S: ResponseStore>(store: &S) {
    let scope = scope();
    let mut conversation = Conversation::default();
    for number in 0..100 {
        let text = number.to_string();
        let record = turn(&conversation, vec![user(&text)], &text);
        let record = save_and_load(store, &scope, &record).await;
        conversation = record.conversation().clone();
    }
    let texts: Vec<String> = conversation
        .items()
        .iter()
        .map(|item| text_of(item))
        .collect();
    let expected: Vec<String> = (0..100)
        .flat_map(|number| [number.to_string(), number.to_string()])
        .collect();
    assert_eq!(texts, expected, "keeps_a_long_conversation");
}

/// Several turns continue one, and each keeps its own branch when others are deleted.
///
/// # Panics
/// When one does not.
pub async fn keeps_branches<S: ResponseStore>(store: &S) {
    let scope = scope();
    let root = turn(&Conversation::default(), vec![user("root")], "0");
    let root = save_and_load(store, &scope, &root).await;
    let mut ends = Vec::new();
    for branch in 0..4 {
        let mut conversation = root.conversation().clone();
        for depth in 0..3 {
            let text = format!("{branch}.{depth}");
            let record = turn(&conversation, vec![user(&text)], &text);
            let again = save_and_load(store, &scope, &record).await;
            assert_eq!(again.to_json(), record.to_json(), "keeps_branches: {text}");
            conversation = again.conversation().clone();
            if depth == 1 {
                check(store.delete(&scope, record.id()).await);
            } else if depth == 2 {
                ends.push(record);
            }
        }
    }
    check(store.delete(&scope, root.id()).await);
    while let Some(end) = ends.pop() {
        check(store.delete(&scope, end.id()).await);
        for end in &ends {
            let again = loaded(store, &scope, end.id()).await;
            assert_eq!(
                again.to_json(),
                end.to_json(),
                "keeps_branches: after a deletion"
            );
        }
    }
}

/// A turn whose predecessor is deleted while it runs is saved with its whole conversation.
///
/// # Panics
/// When it is not.
pub async fn continues_what_is_being_deleted<S: ResponseStore>(store: &S) {
    let scope = scope();
    let first = turn(&Conversation::default(), vec![user("one")], "1");
    let first = save_and_load(store, &scope, &first).await;
    let second = turn(first.conversation(), vec![user("two")], "2");
    let second = save_and_load(store, &scope, &second).await;
    check(store.delete(&scope, first.id()).await);
    check(store.delete(&scope, second.id()).await);
    let third = turn(second.conversation(), vec![user("three")], "3");
    let again = save_and_load(store, &scope, &third).await;
    assert_eq!(
        again.to_json(),
        third.to_json(),
        "continues_what_is_being_deleted"
    );
    // With what is known of the time before.
    let fourth = turn(third.saved().conversation(), vec![user("four")], "4");
    let again = save_and_load(store, &scope, &fourth).await;
    assert_eq!(
        again.to_json(),
        fourth.to_json(),
        "continues_what_is_being_deleted: then"
    );
    let ancestor = again.ancestor().map(|ancestor| ancestor.id().to_owned());
    assert_eq!(
        ancestor.as_deref(),
        Some(third.id()),
        "continues_what_is_being_deleted: linked"
    );
}

/// Turns that were not saved are part of what continues them.
///
/// # Panics
/// When they are not.
pub async fn continues_beyond_unsaved_turns<S: ResponseStore>(store: &S) {
    let scope = scope();
    let first = turn(&Conversation::default(), vec![user("one")], "1");
    let first = save_and_load(store, &scope, &first).await;
    let unsaved = turn(first.conversation(), vec![user("two")], "2");
    let third = turn(unsaved.conversation(), vec![user("three")], "3");
    let again = save_and_load(store, &scope, &third).await;
    assert_eq!(
        again.to_json(),
        third.to_json(),
        "continues_beyond_unsaved_turns"
    );
    for item in unsaved.own_items() {
        let found = find(store, &scope, &item.id().unwrap_or_default()).await;
        assert!(
            found.is_none(),
            "continues_beyond_unsaved_turns: find_items"
        );
    }
}
