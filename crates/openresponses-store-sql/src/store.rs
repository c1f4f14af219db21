use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use openresponses_tower::Scope;
use openresponses_tower::store::{
    AbandonedResponse, Claim, EventBatch, EventPage, ResponseStore, StoreError, StoredResponse,
    Transfers, UpdateCondition,
};
use openresponses_types::Item;
use tokio::sync::OnceCell;

use crate::database::Database;
use crate::error::SqlStoreError;
use crate::options::SqlStoreOptions;
use crate::reader::Reader;
use crate::removal::prune_rest;
use crate::{events, items, load, scope, sweep, turns};

/// Stores responses in a database: a SQLite file of this machine, or a PostgreSQL server that all
/// replicas of a service share.
///
/// Clones share one store and its connections. Each item of a conversation is kept once, in the row of
/// the turn that added it; a recursive query joins them. Expired rows are removed a few at a time by
/// later saves, or by [`sweep`](Self::sweep).
///
/// ```no_run
/// use openresponses_store_sql::{SqlStore, SqlStoreOptions};
/// use openresponses_tower::Config;
///
/// # async fn open() -> Result<(), openresponses_store_sql::SqlStoreError> {
/// let store = SqlStore::connect("sqlite:responses.db", SqlStoreOptions::new()).await?;
/// let config = Config::new().store(store);
/// # let _ = config;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SqlStore(Arc<Inner>);

struct Inner {
    database: Database,
    transfers: Transfers,
    options: SqlStoreOptions,
    /// Counts the saves, some of which sweep.
    saves: AtomicU32,
    /// Set once the tables are there.
    migrated: OnceCell<()>,
}

/// Every so many saves, as many expired responses and more are removed.
const SWEEP: u32 = 16;

impl SqlStore {
    /// Opens the database at `url`: `sqlite:FILE`, which is created, or
    /// `postgres://USER:PASSWORD@HOST/DATABASE`. Creates or upgrades the tables unless
    /// [`SqlStoreOptions::migrate`] is off.
    ///
    /// # Errors
    /// An invalid address, or a database that cannot be reached or changed.
    pub async fn connect(url: &str, options: SqlStoreOptions) -> Result<Self, SqlStoreError> {
        let store = Self::connect_lazy(url, options)?;
        store.prepare().await?;
        Ok(store)
    }

    /// Prepares a store whose connections are made when needed, so that a service starts without its
    /// database. The tables are created or upgraded on first use, unless
    /// [`SqlStoreOptions::migrate`] is off. Needs a tokio runtime.
    ///
    /// # Errors
    /// An invalid address.
    pub fn connect_lazy(url: &str, options: SqlStoreOptions) -> Result<Self, SqlStoreError> {
        Ok(Self(Arc::new(Inner {
            database: Database::new(url, &options)?,
            transfers: Transfers::new(options.transfer_bytes),
            options,
            saves: AtomicU32::new(0),
            migrated: OnceCell::new(),
        })))
    }

    /// Creates or upgrades the tables. Servers that do this at the same time do it one after the
    /// other.
    ///
    /// # Errors
    /// When the database cannot be reached or changed.
    pub async fn migrate(&self) -> Result<(), SqlStoreError> {
        self.0.database.migrate().await
    }

    /// Makes sure of the tables.
    async fn prepare(&self) -> Result<(), SqlStoreError> {
        if self.0.options.migrate {
            self.0.migrated.get_or_try_init(|| self.migrate()).await?;
        }
        Ok(())
    }

    /// Checks that the database answers, for a readiness check.
    ///
    /// # Errors
    /// When it does not answer in time.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.bounded(async {
            sqlx::query("SELECT 1")
                .execute(&self.0.database.pool)
                .await?;
            Ok(())
        })
        .await
    }

    /// Removes up to `limit` expired responses and as many expired logs. Returns the number of
    /// responses. Saves do this, too, so a host need not call it.
    ///
    /// # Errors
    /// When the database cannot be changed.
    pub async fn sweep(&self, limit: u32) -> Result<usize, StoreError> {
        self.bounded(sweep::sweep(&self.0.database, limit)).await
    }

    /// Runs one call within the time limit.
    async fn bounded<T>(
        &self,
        work: impl Future<Output = Result<T, SqlStoreError>>,
    ) -> Result<T, StoreError> {
        self.bounded_by(self.0.options.timeout, work).await
    }

    async fn bounded_by<T>(
        &self,
        time: Duration,
        work: impl Future<Output = Result<T, SqlStoreError>>,
    ) -> Result<T, StoreError> {
        let work = async {
            self.prepare().await?;
            work.await
        };
        match tokio::time::timeout(time, work).await {
            Ok(result) => result.map_err(StoreError::new),
            Err(_) => Err(StoreError::new(SqlStoreError::TimedOut)),
        }
    }

    /// Writes a record, again when another transaction was in the way.
    async fn write(
        &self,
        scope: &Scope,
        record: &StoredResponse,
        condition: Option<UpdateCondition<'_>>,
    ) -> Result<bool, SqlStoreError> {
        let Inner {
            database, options, ..
        } = &*self.0;
        loop {
            match turns::write(database, scope, record, condition, options).await {
                Err(error) if error.is_conflict() => tokio::task::yield_now().await,
                result => return result,
            }
        }
    }
}

impl ResponseStore for SqlStore {
    async fn load(&self, scope: &Scope, id: &str) -> Result<Option<StoredResponse>, StoreError> {
        let reader = Reader::new(&self.0.database, &self.0.transfers, scope);
        self.bounded(load::load(&reader, id)).await
    }

    async fn save(&self, scope: &Scope, response: StoredResponse) -> Result<(), StoreError> {
        if !self.bounded(self.write(scope, &response, None)).await? {
            return Err(StoreError::new(SqlStoreError::Unreadable));
        }
        if self.0.saves.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            // The response is saved; what has expired can wait.
            if let Err(error) = self.sweep(4 * SWEEP).await {
                tracing::debug!(%error, "expired responses were not removed");
            }
        }
        Ok(())
    }

    async fn update(
        &self,
        scope: &Scope,
        response: StoredResponse,
        condition: UpdateCondition<'_>,
    ) -> Result<bool, StoreError> {
        self.bounded(self.write(scope, &response, Some(condition)))
            .await
    }

    async fn renew(&self, scope: &Scope, id: &str, claim: &Claim) -> Result<bool, StoreError> {
        let scope = scope::key(scope);
        let renew = turns::renew(&self.0.database, &scope, id, claim, &self.0.options);
        self.bounded(renew).await
    }

    async fn find_abandoned(&self, limit: usize) -> Result<Vec<AbandonedResponse>, StoreError> {
        self.bounded(turns::find_abandoned(&self.0.database, limit))
            .await
    }

    async fn delete(&self, scope: &Scope, id: &str) -> Result<bool, StoreError> {
        let scope = scope::key(scope);
        let database = &self.0.database;
        let found = self.bounded(turns::delete(database, &scope, id)).await?;
        // The response is deleted, and its items are not found. What it has left may take long to
        // remove, and sweeps do it as well.
        if found && matches!(self.bounded(prune_rest(database)).await, Ok(true)) {
            let store = self.clone();
            tokio::spawn(async move {
                while matches!(store.bounded(prune_rest(&store.0.database)).await, Ok(true)) {}
            });
        }
        Ok(found)
    }

    async fn delete_scope(&self, scope: &Scope) -> Result<u64, StoreError> {
        let scope = scope::key(scope);
        let database = &self.0.database;
        let mut deleted = 0;
        // Each part has a time limit of its own.
        loop {
            let [hidden, live] = self.bounded(scope::hide(database, &scope)).await?;
            deleted += live;
            if hidden == 0 {
                break;
            }
        }
        while self.bounded(scope::remove(database, &scope)).await? > 0 {}
        Ok(deleted)
    }

    async fn find_items(
        &self,
        scope: &Scope,
        ids: &[&str],
    ) -> Result<Vec<Option<Arc<Item>>>, StoreError> {
        let reader = Reader::new(&self.0.database, &self.0.transfers, scope);
        self.bounded(items::find(&reader, ids)).await
    }

    fn keeps_events(&self) -> bool {
        true
    }

    fn time_to_renew(&self) -> Duration {
        self.0.options.log_time()
    }

    async fn append_events(
        &self,
        scope: &Scope,
        id: &str,
        batch: EventBatch,
    ) -> Result<bool, StoreError> {
        let Inner {
            database, options, ..
        } = &*self.0;
        let scope = scope::key(scope);
        self.bounded(events::append(database, &scope, id, &batch, options))
            .await
    }

    async fn read_events(
        &self,
        scope: &Scope,
        id: &str,
        after: Option<u64>,
        wait: Duration,
    ) -> Result<EventPage, StoreError> {
        let scope = scope::key(scope);
        let read = events::read(&self.0.database, &scope, id, after, wait);
        let limit = self.0.options.timeout.saturating_add(wait);
        self.bounded_by(limit, read).await
    }
}

impl fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlStore")
            .field("database", &self.0.database)
            .field("transfers", &self.0.transfers)
            .field("options", &self.0.options)
            .finish()
    }
}
