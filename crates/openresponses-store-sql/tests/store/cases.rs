//! The cases, each for both databases.

use std::pin::Pin;
use std::time::Duration;

use libtest_mimic::Trial;
use openresponses_store_sql::{SqlStore, SqlStoreError, SqlStoreOptions};
use openresponses_testing::{replica_conformance, store_conformance};
use openresponses_tower::Scope;
use openresponses_tower::store::{Conversation, ResponseStore};
use sqlx::any::AnyPoolOptions;

use crate::large::large_values_wait_for_each_other;
use crate::outages::conformance_of_the_database;
use crate::postgres::{Directory, Server, installed};
use crate::pressure::{
    a_long_migration_is_waited_for, a_lowered_limit_refuses_no_save,
    a_save_does_not_wait_for_a_sweep, a_sweep_far_away_makes_progress,
    an_interrupted_removal_leaves_nothing, no_event_outlives_its_log,
    what_has_expired_is_found_by_an_index,
};
use crate::round_trips::{an_item_of_many_responses_is_read_once, loading_takes_three_round_trips};
use crate::support::{Database, answered, cause, until};

/// A case that is running.
type Run = Pin<Box<dyn Future<Output = ()>>>;

type Case = (&'static str, fn(Database) -> Run);

macro_rules! cases {
    ($($case:ident),* $(,)?) => {
        [$((stringify!($case), (|database| Box::pin($case(database))) as fn(Database) -> Run)),*]
    };
}

const CASES: &[Case] = &cases![
    conformance,
    conformance_of_the_database,
    conformance_of_expiry,
    a_store_starts_again_with_what_it_has,
    what_has_expired_is_removed,
    a_very_long_conversation_goes_in_steps,
    a_scope_with_large_responses_goes_in_steps,
    a_conversation_takes_the_space_of_its_turns,
    many_writers_continue_one_response,
    large_values_wait_for_each_other,
    a_thousand_cut_streams_are_resumed_on_another_server,
    what_is_called_off_stays_called_off,
    a_record_beyond_the_limit_is_refused,
    a_scope_has_limits,
    a_full_database_loses_nothing,
    scopes_are_hashed,
    a_ping_creates_no_tables,
    an_interrupted_removal_leaves_nothing,
    referred_items_have_a_limit,
];

fn trial(
    name: String,
    make: impl FnOnce() -> Database + Send + 'static,
    case: fn(Database) -> Run,
) -> Trial {
    Trial::test(name, move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        runtime.block_on(case(make()));
        Ok(())
    })
}

pub(crate) fn sqlite() -> Vec<Trial> {
    let own = cases![
        a_file_that_cannot_be_written,
        a_full_file_takes_new_responses_when_others_have_expired,
    ];
    CASES
        .iter()
        .chain(&own)
        .map(|(name, case)| {
            trial(
                format!("sqlite::{name}"),
                || Database::Sqlite(Directory::new()),
                *case,
            )
        })
        .collect()
}

pub(crate) fn postgres() -> Vec<Trial> {
    let missing = !installed();
    if missing {
        eprintln!("PostgreSQL is not installed: its tests are ignored");
    }
    let own = cases![
        a_server_that_stops_and_comes_back,
        a_slow_server_has_a_time_limit,
        loading_takes_three_round_trips,
        an_item_of_many_responses_is_read_once,
        what_has_expired_is_found_by_an_index,
        a_save_does_not_wait_for_a_sweep,
        a_sweep_far_away_makes_progress,
        a_lowered_limit_refuses_no_save,
        no_event_outlives_its_log,
        a_long_migration_is_waited_for,
    ];
    CASES
        .iter()
        .chain(&own)
        .map(|(name, case)| {
            let make = || Database::Postgres(Server::start());
            trial(format!("postgres::{name}"), make, *case).with_ignored_flag(missing)
        })
        .collect()
}

async fn conformance(database: Database) {
    let store = database.store().await;
    store_conformance::run(&store).await;
    // A second run beside existing content, by another process.
    store_conformance::run(&database.store().await).await;
}

async fn conformance_of_expiry(database: Database) {
    let time = Duration::from_millis(300);
    let options = SqlStoreOptions::new().time_to_live(time);
    let store = database.store_with(options.timeout(Duration::from_secs(60)));
    store_conformance::run_expiry(&store.await, time).await;
}

async fn a_store_starts_again_with_what_it_has(database: Database) {
    let scope = Scope::new("a");
    let first = answered("resp_1", &Conversation::default(), "one");
    database
        .store()
        .await
        .save(&scope, first.clone())
        .await
        .unwrap();
    let store = database.store().await;
    let found = store.load(&scope, "resp_1").await.unwrap().unwrap();
    assert_eq!(found.to_json(), first.to_json());
    let second = answered("resp_2", found.conversation(), "two");
    store.save(&scope, second.clone()).await.unwrap();
    let found = database.store().await.load(&scope, "resp_2").await.unwrap();
    assert_eq!(found.unwrap().to_json(), second.to_json());
}

/// Returns one number.
pub(crate) async fn count(database: &Database, query: &'static str) -> i64 {
    let pool = AnyPoolOptions::new()
        .connect(&database.url())
        .await
        .unwrap();
    let count = sqlx::query_scalar(query).fetch_one(&pool).await.unwrap();
    pool.close().await;
    count
}

pub(crate) async fn rows(database: &Database) -> i64 {
    count(
        database,
        "SELECT CAST((SELECT count(*) FROM openresponses_turns) \
            + (SELECT count(*) FROM openresponses_items) \
            + (SELECT count(*) FROM openresponses_logs) \
            + (SELECT count(*) FROM openresponses_events) AS BIGINT)",
    )
    .await
}

async fn what_has_expired_is_removed(database: Database) {
    let time = Duration::from_millis(200);
    let options = SqlStoreOptions::new().time_to_live(time).event_time(time);
    let store = database
        .store_with(options.timeout(Duration::from_secs(60)))
        .await;
    let scope = Scope::new("a");
    let mut conversation = Conversation::default();
    for number in 0..10 {
        let record = answered(&format!("resp_{number}"), &conversation, "x");
        store.save(&scope, record.clone()).await.unwrap();
        conversation = record.saved().conversation().clone();
    }
    let batch = openresponses_tower::store::EventBatch::default().opens(true);
    store.append_events(&scope, "resp_9", batch).await.unwrap();
    tokio::time::sleep(time * 2).await;
    for id in ["resp_0", "resp_9"] {
        assert!(store.load(&scope, id).await.unwrap().is_none());
    }
    let found = store.find_items(&scope, &["resp_9_in"]).await.unwrap();
    assert_eq!(found, [None]);
    assert!(!store.delete(&scope, "resp_9").await.unwrap());
    assert_eq!(store.sweep(4).await.unwrap(), 4);
    while store.sweep(4).await.unwrap() > 0 {}
    assert_eq!(rows(&database).await, 0);
    // Saves do it, too.
    for number in 0..40 {
        let record = answered(&format!("resp_{number}"), &Conversation::default(), "x");
        store.save(&scope, record).await.unwrap();
        if number == 20 {
            tokio::time::sleep(time * 2).await;
        }
    }
    until("they are removed", async || {
        count(&database, "SELECT count(*) FROM openresponses_turns").await <= 20
    })
    .await;
}

/// More turns than one transaction removes are kept for the last one.
async fn a_very_long_conversation_goes_in_steps(database: Database) {
    let store = database.store().await;
    let scope = Scope::new("a");
    let mut conversation = Conversation::default();
    for number in 0..1000 {
        let record = answered(&format!("resp_{number}"), &conversation, "x");
        conversation = record.saved().conversation().clone();
        store.save(&scope, record).await.unwrap();
    }
    for number in 0..999 {
        assert!(
            store
                .delete(&scope, &format!("resp_{number}"))
                .await
                .unwrap()
        );
    }
    let last = store.load(&scope, "resp_999").await.unwrap().unwrap();
    assert_eq!(last.conversation().len(), 2000);
    assert!(store.delete(&scope, "resp_999").await.unwrap());
    until("nothing is left", async || rows(&database).await == 0).await;
}

async fn a_scope_with_large_responses_goes_in_steps(database: Database) {
    let store = database.store().await;
    let (scope, other) = (Scope::new("a"), Scope::new("b"));
    let text = "x".repeat(1 << 20);
    for number in 0..12 {
        let record = answered(&format!("resp_{number}"), &Conversation::default(), &text);
        store.save(&scope, record.clone()).await.unwrap();
        if number == 0 {
            store.save(&other, record).await.unwrap();
        }
    }
    assert_eq!(store.delete_scope(&scope).await.unwrap(), 12);
    assert!(store.load(&other, "resp_0").await.unwrap().is_some());
    assert_eq!(store.delete_scope(&other).await.unwrap(), 1);
    assert_eq!(rows(&database).await, 0);
}

/// Turns of 2 KB, and beside them the structure with the whole conversation in each record.
async fn a_conversation_takes_the_space_of_its_turns(database: Database) {
    let store = database.store().await;
    let mut cases = vec![
        (10, false),
        (100, false),
        (1000, false),
        (10, true),
        (100, true),
    ];
    // Of that structure further sizes take minutes.
    let more = std::env::var("WHOLE_TURNS").ok();
    cases.extend(more.map(|turns| (turns.parse().unwrap(), true)));
    for (turns, whole) in cases {
        let before = size(&database).await;
        let own = converse(&store, turns, whole).await;
        let stored = size(&database).await - before;
        let ratio = stored as f64 / own as f64;
        let structure = if whole {
            "whole conversations"
        } else {
            "turns"
        };
        println!("{structure}, n = {turns}: {stored} bytes for {own}, {ratio:.2} times");
        // Tables and indexes of PostgreSQL have a first page each.
        let bound = 3 * own + EMPTY;
        assert!(
            whole || stored < i64::try_from(bound).unwrap(),
            "{stored} bytes for {own}"
        );
    }
}

/// What the first pages take, in bytes.
const EMPTY: usize = 64 << 10;

/// Saves a conversation. Returns the bytes of its turns.
async fn converse(store: &SqlStore, turns: usize, whole: bool) -> usize {
    let scope = Scope::new(&format!("{turns} {whole}"));
    let (mut conversation, mut own) = (Conversation::default(), 0);
    for number in 0..turns {
        let id = format!("resp_{number}");
        let record = answered(&id, &conversation, &"x".repeat(1000));
        let items = record.own_items();
        let input: usize = items.iter().map(|item| item.to_json().len()).sum();
        own += input / 2 + record.response().to_json().len();
        conversation = record.saved().conversation().clone();
        let record = if whole { record.detached() } else { record };
        store.save(&scope, record).await.unwrap();
    }
    let last = format!("resp_{}", turns - 1);
    let found = store.load(&scope, &last).await.unwrap().unwrap();
    assert_eq!(found.conversation().len(), 2 * turns);
    own
}

/// Returns the bytes of the file, or of the tables.
async fn size(database: &Database) -> i64 {
    let query = match database {
        Database::Sqlite(_) => {
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        }
        Database::Postgres(_) => {
            "SELECT CAST(sum(pg_total_relation_size(oid)) AS BIGINT) FROM pg_class \
             WHERE relname LIKE 'openresponses%' AND relkind = 'r'"
        }
    };
    count(database, query).await
}

async fn many_writers_continue_one_response(database: Database) {
    let scope = Scope::new("a");
    let first = answered("resp_root", &Conversation::default(), "one");
    let stores = [database.store().await, database.store().await];
    stores[0].save(&scope, first.clone()).await.unwrap();
    let first = stores[1].load(&scope, "resp_root").await.unwrap().unwrap();
    let work = (0..60).map(|number| {
        let (store, scope) = (stores[number % 2].clone(), scope.clone());
        let first = first.clone();
        tokio::spawn(async move {
            let id = format!("resp_{number}");
            let record = answered(&id, first.conversation(), "two");
            store.save(&scope, record.clone()).await.unwrap();
            if number % 10 == 5 {
                store.delete(&scope, "resp_root").await.unwrap();
            }
            let found = store.load(&scope, &id).await.unwrap().unwrap();
            assert_eq!(found.to_json(), record.to_json());
            if number % 3 == 0 {
                assert!(store.delete(&scope, &id).await.unwrap());
            }
        })
    });
    for done in work.collect::<Vec<_>>() {
        done.await.unwrap();
    }
    for number in 0..60 {
        let found = stores[0]
            .load(&scope, &format!("resp_{number}"))
            .await
            .unwrap();
        assert_eq!(found.is_some(), number % 3 != 0, "{number}");
    }
    for number in (0..60).filter(|number| number % 3 != 0) {
        assert!(
            stores[1]
                .delete(&scope, &format!("resp_{number}"))
                .await
                .unwrap()
        );
    }
    assert_eq!(rows(&database).await, 0, "nothing is left");
}

async fn a_thousand_cut_streams_are_resumed_on_another_server(database: Database) {
    let (here, there) = (database.store().await, database.store().await);
    replica_conformance::resumes_cut_streams(&here, &there, 1000).await;
}

async fn what_is_called_off_stays_called_off(database: Database) {
    let (here, there) = (database.store().await, database.store().await);
    replica_conformance::calls_off_in_every_phase(&here, &there).await;
}

async fn a_record_beyond_the_limit_is_refused(database: Database) {
    let record = answered("resp_1", &Conversation::default(), "some text");
    let exact = record.parts().bytes();
    let options = SqlStoreOptions::new().timeout(Duration::from_secs(60));
    let scope = Scope::new("a");
    let store = database
        .store_with(options.clone().max_record_bytes(exact - 1))
        .await;
    let error = store.save(&scope, record.clone()).await.unwrap_err();
    let limit = exact - 1;
    assert_eq!(
        cause(&error),
        &SqlStoreError::TooLarge {
            bytes: exact,
            limit
        }
    );
    assert_eq!(rows(&database).await, 0);
    let store = database.store_with(options.max_record_bytes(exact)).await;
    store.save(&scope, record).await.unwrap();
}

async fn referred_items_have_a_limit(database: Database) {
    let limit = 1 << 20;
    let options = SqlStoreOptions::new().max_record_bytes(limit);
    let store = database.store_with(options.timeout(Duration::from_secs(60)));
    store_conformance::referred_items_have_a_limit(&store.await, limit).await;
}

async fn a_scope_has_limits(database: Database) {
    let options = SqlStoreOptions::new().timeout(Duration::from_secs(60));
    let (scope, other) = (Scope::new("a"), Scope::new("b"));
    let few = database
        .store_with(options.clone().scope_responses(3))
        .await;
    let elsewhere = answered("resp_0", &Conversation::default(), "x");
    few.save(&other, elsewhere).await.unwrap();
    let mut conversation = Conversation::default();
    for number in 0..6 {
        let record = answered(&format!("resp_{number}"), &conversation, "x");
        few.save(&scope, record.clone()).await.unwrap();
        conversation = record.saved().conversation().clone();
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    for number in 0..6 {
        let found = few.load(&scope, &format!("resp_{number}")).await.unwrap();
        assert_eq!(found.is_some(), number >= 3, "{number}");
    }
    // Those that are left are complete.
    let last = few.load(&scope, "resp_5").await.unwrap().unwrap();
    assert_eq!(last.conversation().len(), 12);
    assert!(few.load(&other, "resp_0").await.unwrap().is_some());
    few.delete_scope(&scope).await.unwrap();
    let small = database.store_with(options.scope_bytes(10_000)).await;
    for number in 0..30 {
        let record = answered(
            &format!("resp_{number}"),
            &Conversation::default(),
            &"x".repeat(500),
        );
        small.save(&scope, record).await.unwrap();
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let bytes = count(
        &database,
        "SELECT CAST(sum(bytes) AS BIGINT) FROM openresponses_turns WHERE kids = 0",
    )
    .await;
    assert!((5_000..12_000).contains(&bytes), "{bytes}");
    assert!(small.load(&scope, "resp_29").await.unwrap().is_some());
    assert!(small.load(&scope, "resp_0").await.unwrap().is_none());
    let large = answered("resp_large", &Conversation::default(), &"x".repeat(20_000));
    let error = small.save(&scope, large).await.unwrap_err();
    assert!(matches!(
        cause(&error),
        SqlStoreError::TooLarge { limit: 10_000, .. }
    ));
}

/// The database refuses to grow. What was saved stays, and what is not saved is an error.
async fn a_full_database_loses_nothing(database: Database) {
    let store = database.store().await;
    let scope = Scope::new("a");
    store
        .save(
            &scope,
            answered("resp_0", &Conversation::default(), "first"),
        )
        .await
        .unwrap();
    let url = match &database {
        Database::Sqlite(_) => database.url(),
        Database::Postgres(_) => {
            // A role whose transactions cannot write, as with a full disk or on a standby.
            let pool = AnyPoolOptions::new()
                .connect(&database.url())
                .await
                .unwrap();
            for statement in [
                "CREATE ROLE reader LOGIN",
                "GRANT ALL ON ALL TABLES IN SCHEMA public TO reader",
                "ALTER ROLE reader SET default_transaction_read_only = on",
            ] {
                sqlx::query(statement).execute(&pool).await.unwrap();
            }
            pool.close().await;
            database.url().replace("app@", "reader@")
        }
    };
    let mut full = SqlStore::connect_lazy(&url, SqlStoreOptions::new().migrate(false)).unwrap();
    if let Database::Sqlite(_) = &database {
        full = SqlStore::connect_lazy(&url, SqlStoreOptions::new().file_bytes(256 << 10)).unwrap();
    }
    let mut saved = vec!["resp_0".to_owned()];
    let mut refused = 0;
    for number in 1..40 {
        let id = format!("resp_{number}");
        let record = answered(&id, &Conversation::default(), &"x".repeat(20_000));
        match full.save(&scope, record).await {
            Ok(()) => saved.push(id),
            Err(error) => {
                let cause = cause(&error);
                assert!(
                    matches!(cause, SqlStoreError::Full | SqlStoreError::ReadOnly),
                    "{cause:?}"
                );
                assert!(full.load(&scope, &id).await.unwrap().is_none(), "{id}");
                refused += 1;
            }
        }
    }
    assert!(refused > 0, "it is full");
    for id in &saved {
        assert!(full.load(&scope, id).await.unwrap().is_some(), "{id}");
        assert!(store.load(&scope, id).await.unwrap().is_some(), "{id}");
    }
    // There is room again.
    let record = answered("resp_again", &Conversation::default(), "x");
    store.save(&scope, record).await.unwrap();
}

/// What has expired makes room in a file that may not grow.
async fn a_full_file_takes_new_responses_when_others_have_expired(database: Database) {
    database.store().await;
    let options = SqlStoreOptions::new().file_bytes(256 << 10);
    let store = SqlStore::connect_lazy(&database.url(), options).unwrap();
    let scope = Scope::new("a");
    let save = async |number: usize| {
        let text = "x".repeat(20_000);
        let record = answered(&format!("resp_{number}"), &Conversation::default(), &text);
        store.save(&scope, record).await
    };
    let mut count = 0;
    while save(count).await.is_ok() {
        count += 1;
    }
    let pool = AnyPoolOptions::new().connect(&database.url()).await;
    sqlx::query("UPDATE openresponses_turns SET expires = 1")
        .execute(&pool.unwrap())
        .await
        .unwrap();
    for number in count..2 * count {
        save(number).await.unwrap();
    }
    // To remove one it may have grown by one.
    let further = [save(2 * count).await, save(2 * count + 1).await];
    assert!(further.iter().any(Result::is_err), "it is full again");
}

async fn a_ping_creates_no_tables(database: Database) {
    let options = SqlStoreOptions::new().timeout(Duration::from_secs(60));
    let store = SqlStore::connect_lazy(&database.url(), options.clone()).unwrap();
    store.ping().await.unwrap();
    let plain = SqlStore::connect_lazy(&database.url(), options.migrate(false)).unwrap();
    let scope = Scope::new("a");
    assert!(plain.load(&scope, "resp_1").await.is_err());
    assert!(store.load(&scope, "resp_1").await.unwrap().is_none());
    assert!(plain.load(&scope, "resp_1").await.unwrap().is_none());
}

async fn scopes_are_hashed(database: Database) {
    let store = database.store().await;
    for name in ["", "secret", "a\0b"] {
        let record = answered("resp_1", &Conversation::default(), "x");
        store.save(&Scope::new(name), record).await.unwrap();
    }
    let scopes = count(
        &database,
        "SELECT count(DISTINCT scope) FROM openresponses_turns",
    )
    .await;
    assert_eq!(scopes, 3);
    let named = "SELECT count(*) FROM openresponses_turns WHERE scope LIKE '%secret%'";
    assert_eq!(count(&database, named).await, 0);
}

async fn a_file_that_cannot_be_written(database: Database) {
    let scope = Scope::new("a");
    let record = answered("resp_1", &Conversation::default(), "x");
    database
        .store()
        .await
        .save(&scope, record.clone())
        .await
        .unwrap();
    let url = format!("{}?mode=ro", database.url());
    let store = SqlStore::connect_lazy(&url, SqlStoreOptions::new()).unwrap();
    let found = store.load(&scope, "resp_1").await.unwrap();
    assert_eq!(found.unwrap().to_json(), record.to_json());
    let error = store
        .save(&scope, answered("resp_2", &Conversation::default(), "x"))
        .await;
    assert_eq!(cause(&error.unwrap_err()), &SqlStoreError::ReadOnly);
}

async fn a_server_that_stops_and_comes_back(database: Database) {
    let Database::Postgres(mut server) = database else {
        unreachable!("a case of PostgreSQL");
    };
    let options = SqlStoreOptions::new().timeout(Duration::from_secs(5));
    let store = SqlStore::connect(&server.url(), options).await.unwrap();
    let scope = Scope::new("a");
    let record = answered("resp_1", &Conversation::default(), "x");
    store.save(&scope, record.clone()).await.unwrap();
    server.stop();
    assert!(
        store.load(&scope, "resp_1").await.is_err(),
        "never reported as not found"
    );
    assert!(
        store
            .save(&scope, answered("resp_2", &Conversation::default(), "x"))
            .await
            .is_err()
    );
    server.up();
    until("it is found again", async || {
        matches!(store.load(&scope, "resp_1").await, Ok(Some(_)))
    })
    .await;
    store
        .save(&scope, answered("resp_2", &Conversation::default(), "x"))
        .await
        .unwrap();
}

async fn a_slow_server_has_a_time_limit(database: Database) {
    let options = SqlStoreOptions::new().timeout(Duration::from_millis(300));
    let store = database.store_with(options).await;
    let scope = Scope::new("a");
    let record = answered("resp_1", &Conversation::default(), "x");
    let pool = AnyPoolOptions::new()
        .connect(&database.url())
        .await
        .unwrap();
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE openresponses_turns IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *lock)
        .await
        .unwrap();
    for _ in 0..20 {
        let error = store.save(&scope, record.clone()).await.unwrap_err();
        let cause = cause(&error);
        // Whichever gives up first.
        let refused = SqlStoreError::Refused {
            code: "57014".into(),
        };
        assert!(
            cause == &SqlStoreError::TimedOut || cause == &refused,
            "{cause:?}"
        );
    }
    lock.rollback().await.unwrap();
    until("it works again", async || {
        store.save(&scope, record.clone()).await.is_ok()
    })
    .await;
}
