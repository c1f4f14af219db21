//! Unfinished responses, which change once more.

use std::time::{Duration, Instant};

use openresponses_tower::Scope;
use openresponses_tower::store::{
    Claim, Conversation, EventBatch, LoggedEvent, ResponseState, ResponseStore, StoredResponse,
    UpdateCondition,
};
use openresponses_types::response::ResponseStatus;

use super::{check, job, loaded, save_and_load, scope, turn, user};

const LONG: Duration = Duration::from_secs(3600);

fn with_status(record: &StoredResponse, status: ResponseStatus) -> StoredResponse {
    let response = record.response().status(status);
    let input = record.own_items();
    StoredResponse::new(response, &Conversation::default(), input)
}

async fn status<S: ResponseStore>(store: &S, scope: &Scope, id: &str) -> ResponseStatus {
    let found = loaded(store, scope, id).await.response();
    found.status.into_value().unwrap_or(ResponseStatus::Failed)
}

/// An update needs an unfinished response, and its claim where it names one.
///
/// # Panics
/// When it does not.
pub async fn a_finished_response_does_not_change<S: ResponseStore>(store: &S) {
    const CASE: &str = "a_finished_response_does_not_change";
    let scope = scope();
    let (queued, done) = job(&Conversation::default(), "job", LONG);
    let held = UpdateCondition::HeldBy("job");
    let early = check(store.update(&scope, done.clone(), held).await);
    assert!(!early, "{CASE}: nothing is there yet");
    check(store.save(&scope, queued.clone()).await);
    for condition in [UpdateCondition::HeldBy("other"), UpdateCondition::Abandoned] {
        let changed = check(store.update(&scope, done.clone(), condition).await);
        assert!(!changed, "{CASE}: {condition:?}");
    }
    let other = super::scope();
    let changed = check(
        store
            .update(&other, done.clone(), UpdateCondition::Unfinished)
            .await,
    );
    assert!(!changed, "{CASE}: another scope");
    assert_eq!(
        status(store, &scope, queued.id()).await,
        ResponseStatus::Queued,
        "{CASE}"
    );
    let changed = check(store.update(&scope, done.clone(), held).await);
    assert!(changed, "{CASE}: by its job");
    let cancelled = with_status(&queued, ResponseStatus::Cancelled);
    for condition in [
        held,
        UpdateCondition::Unfinished,
        UpdateCondition::Abandoned,
    ] {
        let changed = check(store.update(&scope, cancelled.clone(), condition).await);
        assert!(!changed, "{CASE}: {condition:?} after its end");
    }
    let found = loaded(store, &scope, done.id()).await;
    assert_eq!(found.to_json(), done.to_json(), "{CASE}: the end stays");
}

/// A deleted response does not come back with the end of its job.
///
/// # Panics
/// When it does.
pub async fn a_deleted_response_does_not_come_back<S: ResponseStore>(store: &S) {
    const CASE: &str = "a_deleted_response_does_not_come_back";
    let scope = scope();
    let (queued, done) = job(&Conversation::default(), "job", LONG);
    check(store.save(&scope, queued.clone()).await);
    assert!(
        check(store.delete(&scope, queued.id()).await),
        "{CASE}: was there"
    );
    for condition in [
        UpdateCondition::HeldBy("job"),
        UpdateCondition::Unfinished,
        UpdateCondition::Abandoned,
    ] {
        let changed = check(store.update(&scope, done.clone(), condition).await);
        assert!(!changed, "{CASE}: {condition:?}");
    }
    let renewed = check(
        store
            .renew(&scope, queued.id(), &Claim::new("job", LONG))
            .await,
    );
    assert!(!renewed, "{CASE}: renew");
    assert!(
        check(store.load(&scope, queued.id()).await).is_none(),
        "{CASE}: load"
    );
    for item in done.own_items() {
        let found = super::find(store, &scope, &item.id().unwrap_or_default()).await;
        assert!(found.is_none(), "{CASE}: find_items");
    }
}

/// Of updates at the same time one takes effect.
///
/// # Panics
/// When another number does.
pub async fn one_of_many_updates_ends_a_response<S: ResponseStore>(store: &S) {
    const CASE: &str = "one_of_many_updates_ends_a_response";
    for _ in 0..10 {
        let scope = scope();
        let (queued, done) = job(&Conversation::default(), "job", LONG);
        check(store.save(&scope, queued.clone()).await);
        let cancelled = with_status(&queued, ResponseStatus::Cancelled);
        let failed = with_status(&queued, ResponseStatus::Failed);
        let held = UpdateCondition::HeldBy("job");
        let (completes, cancels, fails) = futures_util::future::join3(
            store.update(&scope, done, held),
            store.update(&scope, cancelled, UpdateCondition::Unfinished),
            store.update(&scope, failed, held),
        )
        .await;
        let ends = [
            (check(completes), ResponseStatus::Completed),
            (check(cancels), ResponseStatus::Cancelled),
            (check(fails), ResponseStatus::Failed),
        ];
        let mut ends = ends.into_iter().filter(|(took_effect, _)| *took_effect);
        let end = ends.next().map(|(_, end)| end);
        assert!(ends.next().is_none(), "{CASE}: several took effect");
        let found = status(store, &scope, queued.id()).await;
        assert_eq!(Some(found), end, "{CASE}");
    }
}

/// A background turn that continues another one keeps its conversation when it ends, even if that
/// one is deleted before.
///
/// # Panics
/// When it does not.
pub async fn an_unfinished_continuation_is_updated<S: ResponseStore>(store: &S) {
    const CASE: &str = "an_unfinished_continuation_is_updated";
    for deletes_before_start in [false, true] {
        let scope = scope();
        let first = turn(&Conversation::default(), vec![user("one")], "1");
        let first = save_and_load(store, &scope, &first).await;
        if deletes_before_start {
            check(store.delete(&scope, first.id()).await);
        }
        let (queued, done) = job(first.conversation(), "job", LONG);
        check(store.save(&scope, queued.clone()).await);
        check(store.delete(&scope, first.id()).await);
        let changed = check(
            store
                .update(&scope, done.clone(), UpdateCondition::HeldBy("job"))
                .await,
        );
        assert!(changed, "{CASE}");
        let found = loaded(store, &scope, done.id()).await;
        assert_eq!(found.to_json(), done.to_json(), "{CASE}");
        let next = turn(found.conversation(), vec![user("next")], "4");
        let found = save_and_load(store, &scope, &next).await;
        assert_eq!(found.to_json(), next.to_json(), "{CASE}: continued");
    }
}

/// A claim holds for its time and can be renewed by its holder. Then others can take over.
///
/// # Panics
/// When it does not.
pub async fn a_claim_is_lost_when_it_is_not_renewed<S: ResponseStore>(store: &S) {
    const CASE: &str = "a_claim_is_lost_when_it_is_not_renewed";
    let short = Duration::from_millis(50);
    let scope = scope();
    let (queued, done) = job(&Conversation::default(), "job", short);
    check(store.save(&scope, queued.clone()).await);
    let renewed = check(
        store
            .renew(&scope, queued.id(), &Claim::new("other", LONG))
            .await,
    );
    assert!(!renewed, "{CASE}: by another job");
    let renewed = check(
        store
            .renew(&scope, queued.id(), &Claim::new("job", LONG))
            .await,
    );
    assert!(renewed, "{CASE}: by its holder");
    tokio::time::sleep(short * 2).await;
    let found = loaded(store, &scope, queued.id()).await;
    assert!(!found.is_abandoned(), "{CASE}: a renewed claim holds");
    let renewed = check(
        store
            .renew(&scope, queued.id(), &Claim::new("job", short))
            .await,
    );
    assert!(renewed, "{CASE}: for a shorter time");
    tokio::time::sleep(short * 2).await;
    let found = loaded(store, &scope, queued.id()).await;
    assert!(found.is_abandoned(), "{CASE}: its time has passed");
    let failed = with_status(&queued, ResponseStatus::Failed);
    let taken = check(
        store
            .update(&scope, failed, UpdateCondition::Abandoned)
            .await,
    );
    assert!(taken, "{CASE}: taken over");
    let changed = check(
        store
            .update(&scope, done, UpdateCondition::HeldBy("job"))
            .await,
    );
    assert!(!changed, "{CASE}: the first holder has lost it");
    let found = status(store, &scope, queued.id()).await;
    assert_eq!(found, ResponseStatus::Failed, "{CASE}");
}

/// Of two that take over one response with the same content, one does, and only that one changes it
/// from then on.
///
/// # Panics
/// When both do.
pub async fn one_of_two_takes_over<S: ResponseStore>(store: &S) {
    const CASE: &str = "one_of_two_takes_over";
    let scope = scope();
    let (queued, _) = job(&Conversation::default(), "job", Duration::from_millis(1));
    check(store.save(&scope, queued.clone()).await);
    tokio::time::sleep(Duration::from_millis(20)).await;
    let begun = with_status(&queued, ResponseStatus::InProgress);
    let mut took = Vec::new();
    for (record, takes) in [(&queued, true), (&begun, false)] {
        for holder in ["one", "two"] {
            let condition = match takes {
                true => UpdateCondition::Abandoned,
                false => UpdateCondition::HeldBy(holder),
            };
            let record = record.clone().claimed(Claim::new(holder, LONG));
            took.push(check(store.update(&scope, record, condition).await));
        }
    }
    assert_eq!(took, [true, false, true, false], "{CASE}");
    check(store.delete_scope(&scope).await);
}

/// What a process works on does not expire, nor do its events, though it takes longer than responses
/// are kept.
///
/// # Panics
/// When it does.
pub async fn what_a_process_works_on_stays<S: ResponseStore>(store: &S, time_to_live: Duration) {
    const CASE: &str = "what_a_process_works_on_stays";
    // Where the machine is so busy that a renewal comes too late, all begins again.
    loop {
        let scope = scope();
        let (queued, done) = job(&Conversation::default(), "job", LONG);
        let id = queued.id().to_owned();
        let begun = Instant::now();
        check(store.save(&scope, queued).await);
        if store.keeps_events() {
            let opened = EventBatch::new(vec![LoggedEvent::new(0, "data: 0\n\n")]).opens(true);
            check(store.append_events(&scope, &id, opened).await);
        }
        let (mut last, mut is_late) = (begun, false);
        while begun.elapsed() < time_to_live * 3 {
            tokio::time::sleep(time_to_live / 4).await;
            let renewed = check(store.renew(&scope, &id, &Claim::new("job", LONG)).await);
            is_late |= last.elapsed() >= time_to_live;
            last = Instant::now();
            assert!(renewed || is_late, "{CASE}: a claim");
        }
        let mut stays = check(store.load(&scope, &id).await).is_some();
        if store.keeps_events() {
            let batch = EventBatch::new(vec![LoggedEvent::new(1, "data: 1\n\n")]);
            stays &= check(store.append_events(&scope, &id, batch).await);
        }
        stays &= check(
            store
                .update(&scope, done, UpdateCondition::HeldBy("job"))
                .await,
        );
        is_late |= last.elapsed() >= time_to_live;
        assert!(stays || is_late, "{CASE}");
        if stays {
            return;
        }
    }
}

/// Responses whose claims have lapsed are found with their scopes, and others are not. For stores
/// that implement [`ResponseStore::find_abandoned`].
///
/// # Panics
/// When it is not so.
pub async fn finds_abandoned_responses<S: ResponseStore>(store: &S) {
    const CASE: &str = "finds_abandoned_responses";
    let short = Duration::from_millis(50);
    let scopes = [
        Scope::new(&format!("{}:\u{1F600}", scope().as_str())),
        scope(),
    ];
    let mut lapsed = Vec::new();
    for scope in &scopes {
        for time in [short, LONG] {
            let (queued, done) = job(&Conversation::default(), "job", time);
            check(store.save(scope, queued.clone()).await);
            if time == short {
                lapsed.push((scope.clone(), queued, done));
            }
        }
    }
    // Those that are never found: one that ends, one that is renewed, one that is deleted.
    let scope = scope();
    let (ends, done) = job(&Conversation::default(), "job", short);
    let (renewed, _) = job(&Conversation::default(), "job", short);
    let (deleted, _) = job(&Conversation::default(), "job", short);
    for record in [&ends, &renewed, &deleted] {
        check(store.save(&scope, record.clone()).await);
    }
    assert!(
        check(
            store
                .update(&scope, done, UpdateCondition::HeldBy("job"))
                .await
        ),
        "{CASE}"
    );
    let longer = Claim::new("job", LONG);
    assert!(
        check(store.renew(&scope, renewed.id(), &longer).await),
        "{CASE}"
    );
    assert!(check(store.delete(&scope, deleted.id()).await), "{CASE}");
    tokio::time::sleep(short * 2).await;
    let found = check(store.find_abandoned(1000).await);
    let ours = |scope: &Scope| scopes.contains(scope);
    assert!(found.iter().all(|found| found.scope != scope), "{CASE}");
    let mut ids: Vec<&str> = found
        .iter()
        .filter(|found| ours(&found.scope))
        .map(|found| &*found.id)
        .collect();
    ids.sort_unstable();
    let mut expected: Vec<&str> = lapsed.iter().map(|(_, queued, _)| queued.id()).collect();
    expected.sort_unstable();
    assert_eq!(ids, expected, "{CASE}");
    let few = check(store.find_abandoned(1).await);
    assert_eq!(few.len(), 1, "{CASE}: a bounded number");
    // One is taken over, the other one ends.
    for (at, (scope, queued, done)) in lapsed.iter().enumerate() {
        let again = queued.clone().claimed(Claim::new("other", LONG));
        let next = if at == 0 { again } else { done.clone() };
        let taken = check(store.update(scope, next, UpdateCondition::Abandoned).await);
        assert!(taken, "{CASE}: taken over");
    }
    let found = check(store.find_abandoned(1000).await);
    assert!(
        found.iter().all(|found| !ours(&found.scope)),
        "{CASE}: then"
    );
    for scope in scopes.iter().chain([&scope]) {
        check(store.delete_scope(scope).await);
    }
}

/// The state of a response is that of its record.
///
/// # Panics
/// When it is not.
pub async fn tells_the_state_of_a_response<S: ResponseStore>(store: &S) {
    const CASE: &str = "tells_the_state_of_a_response";
    let (scope, other) = (scope(), super::scope());
    let none = Conversation::default();
    let (queued, done) = job(&none, "job", Duration::from_secs(30));
    let (lapsed, _) = job(&none, "job", Duration::from_millis(1));
    let unclaimed = turn(&none, vec![user("x")], "y").response();
    let unclaimed = unclaimed.status(ResponseStatus::InProgress);
    let unclaimed = StoredResponse::new(unclaimed, &none, vec![user("x")]);
    for record in [&queued, &lapsed, &unclaimed] {
        check(store.save(&scope, record.clone()).await);
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    let state = async |record: &StoredResponse| check(store.state(&scope, record.id()).await);
    assert_eq!(
        state(&queued).await,
        Some(ResponseState::Unfinished),
        "{CASE}"
    );
    assert_eq!(
        state(&lapsed).await,
        Some(ResponseState::Abandoned),
        "{CASE}"
    );
    assert_eq!(
        state(&unclaimed).await,
        Some(ResponseState::Unfinished),
        "{CASE}"
    );
    let foreign = check(store.state(&other, queued.id()).await);
    assert_eq!(foreign, None, "{CASE}: another scope");
    let held = UpdateCondition::HeldBy("job");
    assert!(
        check(store.update(&scope, done.clone(), held).await),
        "{CASE}"
    );
    assert_eq!(state(&done).await, Some(ResponseState::Finished), "{CASE}");
    for record in [&done, &lapsed, &unclaimed] {
        assert!(check(store.delete(&scope, record.id()).await), "{CASE}");
        assert_eq!(state(record).await, None, "{CASE}: deleted");
    }
}
