use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use openresponses_tower::Scope;
use openresponses_tower::store::{
    AbandonedResponse, Claim, EventBatch, EventPage, ResponseState, ResponseStore, StoreError,
    StoredResponse, Transfers, UpdateCondition,
};
use openresponses_types::Item;

use crate::database::Database;
use crate::error::SqlStoreError;
use crate::migrations::{Migrations, migrate};
use crate::options::SqlStoreOptions;
use crate::reader::Reader;
use crate::removal::prune_rest;
use crate::turns::Written;
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
    database: Arc<Database>,
    reads: Transfers,
    writes: Transfers,
    options: SqlStoreOptions,
    /// Counts the saves, some of which sweep.
    saves: AtomicU32,
    /// Counts the reads that wait for events.
    waiting: AtomicU32,
    /// Held by the sweep of this process.
    sweeping: tokio::sync::Mutex<()>,
    migrations: Arc<Migrations>,
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
            database: Arc::new(Database::new(url, &options)?),
            reads: Transfers::new(options.transfer_bytes),
            writes: Transfers::new(options.transfer_bytes),
            options,
            saves: AtomicU32::new(0),
            waiting: AtomicU32::new(0),
            sweeping: tokio::sync::Mutex::default(),
            migrations: Arc::default(),
        })))
    }

    /// Creates or upgrades the tables. Servers that do this at the same time do it one after the
    /// other.
    ///
    /// # Errors
    /// When the database cannot be reached or changed.
    pub async fn migrate(&self) -> Result<(), SqlStoreError> {
        migrate(&self.0.database).await
    }

    /// Makes sure of the tables.
    async fn prepare(&self) -> Result<(), SqlStoreError> {
        match self.0.options.migrate {
            true => self.0.migrations.finished(&self.0.database).await,
            false => Ok(()),
        }
    }

    /// Checks that the database answers, for a readiness check. Creates no tables.
    ///
    /// # Errors
    /// When it does not answer in time.
    pub async fn ping(&self) -> Result<(), StoreError> {
        // A check creates no tables.
        in_time(self.0.options.timeout, async {
            sqlx::query("SELECT 1")
                .execute(&self.0.database.pool)
                .await?;
            Ok(())
        })
        .await
    }

    /// Removes up to `limit` expired responses and as many expired logs, and less where that takes long.
    /// Returns the number of responses. Saves begin this, too, so a host need not call it.
    ///
    /// # Errors
    /// When the database cannot be changed.
    pub async fn sweep(&self, limit: u32) -> Result<usize, StoreError> {
        let time = self.0.options.timeout;
        self.change(|| sweep::sweep(&self.0.database, limit, time))
            .await
    }

    /// Removes what has expired in a task, unless one does.
    fn sweep_later(&self) {
        let store = self.clone();
        tokio::spawn(async move {
            let Ok(_alone) = store.0.sweeping.try_lock() else {
                return;
            };
            if let Err(error) = store.sweep(4 * SWEEP).await {
                tracing::debug!(%error, "expired responses were not removed");
            }
        });
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
        in_time(time, work).await
    }

    /// Changes the database within the time limit, again when another transaction was in the way.
    async fn change<T, F: Future<Output = Result<T, SqlStoreError>>>(
        &self,
        work: impl Fn() -> F,
    ) -> Result<T, StoreError> {
        self.bounded(repeated(work)).await
    }

    /// Writes a record, again where what has expired left no room for it.
    async fn write(
        &self,
        scope: &Scope,
        record: &StoredResponse,
        condition: Option<UpdateCondition<'_>>,
    ) -> Result<bool, SqlStoreError> {
        let Inner {
            database, options, ..
        } = &*self.0;
        let sweep = || sweep::sweep(database, 4 * SWEEP, options.timeout);
        match self.write_whole(scope, record, condition).await {
            Err(SqlStoreError::Full) if repeated(sweep).await? > 0 => {
                self.write_whole(scope, record, condition).await
            }
            written => written,
        }
    }

    /// Writes a record, with its whole conversation where the turn that it continues is gone.
    async fn write_whole(
        &self,
        scope: &Scope,
        record: &StoredResponse,
        condition: Option<UpdateCondition<'_>>,
    ) -> Result<bool, SqlStoreError> {
        match self.write_parts(scope, record, condition).await? {
            Written::Yes => Ok(true),
            Written::Refused => Ok(false),
            Written::WithoutParent => {
                let whole = record.detached();
                let written = self.write_parts(scope, &whole, condition).await?;
                Ok(written == Written::Yes)
            }
        }
    }

    /// Writes a record in its turn, again when another transaction was in the way.
    async fn write_parts(
        &self,
        scope: &Scope,
        record: &StoredResponse,
        condition: Option<UpdateCondition<'_>>,
    ) -> Result<Written, SqlStoreError> {
        let Inner {
            database,
            writes,
            options,
            ..
        } = &*self.0;
        let printed = writes.print(scope, record).await;
        let (parts, _transfer) = printed.map_err(|_| SqlStoreError::Unreadable)?;
        repeated(|| turns::write(database, scope, record, &parts, condition, options)).await
    }

    /// Removes some turns that are kept for nothing. Returns true if there may be more.
    async fn prune(&self) -> Result<bool, StoreError> {
        self.change(|| prune_rest(&self.0.database)).await
    }
}

async fn in_time<T>(
    time: Duration,
    work: impl Future<Output = Result<T, SqlStoreError>>,
) -> Result<T, StoreError> {
    match tokio::time::timeout(time, work).await {
        Ok(result) => result.map_err(failed),
        Err(_) => Err(StoreError::new(SqlStoreError::TimedOut)),
    }
}

/// Works, and again when another transaction was in the way.
async fn repeated<T, F: Future<Output = Result<T, SqlStoreError>>>(
    work: impl Fn() -> F,
) -> Result<T, SqlStoreError> {
    loop {
        match work().await {
            Err(error) if error.is_conflict() => tokio::task::yield_now().await,
            result => return result,
        }
    }
}

/// Returns true for an id that a database can have: a text of PostgreSQL has no NUL.
fn is_possible(id: &str) -> bool {
    !id.contains('\0')
}

fn failed(error: SqlStoreError) -> StoreError {
    match error {
        SqlStoreError::TooLarge { .. } => StoreError::too_large(error),
        error => StoreError::new(error),
    }
}

impl ResponseStore for SqlStore {
    async fn load(&self, scope: &Scope, id: &str) -> Result<Option<StoredResponse>, StoreError> {
        if !is_possible(id) {
            return Ok(None);
        }
        let reader = Reader::new(&self.0.database, &self.0.reads, scope);
        self.bounded(load::load(&reader, id)).await
    }

    async fn state(&self, scope: &Scope, id: &str) -> Result<Option<ResponseState>, StoreError> {
        if !is_possible(id) {
            return Ok(None);
        }
        let scope = scope::key(scope);
        self.bounded(turns::state(&self.0.database, &scope, id))
            .await
    }

    async fn save(&self, scope: &Scope, response: StoredResponse) -> Result<(), StoreError> {
        if !self.bounded(self.write(scope, &response, None)).await? {
            return Err(StoreError::new(SqlStoreError::Unreadable));
        }
        if self.0.saves.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            // The response is saved; what has expired can wait.
            self.sweep_later();
        }
        Ok(())
    }

    async fn update(
        &self,
        scope: &Scope,
        response: StoredResponse,
        condition: UpdateCondition<'_>,
    ) -> Result<bool, StoreError> {
        if !is_possible(response.id()) {
            return Ok(false);
        }
        self.bounded(self.write(scope, &response, Some(condition)))
            .await
    }

    async fn renew(&self, scope: &Scope, id: &str, claim: &Claim) -> Result<bool, StoreError> {
        if !is_possible(id) {
            return Ok(false);
        }
        let scope = scope::key(scope);
        let Inner {
            database, options, ..
        } = &*self.0;
        self.change(|| turns::renew(database, &scope, id, claim, options))
            .await
    }

    async fn find_abandoned(&self, limit: usize) -> Result<Vec<AbandonedResponse>, StoreError> {
        self.bounded(turns::find_abandoned(&self.0.database, limit))
            .await
    }

    async fn delete(&self, scope: &Scope, id: &str) -> Result<bool, StoreError> {
        if !is_possible(id) {
            return Ok(false);
        }
        let scope = scope::key(scope);
        let database = &self.0.database;
        let found = self.change(|| turns::delete(database, &scope, id)).await?;
        // The response is deleted, and its items are not found. What it has left may take long to
        // remove, and sweeps do it as well.
        if found && matches!(self.prune().await, Ok(true)) {
            let store = self.clone();
            tokio::spawn(async move { while matches!(store.prune().await, Ok(true)) {} });
        }
        Ok(found)
    }

    async fn delete_scope(&self, scope: &Scope) -> Result<u64, StoreError> {
        let scope = scope::key(scope);
        let database = &self.0.database;
        let mut deleted = 0;
        // Each part has a time limit of its own.
        loop {
            let [hidden, live] = self.change(|| scope::hide(database, &scope)).await?;
            deleted += live;
            if hidden == 0 {
                break;
            }
        }
        while self.change(|| scope::remove(database, &scope)).await? > 0 {}
        Ok(deleted)
    }

    async fn find_items(
        &self,
        scope: &Scope,
        ids: &[&str],
    ) -> Result<Vec<Option<Arc<Item>>>, StoreError> {
        let reader = Reader::new(&self.0.database, &self.0.reads, scope);
        let limit = self.0.options.max_record_bytes;
        self.bounded(items::find(&reader, ids, limit)).await
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
        if !is_possible(id) {
            return Ok(false);
        }
        let Inner {
            database,
            writes,
            options,
            ..
        } = &*self.0;
        let key = scope::key(scope);
        self.bounded(async {
            let _transfer = writes.begin(scope, batch.bytes()).await;
            repeated(|| events::append(database, &key, id, &batch, options)).await
        })
        .await
    }

    async fn read_events(
        &self,
        scope: &Scope,
        id: &str,
        after: Option<u64>,
        wait: Duration,
    ) -> Result<EventPage, StoreError> {
        if !is_possible(id) {
            return Ok(EventPage::Missing);
        }
        let reader = Reader::new(&self.0.database, &self.0.reads, scope);
        let limit = self.0.options.timeout.saturating_add(wait);
        let read = events::read(&reader, id, after, wait, &self.0.waiting);
        self.bounded_by(limit, read).await
    }
}

impl fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlStore")
            .field("database", &self.0.database)
            .field("reads", &self.0.reads)
            .field("writes", &self.0.writes)
            .field("options", &self.0.options)
            .finish()
    }
}
