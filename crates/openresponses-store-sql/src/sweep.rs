//! Removing what has expired, a bounded number of rows at a time.

use sqlx::{Any, Row};

use crate::database::Database;
use crate::error::SqlStoreError;
use crate::events;
use crate::removal::{prune_rest, remove};

/// The bytes after which a sweep ends: removing what is large takes long.
const BYTES: i64 = 16 << 20;

/// Removes up to `limit` expired responses and as many logs. Returns the number of responses.
pub(crate) async fn sweep(database: &Database, limit: u32) -> Result<usize, SqlStoreError> {
    let mut write = database.write().await?;
    let lock = write.dialect.skip_locked();
    let query = write.dialect.sql(&format!(
        "SELECT scope, id, bytes FROM openresponses_turns \
         WHERE head IS NOT NULL AND expires <= {{now}} ORDER BY expires LIMIT {limit} {lock}"
    ));
    let turns = sqlx::query::<Any>(query)
        .fetch_all(&mut *write.transaction)
        .await?;
    let (mut count, mut bytes) = (0, 0);
    for turn in &turns {
        let (scope, id): (String, String) = (turn.try_get("scope")?, turn.try_get("id")?);
        remove(&mut write, &scope, &id).await?;
        count += 1;
        bytes += turn.try_get::<i64, _>("bytes")?;
        if bytes >= BYTES {
            break;
        }
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
    prune_rest(database).await?;
    Ok(count)
}
