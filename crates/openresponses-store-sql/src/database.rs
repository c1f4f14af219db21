use std::fmt;
use std::sync::Once;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{Any, AnyPool, AssertSqlSafe, Connection, Executor, Transaction};
use tokio::sync::{Mutex, MutexGuard};

use crate::error::SqlStoreError;
use crate::options::SqlStoreOptions;

/// The two kinds of SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// Returns the dialect of an address.
    pub(crate) fn of(url: &str) -> Option<Self> {
        match url.split_once(':')?.0 {
            "sqlite" if cfg!(feature = "sqlite") => Some(Self::Sqlite),
            "postgres" | "postgresql" if cfg!(feature = "postgres") => Some(Self::Postgres),
            _ => None,
        }
    }

    /// Returns the expression of the database's clock, in milliseconds since 1970. All servers use
    /// that of the database, since theirs may differ. In PostgreSQL it is one time for a whole statement:
    /// no index finds what is compared with a function that changes within one.
    fn now(self) -> &'static str {
        match self {
            Self::Sqlite => "CAST((julianday('now') - 2440587.5) * 86400000 AS BIGINT)",
            Self::Postgres => "CAST(extract(epoch FROM statement_timestamp()) * 1000 AS BIGINT)",
        }
    }

    /// Returns the end of a query whose row is changed afterwards.
    fn lock(self) -> &'static str {
        match self {
            // A writing transaction has the whole file.
            Self::Sqlite => "",
            Self::Postgres => "FOR UPDATE",
        }
    }

    /// Returns the end of a query for rows to remove, by which servers that remove at the same time do
    /// not wait for each other.
    pub(crate) fn skip_locked(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => "FOR UPDATE SKIP LOCKED",
        }
    }

    /// Returns a statement with `{now}` and `{lock}` filled in. It contains no values.
    pub(crate) fn sql(self, text: &str) -> AssertSqlSafe<String> {
        let text = text.replace("{now}", self.now());
        AssertSqlSafe(text.replace("{lock}", self.lock()))
    }
}

/// The size of a page of SQLite.
const PAGE: usize = 4096;

/// The most pages that a file of SQLite can have.
const MAX_PAGES: usize = 4_294_967_294;

/// Connections to one database.
pub(crate) struct Database {
    pub(crate) pool: AnyPool,
    /// For large values in SQLite. Each of its connections is a thread of this process, to which the memory
    /// belongs that it has once used.
    pub(crate) large: Option<AnyPool>,
    pub(crate) dialect: Dialect,
    /// The connection that writes in SQLite, which has one writer. Those that wait for it do so in order.
    writer: Option<(Mutex<()>, AnyPool)>,
    /// The most pages of the file of SQLite.
    pages: Option<usize>,
}

/// A writing transaction, rolled back when it is dropped.
pub(crate) struct Write<'a> {
    pub(crate) transaction: Transaction<'static, Any>,
    pub(crate) dialect: Dialect,
    _turn: Option<MutexGuard<'a, ()>>,
}

impl Database {
    /// Prepares connections, which are made when needed.
    pub(crate) fn new(url: &str, options: &SqlStoreOptions) -> Result<Self, SqlStoreError> {
        let dialect = Dialect::of(url).ok_or_else(|| SqlStoreError::Configuration {
            reason: "the address starts with neither 'sqlite:' nor 'postgres:', or this build \
                     does not support that database"
                .into(),
        })?;
        install_drivers();
        let mut url = url.to_owned();
        if dialect == Dialect::Sqlite && !url.contains("mode=") {
            // The file is created.
            url.push_str(if url.contains('?') {
                "&mode=rwc"
            } else {
                "?mode=rwc"
            });
        }
        let connect: AnyConnectOptions = url
            .parse()
            .map_err(|error: sqlx::Error| SqlStoreError::of(&error))?;
        let wait = i64::try_from(options.timeout.as_millis()).unwrap_or(i64::MAX);
        let is_sqlite = dialect == Dialect::Sqlite;
        let pages = options.file_bytes.filter(|_| is_sqlite);
        let pages = pages.map(|bytes| (bytes / PAGE).max(1));
        let shared = AnyPoolOptions::new()
            .acquire_timeout(options.timeout)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    let settings = match dialect {
                        Dialect::Sqlite => format!(
                            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
                             PRAGMA busy_timeout = {wait};"
                        ),
                        // A statement whose caller has given up does not go on for long.
                        Dialect::Postgres => format!(
                            "SET statement_timeout = {wait}; \
                             SET idle_in_transaction_session_timeout = {wait};"
                        ),
                    };
                    connection.execute(AssertSqlSafe(settings)).await?;
                    Ok(())
                })
            })
            .after_release(move |connection, _| {
                Box::pin(async move {
                    if dialect == Dialect::Postgres {
                        // The driver keeps buffers of the size of the largest record, which no limit counts.
                        connection.shrink_buffers();
                        return Ok(true);
                    }
                    // A full disk ends a transaction of SQLite, which the driver does not notice: it
                    // would refuse to begin another one. The ping waits for its own rollback.
                    connection.ping().await?;
                    Ok(!connection.is_in_transaction())
                })
            });
        let connections = |count| {
            let pool = shared.clone().max_connections(count);
            pool.connect_lazy_with(connect.clone())
        };
        let one = || is_sqlite.then(|| connections(1));
        Ok(Self {
            pool: connections(options.connections),
            large: one(),
            dialect,
            writer: one().map(|pool| (Mutex::new(()), pool)),
            pages,
        })
    }

    /// Begins a transaction that writes.
    pub(crate) async fn write(&self) -> Result<Write<'_>, SqlStoreError> {
        self.write_up_to(self.pages).await
    }

    /// Begins a transaction that removes. A row is changed before it is removed, for which SQLite needs pages: the file
    /// may then grow by the largest row.
    pub(crate) async fn remove(&self) -> Result<Write<'_>, SqlStoreError> {
        self.write_up_to(self.pages.map(|_| MAX_PAGES)).await
    }

    async fn write_up_to(&self, pages: Option<usize>) -> Result<Write<'_>, SqlStoreError> {
        let (turn, pool, begin) = match &self.writer {
            Some((writer, pool)) => (Some(writer.lock().await), pool, "BEGIN IMMEDIATE"),
            None => (None, &self.pool, "BEGIN"),
        };
        let transaction = pool.begin_with(begin).await?;
        let mut write = Write {
            transaction,
            dialect: self.dialect,
            _turn: turn,
        };
        if let Some(pages) = pages {
            let limit = format!("PRAGMA max_page_count = {pages}");
            write.run(&limit).await?;
        }
        Ok(write)
    }
}

impl Write<'_> {
    /// Runs statements without values.
    pub(crate) async fn run(&mut self, statements: &str) -> Result<(), SqlStoreError> {
        let statements = AssertSqlSafe(statements.to_owned());
        self.transaction.execute(statements).await?;
        Ok(())
    }

    pub(crate) async fn commit(self) -> Result<(), SqlStoreError> {
        Ok(self.transaction.commit().await?)
    }
}

/// Registers the drivers of this build, once in a process.
fn install_drivers() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // The default is what the features of the driver select.
        sqlx::any::install_default_drivers();
    });
}

/// The address may contain a password.
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("dialect", &self.dialect)
            .field("connections", &self.pool.size())
            .finish_non_exhaustive()
    }
}
