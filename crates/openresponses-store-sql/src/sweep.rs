//! Removing what has expired, a bounded number of rows at a time.

use sqlx::{Any, Row};

use crate::database::{Database, Dialect};
use crate::error::SqlStoreError;
use crate::events;
use crate::removal::remove;

/// Removes up to `limit` expired responses and as many logs. Returns the number of responses.
pub(crate) async fn sweep(database: &Database, limit: u32) -> Result<usize, SqlStoreError> {
    let mut write = database.write().await?;
    // Servers that sweep at the same time do not wait for each other.
    let lock = match write.dialect {
        Dialect::Sqlite => "",
        Dialect::Postgres => "FOR UPDATE SKIP LOCKED",
    };
    let query = write.dialect.sql(&format!(
        "SELECT scope, id FROM openresponses_turns \
         WHERE head IS NOT NULL AND expires <= {{now}} ORDER BY expires LIMIT {limit} {lock}"
    ));
    let turns = sqlx::query::<Any>(query)
        .fetch_all(&mut *write.transaction)
        .await?;
    for turn in &turns {
        let (scope, id): (String, String) = (turn.try_get("scope")?, turn.try_get("id")?);
        remove(&mut write, &scope, &id).await?;
    }
    let query = write.dialect.sql(&format!(
        "SELECT scope, id FROM openresponses_logs WHERE expires <= {{now}} LIMIT {limit} {lock}"
    ));
    let logs = sqlx::query::<Any>(query)
        .fetch_all(&mut *write.transaction)
        .await?;
    for log in &logs {
        let (scope, id): (String, String) = (log.try_get("scope")?, log.try_get("id")?);
        events::delete(&mut write, &scope, &id).await?;
    }
    write.commit().await?;
    Ok(turns.len())
}
