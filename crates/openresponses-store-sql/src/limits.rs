//! Limits of what one scope has in the database.

use sqlx::{Any, Row};

use crate::database::Write;
use crate::error::SqlStoreError;
use crate::events;
use crate::options::SqlStoreOptions;
use crate::removal::{Steps, remove};

/// The most responses that are removed at once for their size.
const TOGETHER: i64 = 8;

/// The most responses that one save removes. A scope whose limit was lowered is beyond it until further
/// saves have removed the others.
const MAX_REMOVED: i64 = 32;

/// Removes the oldest responses of a scope until it is within its limits, or some of them, but not `id`,
/// which was just written.
pub(crate) async fn enforce(
    write: &mut Write<'_>,
    scope: &str,
    id: &str,
    options: &SqlStoreOptions,
) -> Result<(), SqlStoreError> {
    let [most, most_bytes] = [options.scope_responses, options.scope_bytes];
    if most == usize::MAX && most_bytes == usize::MAX {
        return Ok(());
    }
    let [most, most_bytes] =
        [most, most_bytes].map(|limit| i64::try_from(limit).unwrap_or(i64::MAX));
    let (mut left, mut steps) = (MAX_REMOVED, Steps::new());
    while left > 0 && !steps.are_used() {
        let (count, bytes) = used(write, scope).await?;
        let too_many = match bytes > most_bytes {
            true => count.saturating_sub(most).max(TOGETHER),
            false => count.saturating_sub(most),
        };
        let too_many = too_many.min(left);
        if too_many <= 0 {
            break;
        }
        let oldest = oldest(write, scope, id, too_many).await?;
        if oldest.is_empty() {
            break;
        }
        remove(write, scope, &oldest, &mut steps).await?;
        events::delete(write, scope, &oldest).await?;
        left -= too_many;
    }
    Ok(())
}

/// Returns the number of responses of a scope, and its bytes.
async fn used(write: &mut Write<'_>, scope: &str) -> Result<(i64, i64), SqlStoreError> {
    let query = write.dialect.sql(
        "SELECT CAST(coalesce(sum(CASE WHEN expires > {now} THEN 1 ELSE 0 END), 0) AS BIGINT) \
                AS responses, \
            CAST(coalesce(sum(bytes), 0) AS BIGINT) AS bytes \
         FROM openresponses_turns WHERE scope = $1",
    );
    let row = sqlx::query::<Any>(query)
        .bind(scope)
        .fetch_one(&mut *write.transaction)
        .await?;
    Ok((row.try_get("responses")?, row.try_get("bytes")?))
}

/// Returns responses of a scope in the order in which they expire.
async fn oldest(
    write: &mut Write<'_>,
    scope: &str,
    id: &str,
    count: i64,
) -> Result<Vec<String>, SqlStoreError> {
    let query = write.dialect.sql(&format!(
        "SELECT id FROM openresponses_turns \
         WHERE scope = $1 AND expires > 0 AND id <> $2 ORDER BY expires LIMIT {count} {{lock}}"
    ));
    let oldest = sqlx::query_scalar::<Any, String>(query)
        .bind(scope)
        .bind(id)
        .fetch_all(&mut *write.transaction)
        .await?;
    Ok(oldest)
}
