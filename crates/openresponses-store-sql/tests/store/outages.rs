//! The database is away, full, read-only or slow for a while.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use openresponses_store_sql::{SqlStore, SqlStoreOptions};
use openresponses_testing::database_conformance::{self, Disturbance, TestDatabase};
use sqlx::any::AnyPoolOptions;
use sqlx::{Any, AssertSqlSafe, Transaction};

use crate::support::Database;

pub(crate) async fn conformance_of_the_database(database: Database) {
    let mut outages = Outages {
        database,
        lock: None,
    };
    let seen = database_conformance::run(&mut outages).await;
    assert_eq!(seen, Disturbance::ALL);
}

struct Outages {
    database: Database,
    /// Of a transaction that holds what the store needs.
    lock: Option<Transaction<'static, Any>>,
}

/// For a database that does not answer at all.
fn impatient() -> SqlStoreOptions {
    SqlStoreOptions::new().timeout(Duration::from_millis(300))
}

impl Outages {
    fn lazy(&self, options: SqlStoreOptions) -> SqlStore {
        SqlStore::connect_lazy(&self.database.url(), options).unwrap()
    }

    /// Where the directory of a SQLite file is while it is away.
    fn elsewhere(&self) -> (PathBuf, PathBuf) {
        let Database::Sqlite(directory) = &self.database else {
            unreachable!("a directory of SQLite");
        };
        (directory.0.clone(), directory.0.with_extension("away"))
    }

    /// Takes a lock and keeps it.
    async fn lock(&mut self, begin: &'static str, lock: &'static str) {
        let pool = AnyPoolOptions::new().connect(&self.database.url()).await;
        let mut transaction = pool.unwrap().begin_with(begin).await.unwrap();
        sqlx::query(lock).execute(&mut *transaction).await.unwrap();
        self.lock = Some(transaction);
    }

    /// Runs statements as the owner of a PostgreSQL database.
    async fn run(&self, statements: &[&str]) {
        let pool = AnyPoolOptions::new()
            .max_connections(1)
            .connect(&self.database.url())
            .await
            .unwrap();
        for statement in statements {
            let statement = AssertSqlSafe((*statement).to_owned());
            sqlx::query(statement).execute(&pool).await.unwrap();
        }
        pool.close().await;
    }
}

/// What a full disk answers, to anything that writes a turn.
const FILL: [&str; 2] = [
    "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS \
        'BEGIN RAISE EXCEPTION USING ERRCODE = ''disk_full''; END'",
    "CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON openresponses_turns \
        FOR EACH ROW EXECUTE FUNCTION no_room()",
];

const EMPTY: [&str; 2] = [
    "DROP TRIGGER no_room ON openresponses_turns",
    "DROP FUNCTION no_room()",
];

/// Connections that exist keep their settings.
const DISCONNECT: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() \
        AND datname = 'postgres'";

impl TestDatabase for Outages {
    type Store = SqlStore;

    async fn connect(&mut self) -> SqlStore {
        self.database.store().await
    }

    async fn disturb(&mut self, disturbance: Disturbance, before: &SqlStore) -> Option<SqlStore> {
        let is_sqlite = matches!(self.database, Database::Sqlite(_));
        Some(match disturbance {
            Disturbance::Away if is_sqlite => {
                let (here, elsewhere) = self.elsewhere();
                fs::rename(here, elsewhere).unwrap();
                self.lazy(impatient())
            }
            Disturbance::Away => {
                if let Database::Postgres(server) = &mut self.database {
                    server.stop();
                }
                self.lazy(impatient())
            }
            // The size of a file that is larger already.
            Disturbance::Full if is_sqlite => self.lazy(SqlStoreOptions::new().file_bytes(1)),
            Disturbance::Full => {
                self.run(&FILL).await;
                before.clone()
            }
            Disturbance::ReadOnly if is_sqlite => {
                let url = format!("{}?mode=ro", self.database.url());
                SqlStore::connect_lazy(&url, SqlStoreOptions::new()).unwrap()
            }
            Disturbance::ReadOnly => {
                let set = "ALTER DATABASE postgres SET default_transaction_read_only = on";
                self.run(&[set, DISCONNECT]).await;
                before.clone()
            }
            Disturbance::Slow if is_sqlite => {
                self.lock("BEGIN IMMEDIATE", "SELECT 1").await;
                self.lazy(impatient().migrate(false))
            }
            Disturbance::Slow => {
                let lock = "LOCK TABLE openresponses_turns IN ACCESS EXCLUSIVE MODE";
                self.lock("BEGIN", lock).await;
                self.lazy(impatient().migrate(false))
            }
        })
    }

    async fn restore(&mut self, disturbance: Disturbance) {
        match (disturbance, &mut self.database) {
            (Disturbance::Away, Database::Sqlite(_)) => {
                let (here, elsewhere) = self.elsewhere();
                fs::rename(elsewhere, here).unwrap();
            }
            (Disturbance::Away, Database::Postgres(server)) => server.up(),
            (Disturbance::Full | Disturbance::ReadOnly, Database::Sqlite(_)) => {}
            (Disturbance::Full, Database::Postgres(_)) => self.run(&EMPTY).await,
            (Disturbance::ReadOnly, Database::Postgres(_)) => {
                let write = "SET default_transaction_read_only = off";
                let reset = "ALTER DATABASE postgres RESET default_transaction_read_only";
                self.run(&[write, reset, DISCONNECT]).await;
            }
            (Disturbance::Slow, Database::Sqlite(_) | Database::Postgres(_)) => {
                if let Some(lock) = self.lock.take() {
                    lock.rollback().await.unwrap();
                }
            }
        }
    }
}
