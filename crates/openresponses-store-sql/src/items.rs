//! Where items are, for references.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use openresponses_tower::store::{ItemPlace, work_on};
use openresponses_types::Item;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::database::Write;
use crate::error::SqlStoreError;
use crate::reader::{Query, Reader, Rows};

/// The most rows of one statement: SQLite has a limit of values.
const ROWS: usize = 1000;

/// Indexes the items of a turn, in place of those that it had.
pub(crate) async fn index(
    write: &mut Write<'_>,
    scope: &str,
    turn: &str,
    replaces: bool,
    places: &[ItemPlace],
) -> Result<(), SqlStoreError> {
    if replaces {
        unindex(write, scope, turn).await?;
    }
    for some in places.chunks(ROWS) {
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
                .bind(place.id.as_bytes())
                .bind(i64::try_from(place.start).unwrap_or(i64::MAX))
                .bind(i64::try_from(place.end - place.start).unwrap_or(i64::MAX));
        }
        insert.execute(&mut *write.transaction).await?;
    }
    Ok(())
}

/// Removes the items of a turn from the index.
pub(crate) async fn unindex(
    write: &mut Write<'_>,
    scope: &str,
    turn: &str,
) -> Result<(), SqlStoreError> {
    sqlx::query("DELETE FROM openresponses_items WHERE scope = $1 AND turn = $2")
        .bind(scope)
        .bind(turn)
        .execute(&mut *write.transaction)
        .await?;
    Ok(())
}

/// Returns items of live turns, in the order of `ids`.
pub(crate) async fn find(
    reader: &Reader<'_>,
    ids: &[&str],
) -> Result<Vec<Option<Arc<Item>>>, SqlStoreError> {
    let mut found: HashMap<Vec<u8>, Arc<Item>> = HashMap::new();
    for some in ids.chunks(ROWS) {
        let text = query(some.len());
        let query = || {
            let query = sqlx::query(reader.database.dialect.sql(&text));
            let bind = |query: Query<'static>, id: &&str| query.bind(id.as_bytes().to_vec());
            some.iter().fold(query.bind(reader.scope.clone()), bind)
        };
        let read = |row: &AnyRow| Ok((row.try_get("item")?, row.try_get("json")?));
        let Rows {
            rows,
            bytes,
            transfer,
        } = reader.rows::<(Vec<u8>, Vec<u8>)>(query, read).await?;
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
    let find = |id: &&str| found.get(id.as_bytes()).map(Arc::clone);
    Ok(ids.iter().map(find).collect())
}

/// Returns the query for so many ids, the newest response with an item last.
fn query(ids: usize) -> String {
    let mut list = String::new();
    for at in 0..ids {
        let comma = if at == 0 { "" } else { ", " };
        // Printing into a string cannot fail.
        let _ = write!(list, "{comma}${}", at + 2);
    }
    let found = format!(
        "FROM openresponses_items AS places JOIN openresponses_turns AS turns \
            ON turns.scope = places.scope AND turns.id = places.turn \
            AND turns.head IS NOT NULL AND turns.expires > {{now}} \
            AND places.scope = $1 AND places.item IN ({list})"
    );
    format!(
        "SELECT places.item, CASE WHEN sums.total <= ${} \
            THEN substr(turns.items, CAST(places.start + 1 AS INTEGER), \
                CAST(places.length AS INTEGER)) END AS json, sums.total \
         {found} JOIN (SELECT CAST(coalesce(sum(places.length), 0) AS BIGINT) AS total {found}) \
            AS sums ON 1 = 1 \
         ORDER BY turns.expires",
        ids + 2
    )
}
