//! Much to remove, a server that is far away, and locks that others hold.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use openresponses_store_sql::{SqlStore, SqlStoreOptions};
use openresponses_tower::Scope;
use openresponses_tower::store::{Conversation, EventBatch, LoggedEvent, ResponseStore};
use sqlx::any::AnyPoolOptions;
use sqlx::{Any, AnyPool, Transaction};

use crate::cases::{count, rows};
use crate::proxy::{Seen, proxy};
use crate::support::{Database, answered, until};

/// What a statement takes longer by the way to a server that is far away.
const FAR: Duration = Duration::from_millis(5);

/// Within this time a few hundred statements of such a server are done, and not a thousand.
const CALL: Duration = Duration::from_secs(3);

async fn pool(database: &Database) -> AnyPool {
    // A case that runs alone has no store yet, which would do this.
    sqlx::any::install_default_drivers();
    let pool = AnyPoolOptions::new().connect(&database.url()).await;
    pool.unwrap()
}

/// Returns a store whose statements take long.
async fn far_away(database: &Database, options: SqlStoreOptions) -> SqlStore {
    let Database::Postgres(server) = database else {
        unreachable!("a case of PostgreSQL");
    };
    let port = proxy(server.port(), Seen::default(), FAR).await;
    let options = options.migrate(false).timeout(CALL);
    SqlStore::connect_lazy(&server.url_at(port), options).unwrap()
}

async fn save_all(store: &SqlStore, scope: &Scope, count: usize) {
    for number in 0..count {
        let record = answered(&format!("resp_{number}"), &Conversation::default(), "x");
        store.save(scope, record).await.unwrap();
    }
}

/// What is kept for long is not read to find what has expired.
pub(crate) async fn what_has_expired_is_found_by_an_index(database: Database) {
    let store = database.store().await;
    let scope = Scope::new("a");
    save_all(&store, &scope, 600).await;
    let pool = pool(&database).await;
    sqlx::query("UPDATE openresponses_turns SET expires = 1 WHERE id IN ('resp_1', 'resp_2')")
        .execute(&pool)
        .await
        .unwrap();
    for statement in [
        "ANALYZE openresponses_turns",
        "ALTER DATABASE postgres SET enable_seqscan = off",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    pool.close().await;
    let reads = "SELECT CAST(sum(idx_tup_read) AS BIGINT) FROM pg_stat_user_indexes \
        WHERE indexrelname = 'openresponses_turns_expires'";
    drop(store);
    let before = count(&database, reads).await;
    let store = database.store().await;
    for _ in 0..5 {
        store.sweep(64).await.unwrap();
    }
    // What a connection has read is counted later.
    until("it is counted", async || {
        count(&database, reads).await > before
    })
    .await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let read = count(&database, reads).await - before;
    assert!((2..100).contains(&read), "{read} of 600");
}

/// Saves do not wait for what is removed beside them.
pub(crate) async fn a_save_does_not_wait_for_a_sweep(database: Database) {
    let time = Duration::from_secs(60);
    let store = database
        .store_with(SqlStoreOptions::new().timeout(time))
        .await;
    let pool = pool(&database).await;
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE openresponses_logs IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *lock)
        .await
        .unwrap();
    let begun = Instant::now();
    save_all(&store, &Scope::new("a"), 40).await;
    assert!(begun.elapsed() < time);
    lock.rollback().await.unwrap();
}

/// More than a call has time for is removed by several.
pub(crate) async fn a_sweep_far_away_makes_progress(database: Database) {
    let near = database.store().await;
    let scope = Scope::new("a");
    save_all(&near, &scope, 400).await;
    for number in 0..400 {
        let batch = EventBatch::new(vec![LoggedEvent::new(0, "x")]).opens(true);
        let id = format!("resp_{number}");
        assert!(near.append_events(&scope, &id, batch).await.unwrap());
    }
    let pool = pool(&database).await;
    for table in ["turns", "logs"] {
        let update = format!("UPDATE openresponses_{table} SET expires = 1");
        let update = sqlx::AssertSqlSafe(update);
        sqlx::query(update).execute(&pool).await.unwrap();
    }
    let store = far_away(&database, SqlStoreOptions::new()).await;
    // Statements are prepared, and connections made.
    let refused = AtomicUsize::new(0);
    until("nothing is left", async || {
        let is_refused = store.sweep(1000).await.is_err();
        refused.fetch_add(usize::from(is_refused), Ordering::Relaxed);
        rows(&database).await == 0
    })
    .await;
    let refused = refused.into_inner();
    assert!(refused < 3, "{refused}");
}

/// A scope that has far more than its new limit is brought to it by several saves.
pub(crate) async fn a_lowered_limit_refuses_no_save(database: Database) {
    let near = database.store().await;
    let scope = Scope::new("a");
    save_all(&near, &scope, 300).await;
    let store = far_away(&database, SqlStoreOptions::new().scope_responses(10)).await;
    let number_of = "SELECT count(*) FROM openresponses_turns";
    let saved = AtomicUsize::new(300);
    until("it is within its limit", async || {
        let number = saved.fetch_add(1, Ordering::Relaxed);
        let record = answered(&format!("resp_{number}"), &Conversation::default(), "x");
        store.save(&scope, record).await.unwrap();
        count(&database, number_of).await == 10
    })
    .await;
    let saved = saved.into_inner();
    assert!((305..330).contains(&saved), "{saved}");
}

/// Returns once so many statements of the database wait for locks.
async fn blocked(database: &Database, statements: i64) {
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    until("it waits", async || {
        count(database, waiting).await == statements
    })
    .await;
}

/// Appends an event as a store does that is in the middle of it.
async fn appending(pool: &AnyPool) -> Transaction<'static, Any> {
    let mut append = pool.begin().await.unwrap();
    for statement in [
        "SELECT next FROM openresponses_logs FOR UPDATE",
        "INSERT INTO openresponses_events (scope, id, number, frame) \
            SELECT scope, id, next, '\\x78' FROM openresponses_logs",
    ] {
        sqlx::query(statement).execute(&mut *append).await.unwrap();
    }
    append
}

/// An event that is appended while its log is deleted, alone, with its scope, and when it has expired.
pub(crate) async fn no_event_outlives_its_log(database: Database) {
    let store = database.store().await;
    let scope = Scope::new("a");
    let pool = pool(&database).await;
    for way in 0..2 {
        let batch = EventBatch::new(vec![LoggedEvent::new(0, "x")]).opens(true);
        assert!(store.append_events(&scope, "resp_1", batch).await.unwrap());
        let append = appending(&pool).await;
        let (deleting, scope) = (store.clone(), scope.clone());
        let deletion = tokio::spawn(async move {
            match way {
                0 => drop(deleting.delete(&scope, "resp_1").await.unwrap()),
                _ => drop(deleting.delete_scope(&scope).await.unwrap()),
            }
        });
        blocked(&database, 1).await;
        append.commit().await.unwrap();
        deletion.await.unwrap();
        assert_eq!(rows(&database).await, 0, "{way}");
    }
}

/// Servers that start while another one upgrades the tables wait for it, for longer than a call may take.
pub(crate) async fn a_long_migration_is_waited_for(database: Database) {
    let pool = pool(&database).await;
    let mut other = pool.begin().await.unwrap();
    sqlx::query("SELECT CAST(pg_advisory_xact_lock(7043926513) AS TEXT)")
        .execute(&mut *other)
        .await
        .unwrap();
    let options = SqlStoreOptions::new().timeout(Duration::from_millis(300));
    let lazy = SqlStore::connect_lazy(&database.url(), options.clone()).unwrap();
    let scope = Scope::new("a");
    lazy.load(&scope, "resp_0").await.unwrap_err();
    let (url, options) = (database.url(), options);
    let connecting = tokio::spawn(async move { SqlStore::connect(&url, options).await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    // Both still wait.
    blocked(&database, 2).await;
    other.rollback().await.unwrap();
    let connected = connecting.await.unwrap().unwrap();
    let patient = database.store().await;
    save_all(&patient, &scope, 1).await;
    for store in [&lazy, &connected] {
        let works = async || store.load(&scope, "resp_0").await.is_ok();
        until("it works", works).await;
    }
}

/// A removal of a scope that was interrupted leaves turns without responses, which go with what the index
/// has of them.
pub(crate) async fn an_interrupted_removal_leaves_nothing(database: Database) {
    let store = database.store().await;
    let scope = Scope::new("a");
    let mut conversation = Conversation::default();
    for number in 0..5 {
        let record = answered(&format!("resp_{number}"), &conversation, "x");
        conversation = record.saved().conversation().clone();
        store.save(&scope, record).await.unwrap();
    }
    let pool = pool(&database).await;
    sqlx::query("UPDATE openresponses_turns SET head = NULL")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    store.sweep(64).await.unwrap();
    assert_eq!(rows(&database).await, 0);
}
