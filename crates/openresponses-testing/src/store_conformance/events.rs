//! Logs of events.

use std::time::{Duration, Instant};

use openresponses_tower::ids::RandomIds;
use openresponses_tower::store::{EventBatch, EventPage, LoggedEvent, ResponseStore, first_number};
use openresponses_types::sequence::{IdGenerator, IdKind};

use super::{check, fail, scope, turn, user};

fn batch(numbers: std::ops::Range<u64>) -> EventBatch {
    let event = |number| LoggedEvent::new(number, format!("event: x\ndata: {number}\n\n"));
    EventBatch::new(numbers.map(event).collect())
}

/// Reads everything after a position.
async fn read<S: ResponseStore>(
    store: &S,
    scope: &openresponses_tower::Scope,
    id: &str,
    mut after: Option<u64>,
) -> (Vec<u64>, bool) {
    let mut numbers = Vec::new();
    loop {
        match check(store.read_events(scope, id, after, Duration::ZERO).await) {
            EventPage::Events { events, ended } => {
                for event in &events {
                    let expected = format!("event: x\ndata: {}\n\n", event.number);
                    assert_eq!(event.frame, expected, "the frame of an event");
                    numbers.push(event.number);
                    after = Some(event.number);
                }
                if ended || events.is_empty() {
                    return (numbers, ended);
                }
            }
            page => fail("events", &format!("{page:?}")),
        }
    }
}

/// Events are read from any position, in order, each once.
///
/// # Panics
/// When they are not.
pub async fn keeps_events_in_order<S: ResponseStore>(store: &S) {
    const CASE: &str = "keeps_events_in_order";
    let (scope, other) = (scope(), super::scope());
    let id = RandomIds.id(IdKind::Response);
    let missing = check(store.read_events(&scope, &id, None, Duration::ZERO).await);
    assert_eq!(missing, EventPage::Missing, "{CASE}: before it is opened");
    let appended = check(store.append_events(&scope, &id, batch(0..3)).await);
    assert!(!appended, "{CASE}: before it is opened");
    assert!(
        check(
            store
                .append_events(&scope, &id, batch(0..3).opens(true))
                .await
        ),
        "{CASE}"
    );
    assert!(
        check(store.append_events(&scope, &id, batch(3..1500)).await),
        "{CASE}"
    );
    // A write that is repeated, because its reply was lost.
    assert!(
        check(store.append_events(&scope, &id, batch(1400..1501)).await),
        "{CASE}"
    );
    assert_eq!(
        read(store, &scope, &id, None).await,
        ((0..1501).collect(), false),
        "{CASE}"
    );
    assert_eq!(
        read(store, &scope, &id, Some(1499)).await,
        (vec![1500], false),
        "{CASE}"
    );
    assert_eq!(
        read(store, &scope, &id, Some(1500)).await,
        (vec![], false),
        "{CASE}"
    );
    assert!(
        check(
            store
                .append_events(&scope, &id, batch(1501..1502).ends(true))
                .await
        ),
        "{CASE}"
    );
    assert_eq!(
        read(store, &scope, &id, Some(1500)).await,
        (vec![1501], true),
        "{CASE}"
    );
    assert_eq!(
        read(store, &scope, &id, Some(1501)).await,
        (vec![], true),
        "{CASE}"
    );
    assert_eq!(
        read(store, &scope, &id, Some(9999)).await,
        (vec![], true),
        "{CASE}: beyond"
    );
    let foreign = check(store.read_events(&other, &id, None, Duration::ZERO).await);
    assert_eq!(foreign, EventPage::Missing, "{CASE}: another scope");
}

/// A reader gets events that come while it waits.
///
/// # Panics
/// When it does not.
pub async fn follows_a_log<S: ResponseStore>(store: &S) {
    const CASE: &str = "follows_a_log";
    let scope = scope();
    let id = RandomIds.id(IdKind::Response);
    check(
        store
            .append_events(&scope, &id, batch(0..1).opens(true))
            .await,
    );
    let long = Duration::from_secs(3600);
    let append = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        check(store.append_events(&scope, &id, batch(1..2)).await)
    };
    let wait = store.read_events(&scope, &id, Some(0), long);
    let (page, _) = futures_util::future::join(wait, append).await;
    match check(page) {
        EventPage::Events { events, ended } => {
            assert_eq!((events.len(), ended), (1, false), "{CASE}");
        }
        page => fail(CASE, &format!("{page:?}")),
    }
    let end = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        check(
            store
                .append_events(&scope, &id, batch(0..0).ends(true))
                .await,
        )
    };
    let wait = store.read_events(&scope, &id, Some(1), long);
    let (page, _) = futures_util::future::join(wait, end).await;
    let ended = EventPage::Events {
        events: Vec::new(),
        ended: true,
    };
    assert_eq!(check(page), ended, "{CASE}: the end");
}

/// The log goes with its response, and is not written any more.
///
/// # Panics
/// When it is not so.
pub async fn a_deleted_log_does_not_come_back<S: ResponseStore>(store: &S) {
    const CASE: &str = "a_deleted_log_does_not_come_back";
    let scope = scope();
    let saved = turn(
        &openresponses_tower::store::Conversation::default(),
        vec![user("a")],
        "b",
    );
    check(store.save(&scope, saved.clone()).await);
    check(
        store
            .append_events(&scope, saved.id(), batch(0..2).opens(true))
            .await,
    );
    check(store.delete(&scope, saved.id()).await);
    let appended = check(store.append_events(&scope, saved.id(), batch(2..3)).await);
    assert!(!appended, "{CASE}: append");
    let page = check(
        store
            .read_events(&scope, saved.id(), None, Duration::ZERO)
            .await,
    );
    assert_eq!(page, EventPage::Missing, "{CASE}: read");
}

/// A later attempt replaces the log of an earlier one, which can be written no more, and positions of
/// the earlier one are distinguished from those that are gone.
///
/// # Panics
/// When it is not so.
pub async fn a_later_attempt_restarts_a_log<S: ResponseStore>(store: &S) {
    const CASE: &str = "a_later_attempt_restarts_a_log";
    let scope = scope();
    let id = RandomIds.id(IdKind::Response);
    let append = async |batch: EventBatch| check(store.append_events(&scope, &id, batch).await);
    assert!(append(batch(0..5).opens(true)).await, "{CASE}");
    let first = first_number(2);
    let second = |numbers: std::ops::Range<u64>| {
        batch(first + numbers.start..first + numbers.end).attempt(2)
    };
    assert!(!append(second(0..1)).await, "{CASE}: before it is opened");
    assert!(append(second(0..0).opens(true)).await, "{CASE}: open");
    assert!(append(second(0..0).opens(true)).await, "{CASE}: again");
    let read_from =
        async |after| check(store.read_events(&scope, &id, after, Duration::ZERO).await);
    for after in [0, 4, 9] {
        assert_eq!(
            read_from(Some(after)).await,
            EventPage::Restarted,
            "{CASE}: {after}"
        );
    }
    let empty = (Vec::new(), false);
    assert_eq!(read(store, &scope, &id, None).await, empty, "{CASE}: empty");
    for late in [batch(5..6), batch(0..0).ends(true), batch(0..1).opens(true)] {
        assert!(!append(late).await, "{CASE}: the earlier attempt");
    }
    assert!(append(second(0..3)).await, "{CASE}: write");
    let all = read(store, &scope, &id, None).await;
    assert_eq!(all, ((first..first + 3).collect(), false), "{CASE}: read");
    let rest = read(store, &scope, &id, Some(first + 1)).await;
    assert_eq!(rest, (vec![first + 2], false), "{CASE}: resume");
    assert!(append(second(3..4).ends(true)).await, "{CASE}: end");
    let rest = read(store, &scope, &id, Some(first + 2)).await;
    assert_eq!(rest, (vec![first + 3], true), "{CASE}: the end");
    assert_eq!(
        read_from(Some(4)).await,
        EventPage::Restarted,
        "{CASE}: then"
    );
}

/// An ended log takes no further events, such as those of a job that does not know yet that its
/// response was cancelled. Repeating its last write has no effect.
///
/// # Panics
/// When it is not so.
pub async fn an_ended_log_does_not_change<S: ResponseStore>(store: &S) {
    const CASE: &str = "an_ended_log_does_not_change";
    let scope = scope();
    let id = RandomIds.id(IdKind::Response);
    let append = async |batch: EventBatch| check(store.append_events(&scope, &id, batch).await);
    assert!(append(batch(0..3).opens(true)).await, "{CASE}: open");
    for _ in 0..2 {
        assert!(append(batch(2..4).ends(true)).await, "{CASE}: end");
    }
    for late in [batch(4..6), batch(3..5), batch(4..5).ends(true)] {
        assert!(!append(late).await, "{CASE}: then");
    }
    let all = read(store, &scope, &id, None).await;
    assert_eq!(all, ((0..4).collect(), true), "{CASE}: read");
    let rest = read(store, &scope, &id, Some(3)).await;
    assert_eq!(rest, (vec![], true), "{CASE}: resume");
    // A later attempt has a log of its own.
    let first = first_number(2);
    let later = batch(first..first + 1).attempt(2).opens(true);
    assert!(append(later).await, "{CASE}: a later attempt");
    let all = read(store, &scope, &id, None).await;
    assert_eq!(all, (vec![first], false), "{CASE}: a later attempt");
}

/// A log that has expired is like one that was never there, also before it is removed.
///
/// # Panics
/// When it is not so.
pub async fn an_expired_log_can_be_opened<S: ResponseStore>(store: &S, time_to_live: Duration) {
    const CASE: &str = "an_expired_log_can_be_opened";
    let scope = scope();
    let id = RandomIds.id(IdKind::Response);
    let opens = batch(0..3).opens(true).ends(true);
    assert!(
        check(store.append_events(&scope, &id, opens).await),
        "{CASE}: open"
    );
    for attempt in [2, 2, 1] {
        tokio::time::sleep(time_to_live * 2).await;
        let first = first_number(attempt);
        // On a busy machine it may expire before it is read.
        loop {
            let begun = Instant::now();
            let opens = batch(first..first + 1).attempt(attempt).opens(true);
            let opened = check(store.append_events(&scope, &id, opens).await);
            assert!(opened, "{CASE}: open attempt {attempt}");
            let page = check(store.read_events(&scope, &id, None, Duration::ZERO).await);
            match page {
                EventPage::Events { events, ended } => {
                    let numbers: Vec<u64> = events.iter().map(|event| event.number).collect();
                    assert_eq!((numbers, ended), (vec![first], false), "{CASE}: {attempt}");
                    break;
                }
                EventPage::Missing if begun.elapsed() >= time_to_live => {}
                page => fail(CASE, &format!("{page:?}")),
            }
        }
    }
}

/// The log of a response that is not stored, or not yet, is removed with its scope.
///
/// # Panics
/// When it is not.
pub async fn a_log_without_a_response_goes_with_its_scope<S: ResponseStore>(store: &S) {
    const CASE: &str = "a_log_without_a_response_goes_with_its_scope";
    let (scope, other) = (scope(), super::scope());
    let id = RandomIds.id(IdKind::Response);
    for scope in [&scope, &other] {
        let opens = batch(0..2).opens(true);
        assert!(
            check(store.append_events(scope, &id, opens).await),
            "{CASE}"
        );
    }
    assert_eq!(
        check(store.delete_scope(&scope).await),
        0,
        "{CASE}: responses"
    );
    let page = check(store.read_events(&scope, &id, None, Duration::ZERO).await);
    assert_eq!(page, EventPage::Missing, "{CASE}: read");
    let appended = check(store.append_events(&scope, &id, batch(2..3)).await);
    assert!(!appended, "{CASE}: append");
    let kept = read(store, &other, &id, None).await;
    assert_eq!(kept, (vec![0, 1], false), "{CASE}: another scope");
}

/// A write may want a shorter time for its log than the store has, until the next one.
///
/// # Panics
/// When it is not so.
pub async fn a_log_is_kept_as_long_as_its_last_write_wants<S: ResponseStore>(store: &S) {
    const CASE: &str = "a_log_is_kept_as_long_as_its_last_write_wants";
    let scope = scope();
    let short = Duration::from_millis(200);
    let read = async |id: &str| check(store.read_events(&scope, id, None, Duration::ZERO).await);
    loop {
        let [kept, gone] = [0; 2].map(|_| RandomIds.id(IdKind::Response));
        let begun = Instant::now();
        for id in [&kept, &gone] {
            let opens = batch(0..2).opens(true).keep(Some(short));
            assert!(
                check(store.append_events(&scope, id, opens).await),
                "{CASE}: open"
            );
        }
        let ends = batch(2..3).ends(true);
        let ended = check(store.append_events(&scope, &kept, ends).await);
        if !ended && begun.elapsed() < short {
            fail(CASE, "it goes before its time");
        }
        tokio::time::sleep(short * 2).await;
        assert_eq!(
            read(&gone).await,
            EventPage::Missing,
            "{CASE}: without a write"
        );
        if ended {
            let is_there = matches!(read(&kept).await, EventPage::Events { ended: true, .. });
            assert!(is_there, "{CASE}: after its end");
            return;
        }
    }
}
