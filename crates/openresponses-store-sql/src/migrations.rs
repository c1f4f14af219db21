//! The tables, created and upgraded.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};

use crate::database::{Database, Dialect};
use crate::error::SqlStoreError;

const SQLITE: [&str; 4] = [
    include_str!("../migrations/1-sqlite.sql"),
    include_str!("../migrations/2-sqlite.sql"),
    include_str!("../migrations/3-sqlite.sql"),
    include_str!("../migrations/4-sqlite.sql"),
];

const POSTGRES: [&str; 4] = [
    include_str!("../migrations/1-postgres.sql"),
    include_str!("../migrations/2-postgres.sql"),
    include_str!("../migrations/3-postgres.sql"),
    include_str!("../migrations/4-postgres.sql"),
];

/// The migration of one store. Calls wait for it as long as they have time; it goes on without them.
#[derive(Default)]
pub(crate) struct Migrations {
    is_done: OnceLock<()>,
    running: Mutex<Option<Running>>,
}

type Running = Shared<BoxFuture<'static, Result<(), SqlStoreError>>>;

impl Migrations {
    /// Waits until the tables are there, and begins to create them where nothing does.
    pub(crate) async fn finished(
        self: &Arc<Self>,
        database: &Arc<Database>,
    ) -> Result<(), SqlStoreError> {
        match self.is_done.get() {
            Some(()) => Ok(()),
            None => self.running(database).await,
        }
    }

    /// Returns the migration in progress, after an error another one.
    fn running(self: &Arc<Self>, database: &Arc<Database>) -> Running {
        let running = self.running.lock();
        let mut running = running.unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = running.as_ref().filter(|one| one.peek().is_none()) {
            return running.clone();
        }
        let (this, database) = (Arc::downgrade(self), Arc::clone(database));
        let work = async move {
            migrate(&database).await?;
            if let Some(this) = this.upgrade() {
                let _ = this.is_done.set(());
            }
            Ok(())
        };
        let work = work.boxed().shared();
        tokio::spawn(work.clone());
        *running = Some(work.clone());
        work
    }
}

/// Creates or upgrades the tables.
pub(crate) async fn migrate(database: &Database) -> Result<(), SqlStoreError> {
    let mut write = database.write().await?;
    let scripts = match database.dialect {
        Dialect::Sqlite => SQLITE,
        Dialect::Postgres => {
            // Servers that start together do this one after the other. The number is arbitrary. An index
            // of a large table takes longer than a call may.
            write
                .run(
                    "SET LOCAL statement_timeout = 0; \
                     SET LOCAL idle_in_transaction_session_timeout = 0; \
                     SELECT pg_advisory_xact_lock(7043926513)",
                )
                .await?;
            POSTGRES
        }
    };
    write
        .run("CREATE TABLE IF NOT EXISTS openresponses_schema (version BIGINT NOT NULL)")
        .await?;
    let done: Option<i64> = sqlx::query_scalar("SELECT max(version) FROM openresponses_schema")
        .fetch_one(&mut *write.transaction)
        .await?;
    let done = done
        .and_then(|done| usize::try_from(done).ok())
        .unwrap_or(0);
    for (at, script) in scripts.iter().enumerate().skip(done) {
        write.run(script).await?;
        let version = i64::try_from(at + 1).unwrap_or(i64::MAX);
        sqlx::query("INSERT INTO openresponses_schema (version) VALUES ($1)")
            .bind(version)
            .execute(&mut *write.transaction)
            .await?;
    }
    write.commit().await
}
