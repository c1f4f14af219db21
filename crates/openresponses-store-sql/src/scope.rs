use openresponses_tower::Scope;
use sha2::{Digest, Sha256};
use sqlx::Any;

use crate::database::Database;
use crate::error::SqlStoreError;

/// Returns the SHA-256 of a scope: the name of a tenant may be secret, and need not be text that a
/// database accepts.
pub(crate) fn key(scope: &Scope) -> String {
    format!("{:x}", Sha256::digest(scope.as_str()))
}

/// The most rows of one transaction.
const ROWS: usize = 500;

/// The bytes of one transaction, beside those of its last row.
const BYTES: usize = 8 << 20;

/// Hides up to a number of responses of a scope, so that none is read with a gap in its conversation
/// while the rows are removed. Returns their number, and the number of those that had not expired.
pub(crate) async fn hide(database: &Database, scope: &str) -> Result<[u64; 2], SqlStoreError> {
    let mut write = database.remove().await?;
    let query = write.dialect.sql(&format!(
        "UPDATE openresponses_turns SET head = NULL, scope_name = NULL \
         WHERE scope = $1 AND id IN ( \
            SELECT id FROM openresponses_turns WHERE scope = $1 AND head IS NOT NULL LIMIT {ROWS}) \
         RETURNING CAST(CASE WHEN expires > {{now}} THEN 1 ELSE 0 END AS BIGINT)"
    ));
    let live: Vec<i64> = sqlx::query_scalar::<Any, i64>(query)
        .bind(scope)
        .fetch_all(&mut *write.transaction)
        .await?;
    write.commit().await?;
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let unexpired = live.iter().filter(|live| **live == 1).count();
    Ok([count(live.len()), count(unexpired)])
}

/// Removes up to a number of rows of each table, of the others once there are no logs: a reader finds no
/// log with a gap, and nothing is appended to one that is being removed. Returns their number.
pub(crate) async fn remove(database: &Database, scope: &str) -> Result<u64, SqlStoreError> {
    let mut removed = 0;
    let mut write = database.remove().await?;
    for (table, key, bytes) in [
        ("openresponses_logs", "id", "0"),
        ("openresponses_items", "item, turn", "0"),
        ("openresponses_events", "id, number", "length(frame)"),
        ("openresponses_turns", "id", "bytes"),
    ] {
        // The rows before which there are less than so many bytes.
        let query = write.dialect.sql(&format!(
            "DELETE FROM {table} WHERE scope = $1 AND ({key}) IN ( \
                SELECT {key} FROM ( \
                    SELECT {key}, sum({bytes}) OVER (ORDER BY {key} ROWS BETWEEN \
                        UNBOUNDED PRECEDING AND 1 PRECEDING) AS before \
                    FROM {table} WHERE scope = $1 ORDER BY {key} LIMIT {ROWS}) AS rows_before \
                WHERE before IS NULL OR before < {BYTES})"
        ));
        let rows = sqlx::query::<Any>(query)
            .bind(scope)
            .execute(&mut *write.transaction)
            .await?;
        removed += rows.rows_affected();
        if table == "openresponses_logs" && removed > 0 {
            break;
        }
    }
    write.commit().await?;
    Ok(removed)
}
