//! Loading of a response with its conversation.

use openresponses_tower::store::{StoredResponse, work_on};
use sqlx::{Row, any::AnyRow};

use crate::error::SqlStoreError;
use crate::reader::{Reader, Rows, flag};

/// A turn of the conversation.
struct Turn {
    /// The number of turns that follow it.
    depth: i64,
    id: String,
    parent: Option<String>,
    /// Of the response itself.
    head: Option<String>,
    items: String,
    lapsed: bool,
}

impl Turn {
    fn read(row: &AnyRow) -> Result<Self, SqlStoreError> {
        let items: Vec<u8> = row.try_get("items")?;
        Ok(Self {
            depth: row.try_get("depth")?,
            id: row.try_get("id")?,
            parent: row.try_get("parent")?,
            head: row.try_get("head")?,
            items: String::from_utf8(items).map_err(|_| SqlStoreError::Unreadable)?,
            lapsed: flag(row, "lapsed")?,
        })
    }
}

/// Loads a record with its conversation, in one query, or two for a large one.
pub(crate) async fn load(
    reader: &Reader<'_>,
    id: &str,
) -> Result<Option<StoredResponse>, SqlStoreError> {
    // What a row has of its own is counted in `size` with the conversation, and in `bytes` with its
    // response.
    const TOTAL: &str = "size + bytes - length(items)";
    let text = format!(
        "WITH RECURSIVE chain (depth, id, parent, lapsed, total) AS ( \
            SELECT CAST(0 AS BIGINT), id, parent, \
                CAST(CASE WHEN held_until <= {{now}} THEN 1 ELSE 0 END AS BIGINT), \
                CAST({TOTAL} AS BIGINT) \
            FROM openresponses_turns \
            WHERE scope = $1 AND id = $2 AND head IS NOT NULL AND expires > {{now}} \
            UNION ALL \
            SELECT chain.depth + 1, turns.id, turns.parent, chain.lapsed, chain.total \
            FROM openresponses_turns AS turns JOIN chain ON turns.id = chain.parent \
            WHERE turns.scope = $1 AND chain.total <= $3 \
         ) SELECT chain.depth, chain.id, chain.parent, \
            CASE WHEN chain.depth = 0 AND chain.total <= $3 THEN turns.head END AS head, \
            CASE WHEN chain.total <= $3 THEN turns.items END AS items, chain.lapsed, chain.total \
         FROM chain CROSS JOIN openresponses_turns AS turns \
         WHERE turns.scope = $1 AND turns.id = chain.id"
    );
    let query = || {
        let query = sqlx::query(reader.database.dialect.sql(&text));
        query.bind(reader.scope.clone()).bind(id.to_owned())
    };
    let Rows {
        rows: mut turns,
        bytes,
        transfer,
    } = reader.rows(query, Turn::read, usize::MAX).await?;
    // The database would copy all items to sort them.
    turns.sort_unstable_by_key(|turn| turn.depth);
    if turns.last().is_some_and(|root| root.parent.is_some()) {
        // A conversation with gaps is never returned.
        return Err(SqlStoreError::Unreadable);
    }
    if turns.is_empty() {
        return Ok(None);
    }
    let record = work_on(bytes, move || Some((record(&turns)?, transfer)));
    match record.await {
        Ok(Some((record, _transfer))) => Ok(Some(record)),
        Ok(None) | Err(_) => Err(SqlStoreError::Unreadable),
    }
}

/// Reads the record of the first of the turns, which the others precede.
fn record(turns: &[Turn]) -> Option<StoredResponse> {
    let (own, earlier) = turns.split_first()?;
    let root = turns.last()?;
    let parent = own.parent.as_deref();
    let texts = earlier.iter().rev().map(|turn| &*turn.items);
    let head = own.head.as_deref()?;
    let record = StoredResponse::from_parts(&root.id, parent, texts, head, &own.items);
    Some(record.ok()?.abandoned(own.lapsed))
}
