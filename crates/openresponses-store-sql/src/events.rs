//! Logs of events.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use openresponses_tower::store::{EventBatch, EventPage, LoggedEvent, attempt_of, first_number};
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _};
use tokio::time::Instant;

use crate::database::{Database, Write};
use crate::error::SqlStoreError;
use crate::options::SqlStoreOptions;
use crate::reader::{Reader, Rows, flag};
use crate::values::{delete_rows, parts};

/// The most events of one statement, and of one page.
const EVENTS: usize = 500;

/// The bytes of logs after which a sweep ends.
const MAX_SWEPT_BYTES: i64 = 4 << 20;

/// The reads of one process that wait for events without longer pauses.
const MAX_EAGER: u32 = 64;

/// The first and the longest pause between two looks for new events.
const PAUSES: [Duration; 2] = [Duration::from_millis(10), Duration::from_millis(200)];

/// Appends to the log of an attempt. Returns false when there is none, or it has ended before an event.
pub(crate) async fn append(
    database: &Database,
    scope: &str,
    id: &str,
    batch: &EventBatch,
    options: &SqlStoreOptions,
) -> Result<bool, SqlStoreError> {
    let mut write = database.write().await?;
    let begin = i64::try_from(first_number(batch.attempt)).unwrap_or(i64::MAX);
    if batch.opens {
        open(
            &mut write,
            scope,
            id,
            begin,
            options.event_expiry(batch.keep),
        )
        .await?;
    }
    let query = write.dialect.sql(
        "SELECT bytes, first, next, ended FROM openresponses_logs \
         WHERE scope = $1 AND id = $2 AND expires > {now} {lock}",
    );
    let log = sqlx::query::<Any>(query)
        .bind(scope)
        .bind(id)
        .fetch_optional(&mut *write.transaction)
        .await?;
    let Some(log) = log else { return Ok(false) };
    let mut bytes: i64 = log.try_get("bytes")?;
    let mut first: i64 = log.try_get("first")?;
    let mut next: i64 = log.try_get("next")?;
    if begin_of(next) != begin {
        return Ok(false);
    }
    let new: Vec<&LoggedEvent> = batch
        .events
        .iter()
        .filter(|event| number(event) >= next)
        .collect();
    let ended: i64 = log.try_get("ended")?;
    if ended == 1 && !new.is_empty() {
        return Ok(false);
    }
    for some in parts(&new, EVENTS) {
        insert(&mut write, scope, id, some).await?;
    }
    for event in new {
        bytes = bytes.saturating_add(cost(event.frame.len()));
        next = number(event).saturating_add(1);
    }
    let limit = i64::try_from(options.events.bytes).unwrap_or(i64::MAX);
    if bytes > limit {
        (first, bytes) = trim(&mut write, scope, id, bytes, limit).await?;
    }
    let query = write.dialect.sql(
        "UPDATE openresponses_logs SET bytes = $3, first = $4, next = $5, \
            ended = CASE WHEN $6 = 1 THEN 1 ELSE ended END, expires = {now} + $7 \
         WHERE scope = $1 AND id = $2",
    );
    sqlx::query::<Any>(query)
        .bind(scope)
        .bind(id)
        .bind(bytes)
        .bind(first)
        .bind(next)
        .bind(i64::from(batch.ends))
        .bind(options.event_expiry(batch.keep))
        .execute(&mut *write.transaction)
        .await?;
    write.commit().await?;
    Ok(true)
}

/// Creates a log, also in place of one that has expired or is that of an earlier attempt.
async fn open(
    write: &mut Write<'_>,
    scope: &str,
    id: &str,
    begin: i64,
    expiry: i64,
) -> Result<(), SqlStoreError> {
    let query = write.dialect.sql(
        "INSERT INTO openresponses_logs (scope, id, bytes, first, next, ended, expires) \
         VALUES ($1, $2, 0, $3, $3, 0, {now} + $4) ON CONFLICT (scope, id) DO UPDATE \
         SET bytes = 0, first = $3, next = $3, ended = 0, expires = excluded.expires \
         WHERE openresponses_logs.next < $3 OR openresponses_logs.expires <= {now}",
    );
    let opened = sqlx::query::<Any>(query)
        .bind(scope)
        .bind(id)
        .bind(begin)
        .bind(expiry)
        .execute(&mut *write.transaction)
        .await?;
    if opened.rows_affected() > 0 {
        // Those of the log before.
        remove(write, "openresponses_events", scope, &[id.to_owned()]).await?;
    }
    Ok(())
}

/// Returns the number of the first event of the attempt to which the next event of a log belongs.
fn begin_of(next: i64) -> i64 {
    let attempt = attempt_of(u64::try_from(next).unwrap_or(0));
    i64::try_from(first_number(attempt)).unwrap_or(i64::MAX)
}

fn number(event: &LoggedEvent) -> i64 {
    i64::try_from(event.number).unwrap_or(i64::MAX)
}

fn cost(frame: usize) -> i64 {
    i64::try_from(frame.saturating_add(LoggedEvent::OVERHEAD)).unwrap_or(i64::MAX)
}

async fn insert(
    write: &mut Write<'_>,
    scope: &str,
    id: &str,
    events: &[&LoggedEvent],
) -> Result<(), SqlStoreError> {
    let mut query =
        String::from("INSERT INTO openresponses_events (scope, id, number, frame) VALUES ");
    for at in 0..events.len() {
        let comma = if at == 0 { "" } else { ", " };
        // Printing into a string cannot fail.
        let _ = write!(query, "{comma}($1, $2, ${}, ${})", 2 * at + 3, 2 * at + 4);
    }
    let mut insert = sqlx::query(write.dialect.sql(&query)).bind(scope).bind(id);
    for event in events {
        insert = insert.bind(number(event)).bind(event.frame.to_vec());
    }
    insert.execute(&mut *write.transaction).await?;
    Ok(())
}

/// Discards the oldest events beyond the limit. Returns the first number that is left, and the size.
async fn trim(
    write: &mut Write<'_>,
    scope: &str,
    id: &str,
    mut bytes: i64,
    limit: i64,
) -> Result<(i64, i64), SqlStoreError> {
    let mut first = 0;
    while bytes > limit {
        let query = write.dialect.sql(&format!(
            "SELECT number, CAST(length(frame) AS BIGINT) AS length FROM openresponses_events \
             WHERE scope = $1 AND id = $2 AND number >= $3 ORDER BY number LIMIT {EVENTS}"
        ));
        let rows = sqlx::query::<Any>(query)
            .bind(scope)
            .bind(id)
            .bind(first)
            .fetch_all(&mut *write.transaction)
            .await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            if bytes <= limit {
                break;
            }
            let length: i64 = row.try_get("length")?;
            bytes -= cost(usize::try_from(length).unwrap_or(usize::MAX));
            first = row.try_get::<i64, _>("number")?.saturating_add(1);
        }
    }
    sqlx::query("DELETE FROM openresponses_events WHERE scope = $1 AND id = $2 AND number < $3")
        .bind(scope)
        .bind(id)
        .bind(first)
        .execute(&mut *write.transaction)
        .await?;
    Ok((first, bytes))
}

/// Lets a log expire later.
pub(crate) async fn prolong(
    write: &mut Write<'_>,
    scope: &str,
    id: &str,
    options: &SqlStoreOptions,
) -> Result<(), SqlStoreError> {
    let query = write.dialect.sql(
        "UPDATE openresponses_logs SET expires = {now} + $3 \
         WHERE scope = $1 AND id = $2 AND expires > {now}",
    );
    sqlx::query::<Any>(query)
        .bind(scope)
        .bind(id)
        .bind(options.event_expiry(None))
        .execute(&mut *write.transaction)
        .await?;
    Ok(())
}

/// Removes logs with their events. The logs go first: an append holds the row of its log until it has
/// committed.
pub(crate) async fn delete(
    write: &mut Write<'_>,
    scope: &str,
    ids: &[String],
) -> Result<(), SqlStoreError> {
    remove(write, "openresponses_logs", scope, ids).await?;
    remove(write, "openresponses_events", scope, ids).await
}

/// Removes what a table has of some responses.
async fn remove(
    write: &mut Write<'_>,
    table: &str,
    scope: &str,
    ids: &[String],
) -> Result<(), SqlStoreError> {
    delete_rows(write, (table, "id"), scope, ids).await
}

/// Removes up to `limit` logs that have expired, and less where they are large.
pub(crate) async fn sweep(write: &mut Write<'_>, limit: u32) -> Result<(), SqlStoreError> {
    let query = write.dialect.sql(&format!(
        "SELECT scope, id, bytes FROM openresponses_logs \
         WHERE expires <= {{now}} ORDER BY expires LIMIT {limit} {}",
        write.dialect.skip_locked()
    ));
    let logs = sqlx::query::<Any>(query)
        .fetch_all(&mut *write.transaction)
        .await?;
    let (mut ids, mut bytes) = (BTreeMap::<String, Vec<String>>::new(), 0);
    for log in &logs {
        ids.entry(log.try_get("scope")?)
            .or_default()
            .push(log.try_get("id")?);
        bytes += log.try_get::<i64, _>("bytes")?;
        if bytes >= MAX_SWEPT_BYTES {
            break;
        }
    }
    for (scope, ids) in &ids {
        delete(write, scope, ids).await?;
    }
    Ok(())
}

/// Reads a log after a position, and waits for the first event.
pub(crate) async fn read(
    reader: &Reader<'_>,
    id: &str,
    after: Option<u64>,
    wait: Duration,
    waiting: &AtomicU32,
) -> Result<EventPage, SqlStoreError> {
    let end = Instant::now() + wait;
    let waiting = Waiting::new(waiting);
    let [mut pause, longest] = PAUSES.map(|pause| pause * waiting.share());
    loop {
        let page = page(reader, id, after).await?;
        let waits =
            matches!(&page, EventPage::Events { events, ended: false } if events.is_empty());
        if !waits || Instant::now() + pause > end {
            return Ok(page);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(longest);
    }
}

/// A read that waits for events.
struct Waiting<'a>(&'a AtomicU32);

impl<'a> Waiting<'a> {
    fn new(all: &'a AtomicU32) -> Self {
        all.fetch_add(1, Ordering::Relaxed);
        Self(all)
    }

    /// Returns how many times as long as alone each of them pauses: together they take at most some hundred
    /// looks a second of the connections, which other calls need.
    fn share(&self) -> u32 {
        self.0.load(Ordering::Relaxed).div_ceil(MAX_EAGER)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A row of a page: the log, and an event after the position if there is one.
struct Row {
    first: i64,
    next: i64,
    ended: bool,
    event: Option<LoggedEvent>,
}

impl Row {
    fn read(row: &AnyRow) -> Result<Self, SqlStoreError> {
        let event = match row.try_get::<Option<i64>, _>("number")? {
            Some(number) => {
                let frame: Vec<u8> = row.try_get("frame")?;
                let number = u64::try_from(number).unwrap_or(0);
                Some(LoggedEvent::new(number, frame))
            }
            None => None,
        };
        Ok(Self {
            first: row.try_get("first")?,
            next: row.try_get("next")?,
            ended: flag(row, "ended")?,
            event,
        })
    }
}

/// Reads what comes after a position, in one query, or two where that is large.
async fn page(
    reader: &Reader<'_>,
    id: &str,
    after: Option<u64>,
) -> Result<EventPage, SqlStoreError> {
    let start = after.map_or(0, |after| after.saturating_add(1));
    let start = i64::try_from(start).unwrap_or(i64::MAX);
    // One statement is one snapshot: an end is not seen without the events before it.
    let text = format!(
        "SELECT logs.first, logs.next, logs.ended, events.number, \
            CASE WHEN sums.total <= $4 THEN events.frame END AS frame, sums.total \
         FROM openresponses_logs AS logs \
         JOIN (SELECT CAST(coalesce(sum(bytes), 0) AS BIGINT) AS total FROM ( \
            SELECT length(frame) AS bytes FROM openresponses_events \
            WHERE scope = $1 AND id = $2 AND number >= $3 ORDER BY number LIMIT {EVENTS}) \
            AS page) AS sums ON 1 = 1 \
         LEFT JOIN openresponses_events AS events \
            ON events.scope = logs.scope AND events.id = logs.id AND events.number >= $3 \
         WHERE logs.scope = $1 AND logs.id = $2 AND logs.expires > {{now}} \
         ORDER BY events.number LIMIT {EVENTS}"
    );
    let query = || {
        let query = sqlx::query(reader.database.dialect.sql(&text));
        let query = query.bind(reader.scope.clone()).bind(id.to_owned());
        query.bind(start)
    };
    let Rows {
        rows,
        transfer: _transfer,
        ..
    } = reader.rows(query, Row::read, usize::MAX).await?;
    let Some(&Row {
        first, next, ended, ..
    }) = rows.first()
    else {
        return Ok(EventPage::Missing);
    };
    let begin = begin_of(next);
    let start = match after {
        None => begin,
        Some(_) if start < begin => return Ok(EventPage::Restarted),
        Some(_) => start,
    };
    if start < first {
        return Ok(EventPage::Gone);
    }
    let events: Vec<LoggedEvent> = rows.into_iter().filter_map(|row| row.event).collect();
    let last = events
        .last()
        .map_or(start, |event| number(event).saturating_add(1));
    Ok(EventPage::Events {
        events,
        ended: ended && last >= next,
    })
}
