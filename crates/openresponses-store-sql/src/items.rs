//! Where items are, for references.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use openresponses_tower::store::ItemPlace;
use openresponses_types::Item;
use sqlx::Row;

use crate::database::{Database, Write};
use crate::error::SqlStoreError;

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
    database: &Database,
    scope: &str,
    ids: &[&str],
) -> Result<Vec<Option<Arc<Item>>>, SqlStoreError> {
    let mut found: HashMap<Vec<u8>, Arc<Item>> = HashMap::new();
    for some in ids.chunks(ROWS) {
        let mut query = String::from(
            // The newest response with an item comes last.
            "SELECT places.item, substr(turns.items, CAST(places.start + 1 AS INTEGER), \
                CAST(places.length AS INTEGER)) AS json \
             FROM openresponses_items AS places JOIN openresponses_turns AS turns \
                ON turns.scope = places.scope AND turns.id = places.turn \
             WHERE places.scope = $1 AND turns.head IS NOT NULL AND turns.expires > {now} \
                AND places.item IN (",
        );
        for at in 0..some.len() {
            let comma = if at == 0 { "" } else { ", " };
            // Printing into a string cannot fail.
            let _ = write!(query, "{comma}${}", at + 2);
        }
        query.push_str(") ORDER BY turns.expires");
        let mut select = sqlx::query(database.dialect.sql(&query)).bind(scope);
        for id in some {
            select = select.bind(id.as_bytes());
        }
        for row in select.fetch_all(&database.pool).await? {
            let json: Vec<u8> = row.try_get("json")?;
            let item = Item::from_json(&json).map_err(|_| SqlStoreError::Unreadable)?;
            found.insert(row.try_get("item")?, Arc::new(item));
        }
    }
    let find = |id: &&str| found.get(id.as_bytes()).map(Arc::clone);
    Ok(ids.iter().map(find).collect())
}
