use openresponses_tower::store::{Conversation, ResponseStore};

use super::{check, fail, save_and_load, scope, turn, user};

/// Items that are referred to are at most as much together as one response may be, for a store that
/// keeps responses of up to `limit` bytes. What is beyond it is refused, before it is read.
///
/// # Panics
/// When it is not.
pub async fn referred_items_have_a_limit<S: ResponseStore>(store: &S, limit: usize) {
    const CASE: &str = "referred_items_have_a_limit";
    let scope = scope();
    let text = "x".repeat(limit / 5);
    let mut ids = Vec::new();
    for _ in 0..6 {
        let item = user(&text);
        ids.extend(item.id().map(String::from));
        save_and_load(
            store,
            &scope,
            &turn(&Conversation::default(), vec![item], "x"),
        )
        .await;
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let few = check(store.find_items(&scope, &ids[..4]).await);
    assert!(few.iter().all(Option::is_some), "{CASE}: within the limit");
    match store.find_items(&scope, &ids).await {
        Err(error) if error.is_too_large() => {}
        Err(error) => fail(CASE, &format!("another error: {error:?}")),
        Ok(_) => fail(CASE, "more than the limit"),
    }
}
