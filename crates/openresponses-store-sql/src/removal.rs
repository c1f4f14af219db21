//! Removal of turns and of what was kept for them only.

use sqlx::{Any, Row};

use crate::database::{Database, Write};
use crate::error::SqlStoreError;
use crate::items;
use crate::values::{list, padded};

/// The statements by which one transaction removes turns. Beyond it, it leaves rows that [`prune_rest`]
/// finds.
pub(crate) struct Steps(usize);

impl Steps {
    pub(crate) fn new() -> Self {
        Self(200)
    }

    /// Takes a statement. Returns false when none is left.
    fn take(&mut self) -> bool {
        let is_left = self.0 > 0;
        self.0 = self.0.saturating_sub(1);
        is_left
    }

    pub(crate) fn are_used(&self) -> bool {
        self.0 == 0
    }
}

/// Removes the responses of turns, and the items that no continuation needs.
pub(crate) async fn remove(
    write: &mut Write<'_>,
    scope: &str,
    ids: &[String],
    steps: &mut Steps,
) -> Result<(), SqlStoreError> {
    let ids_padded = padded(ids);
    let query = format!(
        "UPDATE openresponses_turns SET head = NULL, scope_name = NULL, expires = 0, \
            bytes = length(items) WHERE scope = $1 AND id IN {}",
        list(2, ids_padded.len())
    );
    let mut update = sqlx::query(write.dialect.sql(&query)).bind(scope);
    for id in ids_padded {
        update = update.bind(&**id);
    }
    update.execute(&mut *write.transaction).await?;
    items::unindex(write, scope, ids).await?;
    for _ in 0..2 {
        steps.take();
    }
    for id in ids {
        prune_chain(write, scope, id, steps).await?;
    }
    Ok(())
}

/// Removes a continuation from a turn, and then the turn if it was kept for that only.
pub(crate) async fn release(
    write: &mut Write<'_>,
    scope: &str,
    id: &str,
) -> Result<(), SqlStoreError> {
    forget_continuation(write, scope, id).await?;
    prune_chain(write, scope, id, &mut Steps::new()).await?;
    Ok(())
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
/// Returns the ids of the removed ones.
async fn prune_chain(
    write: &mut Write<'_>,
    scope: &str,
    id: &str,
    steps: &mut Steps,
) -> Result<Vec<String>, SqlStoreError> {
    let mut gone = Vec::new();
    let mut next = Some(id.to_owned());
    while let Some(id) = next.take() {
        if !steps.take() {
            break;
        }
        let removed: Option<Option<String>> = sqlx::query_scalar(
            "DELETE FROM openresponses_turns \
             WHERE scope = $1 AND id = $2 AND kids = 0 AND head IS NULL RETURNING parent",
        )
        .bind(scope)
        .bind(&*id)
        .fetch_optional(&mut *write.transaction)
        .await?;
        let Some(parent) = removed else { break };
        gone.push(id);
        if let Some(parent) = parent {
            steps.take();
            forget_continuation(write, scope, &parent).await?;
            next = Some(parent);
        }
    }
    Ok(gone)
}

/// Removes turns of any scope that are kept for nothing, some of which a long conversation leaves.
/// Returns true if there may be more.
pub(crate) async fn prune_rest(database: &Database) -> Result<bool, SqlStoreError> {
    let mut write = database.remove().await?;
    let query = write.dialect.sql(&format!(
        "SELECT scope, id FROM openresponses_turns WHERE head IS NULL AND kids = 0 LIMIT 1 {}",
        write.dialect.skip_locked()
    ));
    let rest = sqlx::query::<Any>(query)
        .fetch_optional(&mut *write.transaction)
        .await?;
    let Some(rest) = rest else { return Ok(false) };
    let (scope, id): (String, String) = (rest.try_get("scope")?, rest.try_get("id")?);
    let gone = prune_chain(&mut write, &scope, &id, &mut Steps::new()).await?;
    // A removal of the whole scope that was interrupted leaves them in the index.
    items::unindex(&mut write, &scope, &gone).await?;
    write.commit().await?;
    Ok(true)
}
