//! Budgets that replicas share.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use libtest_mimic::Trial;
use openresponses_gateway::budget::{Account, Amounts, Budget, BudgetStore, Reservation};
use openresponses_gateway::limits::Money;
use openresponses_store_redis::RedisStore;

use crate::support::*;

const DAY: Duration = Duration::from_secs(24 * 3_600);

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("replicas_count_together", replicas_count_together),
        trial(
            "a_reservation_is_settled_once",
            a_reservation_is_settled_once,
        ),
        trial("a_window_ends", a_window_ends),
        trial("budgets_expire_and_name_no_tenant", budgets_expire),
        trial(
            "a_reservation_of_a_dead_process_is_removed",
            a_reservation_is_removed,
        ),
        trial(
            "a_caller_that_does_not_look_reserves_nothing",
            a_caller_that_does_not_look,
        ),
        trial(
            "what_was_used_is_sent_again_after_an_outage",
            used_is_sent_again,
        ),
    ]
}

fn tokens(count: u64) -> Amounts {
    Amounts::new(1, count, Money::ZERO)
}

async fn reserve(store: &RedisStore, account: &Account, count: u64) -> Option<Reservation> {
    let decision = store.reserve(account, tokens(count)).await.unwrap();
    assert_eq!(decision.states.len(), account.limits().len());
    decision.reservation
}

/// What was used and reserved of the first limit. A call without amounts changes nothing.
async fn counts(store: &RedisStore, account: &Account) -> (u64, u64) {
    let none = Amounts::default();
    let decision = store.reserve(account, none).await.unwrap();
    let state = decision.states[0];
    if let Some(reservation) = decision.reservation {
        store.settle(account, reservation, none);
    }
    (state.used, state.reserved)
}

async fn settled(store: &RedisStore, account: &Account, expected: (u64, u64)) {
    while counts(store, account).await != expected {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn replicas_count_together() {
    let server = Server::start();
    let stores = [server.store(), server.store()];
    let account = Account::new("acme", Budget::new().tokens(100, DAY).requests(1_000, DAY));
    // 50 at once, of which each reserves 30: three are within the budget, one exceeds it.
    let calls = (0..50).map(|at| {
        let (store, account) = (stores[at % 2].clone(), account.clone());
        tokio::spawn(async move { reserve(&store, &account, 30).await })
    });
    let calls: Vec<_> = calls.collect();
    let mut made = Vec::new();
    for call in calls {
        made.extend(call.await.unwrap());
    }
    assert_eq!(made.len(), 4);
    assert_eq!(counts(&stores[1], &account).await, (0, 120));
    for reservation in made {
        stores[0].settle(&account, reservation, tokens(5));
    }
    settled(&stores[1], &account, (20, 0)).await;
}

async fn a_reservation_is_settled_once() {
    a_reservation_is_settled_once_in(&Server::start().store()).await;
}

pub(crate) async fn a_reservation_is_settled_once_in(store: &RedisStore) {
    let account = Account::new("acme", Budget::new().tokens(100, DAY));
    let reservation = reserve(store, &account, 30).await.unwrap();
    let other = reserve(store, &account, 7).await.unwrap();
    for _ in 0..3 {
        store.settle(&account, reservation.clone(), tokens(5));
    }
    settled(store, &account, (5, 7)).await;
    store.settle(&account, other, tokens(1));
    settled(store, &account, (6, 0)).await;
}

async fn a_window_ends() {
    let server = Server::start();
    let store = server.store();
    let account = Account::new("acme", Budget::new().tokens(10, Duration::from_secs(1)));
    let mut first = reserve(&store, &account, 10).await;
    // The window may have ended in between.
    while let Some(reservation) = reserve(&store, &account, 10).await {
        first = Some(reservation);
    }
    let later = loop {
        if let Some(later) = reserve(&store, &account, 3).await {
            break later;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(later.windows()[0] > first.unwrap().windows()[0]);
}

async fn budgets_expire() {
    let server = Server::start();
    let store = server.store();
    let account = Account::new("secret-tenant", Budget::new().tokens(10, DAY));
    reserve(&store, &account, 10).await.unwrap();
    let keys = server.keys();
    let [key] = keys.as_slice() else {
        panic!("{keys:?}")
    };
    assert!(key.starts_with("openresponses:v3:budget:"), "{key}");
    assert!(!key.contains("secret"), "{key}");
    let seconds: i64 = server.cli(&["TTL", key]).trim().parse().unwrap();
    assert!((1..=2 * 24 * 3_600).contains(&seconds), "{seconds}");
}

async fn a_reservation_is_removed() {
    let server = Server::start();
    let store = server.store();
    let budget = Budget::new().tokens(10_000, Duration::from_secs(1));
    let account = Account::new("acme", budget);
    let reservations = |key: &str| {
        let fields = server.cli(&["hkeys", key]);
        fields.lines().filter(|it| it.starts_with("p:")).count()
    };
    // Nothing settles them.
    for _ in 0..20 {
        reserve(&store, &account, 1).await.unwrap();
    }
    let key = &server.keys()[0];
    assert!(reservations(key) > 0);
    // The account stays active.
    while reservations(key) > 3 {
        settled(&store, &account, (0, 0)).await;
    }
}

async fn a_caller_that_does_not_look() {
    let server = Server::start();
    let store = server.store();
    let account = Account::new("acme", Budget::new().tokens(100, DAY));
    let call = loop {
        let mut call = Box::pin(reserve(&store, &account, 30));
        match poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await {
            Poll::Pending => break call,
            // Redis was faster.
            Poll::Ready(made) => store.settle(&account, made.unwrap(), Amounts::default()),
        }
    };
    // The reply waits for the caller, which disconnects.
    settled(&store, &account, (0, 30)).await;
    drop(call);
    settled(&store, &account, (0, 0)).await;
}

async fn used_is_sent_again() {
    let server = Server::start();
    let store = server.store();
    let account = Account::new("acme", Budget::new().tokens(100, DAY));
    let reservation = reserve(&store, &account, 30).await.unwrap();
    server.freeze();
    // Redis executes this command when it continues, and its reservation is released.
    assert!(store.reserve(&account, tokens(7)).await.is_err());
    store.settle(&account, reservation, tokens(5));
    // The first attempt fails in this time.
    tokio::time::sleep(Duration::from_millis(1_600)).await;
    server.thaw();
    settled(&store, &account, (5, 0)).await;
}
