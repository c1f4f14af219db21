//! Removal of a turn and of what was kept for it only.

use crate::database::Write;
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

/// Removes what is left of a turn without its response, unless a continuation needs its items, and
/// then the turns before it that were kept for it only.
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
    while let Some(id) = next.take() {
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
