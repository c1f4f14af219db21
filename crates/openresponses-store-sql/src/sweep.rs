//! Removing what has expired, a bounded number of rows at a time.

use std::time::Duration;

use sqlx::{Any, Row};
use tokio::time::Instant;

use crate::database::Database;
use crate::error::SqlStoreError;
use crate::events;
use crate::removal::{Steps, prune_rest, remove};

/// The bytes after which a sweep ends: removing what is large takes long.
const BYTES: i64 = 16 << 20;

/// Removes up to `limit` expired responses and as many logs, and less where that takes half of `time`: what
/// is not committed in time is not removed. Returns the number of responses.
pub(crate) async fn sweep(
    database: &Database,
    limit: u32,
    time: Duration,
) -> Result<usize, SqlStoreError> {
    let begun = Instant::now();
    let is_late = || begun.elapsed() >= time / 2;
    let mut write = database.remove().await?;
    let lock = write.dialect.skip_locked();
    let query = write.dialect.sql(&format!(
        "SELECT scope, id, bytes FROM openresponses_turns \
         WHERE head IS NOT NULL AND expires <= {{now}} ORDER BY expires LIMIT {limit} {lock}"
    ));
    let turns = sqlx::query::<Any>(query)
        .fetch_all(&mut *write.transaction)
        .await?;
    let (mut count, mut bytes, mut steps) = (0, 0, Steps::new());
    for turn in &turns {
        let (scope, id): (String, String) = (turn.try_get("scope")?, turn.try_get("id")?);
        remove(&mut write, &scope, &[id], &mut steps).await?;
        count += 1;
        bytes += turn.try_get::<i64, _>("bytes")?;
        if bytes >= BYTES || steps.are_used() || is_late() {
            break;
        }
    }
    if !is_late() {
        events::sweep(&mut write, limit).await?;
    }
    write.commit().await?;
    prune_rest(database).await?;
    Ok(count)
}
