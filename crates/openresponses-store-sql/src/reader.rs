//! Reading of values that may be large.

use futures_util::TryStreamExt;
use openresponses_tower::Scope;
use openresponses_tower::store::{Transfer, Transfers};
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Any, Row};

use crate::database::Database;
use crate::error::SqlStoreError;
use crate::scope::key;

/// The bytes up to which a query returns values before their size is known.
const SMALL: i64 = Transfers::UNCOUNTED as i64;

/// Reads of one scope.
pub(crate) struct Reader<'a> {
    pub(crate) database: &'a Database,
    transfers: &'a Transfers,
    named: &'a Scope,
    /// The key of the scope.
    pub(crate) scope: String,
}

/// Rows, as they were read one by one.
pub(crate) struct Rows<T> {
    pub(crate) rows: Vec<T>,
    pub(crate) bytes: usize,
    /// It is dropped after what was made of the rows has been returned.
    pub(crate) transfer: Transfer,
}

pub(crate) type Query<'q> = sqlx::query::Query<'q, Any, AnyArguments>;

/// Returns a column that is true or false.
pub(crate) fn flag(row: &AnyRow, name: &str) -> Result<bool, SqlStoreError> {
    // PostgreSQL's literals are 32 bits wide, its columns 64.
    match row.try_get::<i64, _>(name) {
        Ok(value) => Ok(value != 0),
        Err(_) => Ok(row.try_get::<i32, _>(name)? != 0),
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn new(database: &'a Database, transfers: &'a Transfers, scope: &'a Scope) -> Self {
        Self {
            database,
            transfers,
            named: scope,
            scope: key(scope),
        }
    }

    /// Returns the rows of a query whose last value is the most bytes that they may have. If they have
    /// more, each has `total`, their size, and nothing else that is large. More than `most` bytes are an
    /// error.
    ///
    /// A second query with a higher limit is the same statement. Where large values have no connections of
    /// their own, it is prepared already, and takes the same connection, unless it has to wait for others:
    /// then they have the connection.
    pub(crate) async fn rows<T>(
        &self,
        query: impl Fn() -> Query<'static>,
        read: impl Fn(&AnyRow) -> Result<T, SqlStoreError>,
        most: usize,
    ) -> Result<Rows<T>, SqlStoreError> {
        let mut connection = self.database.pool.acquire().await?;
        let mut limit = SMALL;
        let mut transfer = self.transfers.begin(self.named, 0).await;
        loop {
            let mut found = Vec::new();
            let mut total = 0;
            let mut rows = query().bind(limit).fetch(&mut *connection);
            while let Some(row) = rows.try_next().await? {
                total = row.try_get("total")?;
                if total > limit {
                    break;
                }
                found.push(read(&row)?);
            }
            drop(rows);
            let bytes = usize::try_from(total).unwrap_or(0);
            if bytes > most {
                return Err(SqlStoreError::TooLarge { bytes, limit: most });
            }
            if total <= limit {
                return Ok(Rows {
                    rows: found,
                    bytes,
                    transfer,
                });
            }
            // A continuation does not change what is before it, but an update may have come between.
            drop(transfer);
            limit = total;
            let at_once = match self.database.large {
                Some(_) => None,
                None => self.transfers.try_begin(self.named, bytes),
            };
            transfer = match at_once {
                Some(transfer) => transfer,
                None => {
                    drop(connection);
                    let transfer = self.transfers.begin(self.named, bytes).await;
                    let large = self.database.large.as_ref();
                    connection = large.unwrap_or(&self.database.pool).acquire().await?;
                    transfer
                }
            };
        }
    }
}
