//! Where items are, for references.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use openresponses_tower::store::{ItemPlace, work_on};
use openresponses_types::Item;
use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::database::Write;
use crate::error::SqlStoreError;
use crate::reader::{Query, Reader, Rows};
use crate::values::{delete_rows, list, padded, parts};

/// The most rows of one statement: SQLite has a limit of values.
const ROWS: usize = 1000;

/// The longest id that is indexed as it is, in bytes. PostgreSQL refuses rows of an index beyond a third of a
/// page, about 2,700 bytes.
const LONGEST: usize = 512;

/// Returns what an id is found by. That of a long one is one byte longer than those of all others: its
/// beginning, and its SHA-256.
fn key(id: &str) -> Vec<u8> {
    let id = id.as_bytes();
    if id.len() <= LONGEST {
        return id.to_vec();
    }
    let digest = Sha256::digest(id);
    let (start, _) = id.split_at(LONGEST + 1 - digest.len());
    [start, &digest].concat()
}

/// Indexes the items of a turn, in place of those that it had.
pub(crate) async fn index(
    write: &mut Write<'_>,
    scope: &str,
    turn: &str,
    replaces: bool,
    places: &[ItemPlace],
) -> Result<(), SqlStoreError> {
    if replaces {
        unindex(write, scope, &[turn.to_owned()]).await?;
    }
    for some in parts(places, ROWS) {
        let mut query = String::from(
            "INSERT INTO openresponses_items (scope, turn, item, start, length) VALUES ",
        );
        for at in 0..some.len() {
            let first = 3 * at + 3;
            let comma = if at == 0 { "" } else { ", " };
            // Printing into a string cannot fail.
            let _ = write!(
                query,
                "{comma}($1, $2, ${first}, ${}, ${})",
                first + 1,
                first + 2
            );
        }
        let mut insert = sqlx::query(write.dialect.sql(&query))
            .bind(scope)
            .bind(turn);
        for place in some {
            insert = insert
                .bind(key(&place.id))
                .bind(i64::try_from(place.start).unwrap_or(i64::MAX))
                .bind(i64::try_from(place.end - place.start).unwrap_or(i64::MAX));
        }
        insert.execute(&mut *write.transaction).await?;
    }
    Ok(())
}

/// Removes the items of turns from the index.
pub(crate) async fn unindex(
    write: &mut Write<'_>,
    scope: &str,
    turns: &[String],
) -> Result<(), SqlStoreError> {
    delete_rows(write, ("openresponses_items", "turn"), scope, turns).await
}

/// Returns items of live turns, in the order of `ids`, of up to `limit` bytes together.
pub(crate) async fn find(
    reader: &Reader<'_>,
    ids: &[&str],
    limit: usize,
) -> Result<Vec<Option<Arc<Item>>>, SqlStoreError> {
    let mut found: HashMap<Vec<u8>, Arc<Item>> = HashMap::new();
    let mut left = limit;
    for some in ids.chunks(ROWS) {
        let text = query(padded(some).len());
        let query = || {
            let query = sqlx::query(reader.database.dialect.sql(&text));
            let bind = |query: Query<'static>, id: &&str| query.bind(key(id));
            padded(some).fold(query.bind(reader.scope.clone()), bind)
        };
        let read = |row: &AnyRow| Ok((row.try_get("item")?, row.try_get("json")?));
        let Rows {
            rows,
            bytes,
            transfer,
        } = reader.rows::<(Vec<u8>, Vec<u8>)>(query, read, left).await?;
        left = left.saturating_sub(bytes);
        let read = work_on(bytes, move || {
            let read = |(id, json): (Vec<u8>, Vec<u8>)| {
                let item = Item::from_json(&json).map_err(|_| SqlStoreError::Unreadable)?;
                Ok((id, Arc::new(item)))
            };
            let items: Result<Vec<_>, SqlStoreError> = rows.into_iter().map(read).collect();
            (items, transfer)
        });
        let (items, _transfer) = read.await.map_err(|_| SqlStoreError::Unreadable)?;
        found.extend(items?);
    }
    let find = |id: &&str| found.get(&key(id)).map(Arc::clone);
    Ok(ids.iter().map(find).collect())
}

/// Returns the query for so many ids. Each item is that of the newest response with it: the rank is known
/// before any item is read.
fn query(ids: usize) -> String {
    let list = list(2, ids);
    format!(
        "WITH places AS ( \
            SELECT item, turn, start, length FROM ( \
                SELECT places.item, places.turn, places.start, places.length, row_number() OVER ( \
                    PARTITION BY places.item ORDER BY turns.expires DESC, places.turn) AS nth \
                FROM openresponses_items AS places JOIN openresponses_turns AS turns \
                    ON turns.scope = places.scope AND turns.id = places.turn \
                    AND turns.head IS NOT NULL AND turns.expires > {{now}} \
                    AND places.scope = $1 AND places.item IN {list}) AS ranked \
            WHERE nth = 1) \
         SELECT places.item, CASE WHEN sums.total <= ${} \
            THEN substr(turns.items, CAST(places.start + 1 AS INTEGER), \
                CAST(places.length AS INTEGER)) END AS json, sums.total \
         FROM places JOIN openresponses_turns AS turns \
            ON turns.scope = $1 AND turns.id = places.turn \
         CROSS JOIN (SELECT CAST(coalesce(sum(length), 0) AS BIGINT) AS total FROM places) AS sums",
        ids + 2
    )
}
