//! Turns: saving, changing, loading and deleting them.

use openresponses_tower::Scope;
use openresponses_tower::store::{
    AbandonedResponse, Claim, RecordParts, ResponseState, StoredResponse, UpdateCondition,
};
use sqlx::{Any, Row, any::AnyRow};

use crate::database::{Database, Write};
use crate::error::SqlStoreError;
use crate::options::{SqlStoreOptions, millis};
use crate::reader::flag;
use crate::removal::{Steps, release, remove};
use crate::scope::key;
use crate::{events, items, limits};

/// What a write did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    Yes,
    /// The condition does not hold.
    Refused,
    /// The turn that it continues is gone, or it was saved as the continuation of another one.
    WithoutParent,
}

/// What is there before a write.
struct Old {
    live: bool,
    parent: Option<String>,
    is_open: bool,
    holder: Option<String>,
    /// The time of the claim has passed.
    lapsed: bool,
}

impl Old {
    async fn find(
        write: &mut Write<'_>,
        scope: &str,
        id: &str,
    ) -> Result<Option<Self>, SqlStoreError> {
        let query = write.dialect.sql(
            "SELECT CASE WHEN head IS NOT NULL AND expires > {now} THEN 1 ELSE 0 END AS live, \
                    parent, is_open, holder, \
                    CASE WHEN held_until <= {now} THEN 1 ELSE 0 END AS lapsed \
             FROM openresponses_turns WHERE scope = $1 AND id = $2 {lock}",
        );
        let row = sqlx::query(query)
            .bind(scope)
            .bind(id)
            .fetch_optional(&mut *write.transaction)
            .await?;
        row.map(|row| {
            Ok(Self {
                live: flag(&row, "live")?,
                parent: row.try_get("parent")?,
                is_open: flag(&row, "is_open")?,
                holder: row.try_get("holder")?,
                lapsed: flag(&row, "lapsed")?,
            })
        })
        .transpose()
    }

    fn allows(&self, condition: UpdateCondition<'_>) -> bool {
        let holds = match condition {
            UpdateCondition::Unfinished => true,
            UpdateCondition::HeldBy(holder) => self.holder.as_deref() == Some(holder),
            UpdateCondition::Abandoned => self.lapsed,
        };
        self.live && self.is_open && holds
    }
}

/// Writes a record, of which `parts` is the text.
pub(crate) async fn write(
    database: &Database,
    named: &Scope,
    record: &StoredResponse,
    parts: &RecordParts,
    condition: Option<UpdateCondition<'_>>,
    options: &SqlStoreOptions,
) -> Result<Written, SqlStoreError> {
    let scope = &*key(named);
    let parent = record.ancestor().map(|ancestor| ancestor.id());
    let mut write = database.write().await?;
    let old = Old::find(&mut write, scope, record.id()).await?;
    if let Some(condition) = condition
        && !old.as_ref().is_some_and(|old| old.allows(condition))
    {
        return Ok(Written::Refused);
    }
    if let Some(old) = &old
        && old.parent.as_deref() != parent
    {
        if parent.is_some() {
            return Ok(Written::WithoutParent);
        }
        // It gets a conversation of its own.
        if let Some(before) = &old.parent {
            release(&mut write, scope, before).await?;
        }
    }
    let above = match parent {
        Some(parent) => {
            let one_more = i64::from(old.is_none());
            let size: Option<i64> = sqlx::query_scalar(
                "UPDATE openresponses_turns SET kids = kids + $3 \
                 WHERE scope = $1 AND id = $2 RETURNING size",
            )
            .bind(scope)
            .bind(parent)
            .bind(one_more)
            .fetch_optional(&mut *write.transaction)
            .await?;
            match size {
                Some(size) => usize::try_from(size).unwrap_or(0),
                None => return Ok(Written::WithoutParent),
            }
        }
        None => 0,
    };
    let size = above.saturating_add(parts.items.len());
    let bytes = size.saturating_add(parts.head.len());
    let limit = options.max_record_bytes.min(options.scope_bytes);
    if bytes > limit {
        return Err(SqlStoreError::TooLarge { bytes, limit });
    }
    put(&mut write, named, record, parts, size, options).await?;
    items::index(&mut write, scope, record.id(), old.is_some(), &parts.index).await?;
    limits::enforce(&mut write, scope, record.id(), options).await?;
    write.commit().await?;
    Ok(Written::Yes)
}

async fn put(
    write: &mut Write<'_>,
    scope: &Scope,
    record: &StoredResponse,
    parts: &RecordParts,
    size: usize,
    options: &SqlStoreOptions,
) -> Result<(), SqlStoreError> {
    let claim = record.claim();
    let query = write.dialect.sql(
        "INSERT INTO openresponses_turns \
            (scope, id, parent, head, items, size, kids, expires, is_open, holder, held_until, \
             scope_name, bytes) \
         VALUES ($1, $2, $3, $4, $5, $6, 0, {now} + $7, $8, $9, \
            CASE WHEN $9 IS NULL THEN NULL ELSE {now} + $10 END, $11, $12) \
         ON CONFLICT (scope, id) DO UPDATE SET parent = excluded.parent, \
            head = excluded.head, items = excluded.items, size = excluded.size, \
            expires = excluded.expires, is_open = excluded.is_open, \
            holder = excluded.holder, held_until = excluded.held_until, \
            scope_name = excluded.scope_name, bytes = excluded.bytes",
    );
    sqlx::query(query)
        .bind(key(scope))
        .bind(record.id())
        .bind(record.ancestor().map(|ancestor| ancestor.id()))
        .bind(&*parts.head)
        .bind(parts.items.as_bytes())
        .bind(i64::try_from(size).unwrap_or(i64::MAX))
        .bind(options.expiry())
        .bind(i64::from(!record.is_finished()))
        .bind(claim.map(Claim::holder))
        .bind(claim.map_or(0, |claim| millis(claim.time())))
        .bind(claim.map(|_| scope.as_str().as_bytes().to_vec()))
        .bind(i64::try_from(parts.bytes()).unwrap_or(i64::MAX))
        .execute(&mut *write.transaction)
        .await?;
    Ok(())
}

/// Returns the state of a turn that has a response.
pub(crate) async fn state(
    database: &Database,
    scope: &str,
    id: &str,
) -> Result<Option<ResponseState>, SqlStoreError> {
    let query = database.dialect.sql(
        "SELECT is_open, CASE WHEN held_until <= {now} THEN 1 ELSE 0 END AS lapsed \
         FROM openresponses_turns \
         WHERE scope = $1 AND id = $2 AND head IS NOT NULL AND expires > {now}",
    );
    let row = sqlx::query::<Any>(query)
        .bind(scope)
        .bind(id)
        .fetch_optional(&database.pool)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(
        match (flag(&row, "is_open")?, flag(&row, "lapsed")?) {
            (false, _) => ResponseState::Finished,
            (true, true) => ResponseState::Abandoned,
            (true, false) => ResponseState::Unfinished,
        },
    ))
}

/// Renews a claim, and lets the response and its log expire later.
pub(crate) async fn renew(
    database: &Database,
    scope: &str,
    id: &str,
    claim: &Claim,
    options: &SqlStoreOptions,
) -> Result<bool, SqlStoreError> {
    let mut write = database.write().await?;
    let query = write.dialect.sql(
        "UPDATE openresponses_turns SET held_until = {now} + $4, expires = {now} + $5 \
         WHERE scope = $1 AND id = $2 AND holder = $3 AND is_open = 1 \
            AND head IS NOT NULL AND expires > {now}",
    );
    let renewed = sqlx::query::<Any>(query)
        .bind(scope)
        .bind(id)
        .bind(claim.holder())
        .bind(millis(claim.time()))
        .bind(options.expiry())
        .execute(&mut *write.transaction)
        .await?;
    let is_renewed = renewed.rows_affected() > 0;
    if is_renewed {
        events::prolong(&mut write, scope, id, options).await?;
    }
    write.commit().await?;
    Ok(is_renewed)
}

/// Returns unfinished turns of any scope whose claims have lapsed, the first one first.
pub(crate) async fn find_abandoned(
    database: &Database,
    limit: usize,
) -> Result<Vec<AbandonedResponse>, SqlStoreError> {
    let query = database.dialect.sql(&format!(
        "SELECT scope_name, id FROM openresponses_turns \
         WHERE is_open = 1 AND held_until <= {{now}} AND scope_name IS NOT NULL \
            AND head IS NOT NULL AND expires > {{now}} ORDER BY held_until LIMIT {limit}"
    ));
    let rows = sqlx::query::<Any>(query).fetch_all(&database.pool).await?;
    let read = |row: &AnyRow| {
        let name: Vec<u8> = row.try_get("scope_name")?;
        let name = String::from_utf8(name).map_err(|_| SqlStoreError::Unreadable)?;
        let id: String = row.try_get("id")?;
        Ok(AbandonedResponse::new(Scope::new(&name), id))
    };
    rows.iter().map(read).collect()
}

/// Deletes a turn, and the items that no continuation needs.
pub(crate) async fn delete(
    database: &Database,
    scope: &str,
    id: &str,
) -> Result<bool, SqlStoreError> {
    let mut write = database.remove().await?;
    let query = write.dialect.sql(
        "SELECT CAST(1 AS BIGINT) FROM openresponses_turns \
         WHERE scope = $1 AND id = $2 AND head IS NOT NULL AND expires > {now} {lock}",
    );
    let found: Option<i64> = sqlx::query_scalar::<Any, i64>(query)
        .bind(scope)
        .bind(id)
        .fetch_optional(&mut *write.transaction)
        .await?;
    let ids = [id.to_owned()];
    if found.is_some() {
        remove(&mut write, scope, &ids, &mut Steps::new()).await?;
    }
    events::delete(&mut write, scope, &ids).await?;
    write.commit().await?;
    Ok(found.is_some())
}
