//! Removal of a turn and of what was kept for it only.

use sqlx::{Any, Row};

use crate::database::{Database, Write};
use crate::error::SqlStoreError;
use crate::items;

/// Removes the response of a turn, and the items that no continuation needs.
pub(crate) async fn remove(
    write: &mut Write<'_>,
    scope: &str,
    id: &str,
) -> Result<(), SqlStoreError> {
    sqlx::query(
        "UPDATE openresponses_turns SET head = NULL, scope_name = NULL, expires = 0, \
            bytes = length(items) WHERE scope = $1 AND id = $2",
    )
    .bind(scope)
    .bind(id)
    .execute(&mut *write.transaction)
    .await?;
    prune(write, scope, id).await
}

/// The most turns that one transaction removes beyond those that it is asked for.
const STEPS: usize = 200;

/// Removes what is left of a turn without its response, unless a continuation needs its items, and
/// then the turns before it that were kept for it only: some of them. [`prune_rest`] removes the others.
async fn prune(write: &mut Write<'_>, scope: &str, id: &str) -> Result<(), SqlStoreError> {
    items::unindex(write, scope, id).await?;
    prune_chain(write, scope, id).await
}

/// Removes a continuation from a turn, and then the turn if it was kept for that only.
pub(crate) async fn release(
    write: &mut Write<'_>,
    scope: &str,
    id: &str,
) -> Result<(), SqlStoreError> {
    forget_continuation(write, scope, id).await?;
    prune_chain(write, scope, id).await
}

async fn forget_continuation(
    write: &mut Write<'_>,
    scope: &str,
    id: &str,
) -> Result<(), SqlStoreError> {
    sqlx::query("UPDATE openresponses_turns SET kids = kids - 1 WHERE scope = $1 AND id = $2")
        .bind(scope)
        .bind(id)
        .execute(&mut *write.transaction)
        .await?;
    Ok(())
}

/// Removes a turn and those before it as long as neither a response nor a continuation needs them.
async fn prune_chain(write: &mut Write<'_>, scope: &str, id: &str) -> Result<(), SqlStoreError> {
    let mut next = Some(id.to_owned());
    for _ in 0..STEPS {
        let Some(id) = next.take() else { break };
        let removed: Option<Option<String>> = sqlx::query_scalar(
            "DELETE FROM openresponses_turns \
             WHERE scope = $1 AND id = $2 AND kids = 0 AND head IS NULL RETURNING parent",
        )
        .bind(scope)
        .bind(&*id)
        .fetch_optional(&mut *write.transaction)
        .await?;
        if let Some(Some(parent)) = removed {
            forget_continuation(write, scope, &parent).await?;
            next = Some(parent);
        }
    }
    Ok(())
}

/// Removes turns of any scope that are kept for nothing, some of which a long conversation leaves.
/// Returns true if there may be more.
pub(crate) async fn prune_rest(database: &Database) -> Result<bool, SqlStoreError> {
    let mut write = database.write().await?;
    let query = write.dialect.sql(&format!(
        "SELECT scope, id FROM openresponses_turns WHERE head IS NULL AND kids = 0 LIMIT 1 {}",
        write.dialect.skip_locked()
    ));
    let rest = sqlx::query::<Any>(query)
        .fetch_optional(&mut *write.transaction)
        .await?;
    let Some(rest) = rest else { return Ok(false) };
    let (scope, id): (String, String) = (rest.try_get("scope")?, rest.try_get("id")?);
    prune(&mut write, &scope, &id).await?;
    write.commit().await?;
    Ok(true)
}
