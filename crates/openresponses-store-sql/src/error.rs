use std::fmt;

/// Why a database could not be used. The error never contains the password of an address or content
/// of a conversation, so it can be logged.
///
/// It is the source of the [`StoreError`](openresponses_tower::store::StoreError)s of a
/// [`SqlStore`](crate::SqlStore).
///
/// ```
/// use openresponses_store_sql::{SqlStore, SqlStoreError, SqlStoreOptions};
///
/// # #[tokio::main]
/// # async fn main() {
/// let error = SqlStore::connect_lazy("mysql://127.0.0.1", SqlStoreOptions::new()).unwrap_err();
/// assert!(matches!(error, SqlStoreError::Configuration { .. }));
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SqlStoreError {
    /// An invalid address, or one of a database that this build does not support.
    Configuration {
        /// What is invalid, without repeating it.
        reason: Box<str>,
    },
    /// The connection could not be made, or was lost.
    Unreachable {
        /// The reason.
        reason: Box<str>,
    },
    /// The database did not answer in time. The transaction may have been committed.
    TimedOut,
    /// The database has no room: its disk is full, or its file has reached
    /// [`SqlStoreOptions::file_bytes`](crate::SqlStoreOptions::file_bytes).
    Full,
    /// The database cannot be written: a standby, or a file without permission.
    ReadOnly,
    /// The database refused for another reason.
    Refused {
        /// Its code for the reason.
        code: Box<str>,
    },
    /// The response, or all items that a request refers to, are larger than the limit.
    TooLarge {
        /// Its size in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The stored value is not a response, or a part of its conversation is missing.
    Unreadable,
}

impl SqlStoreError {
    /// The error of a driver. Its text is omitted where it may repeat what was sent.
    pub(crate) fn of(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Io(error) => Self::Unreachable {
                reason: error.to_string().into(),
            },
            sqlx::Error::Tls(_) => Self::Unreachable {
                reason: "TLS failed".into(),
            },
            sqlx::Error::PoolTimedOut => Self::TimedOut,
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Self::Unreachable {
                reason: "the connections are closed".into(),
            },
            sqlx::Error::Configuration(_) => Self::Configuration {
                reason: "the address cannot be read".into(),
            },
            sqlx::Error::Database(error) => Self::of_code(&error.code().unwrap_or_default()),
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::Decode(_) => Self::Unreadable,
            _ => Self::Refused {
                code: "protocol".into(),
            },
        }
    }

    /// The error of a code: five characters of PostgreSQL, a number of SQLite.
    fn of_code(code: &str) -> Self {
        match code {
            "53100" => return Self::Full,
            "25006" => return Self::ReadOnly,
            _ => {}
        }
        // The lowest byte is the kind of the error.
        match code.parse::<u32>().map(|code| code & 0xff) {
            Ok(13) if code.len() < 5 => Self::Full,
            Ok(8) if code.len() < 5 => Self::ReadOnly,
            Ok(14) if code.len() < 5 => Self::Unreachable {
                reason: "the file cannot be opened".into(),
            },
            _ => Self::Refused { code: code.into() },
        }
    }

    /// Returns true when the same transaction may succeed at once: it was in the way of another.
    pub(crate) fn is_conflict(&self) -> bool {
        // PostgreSQL: serialization failure, deadlock, and two inserts at once.
        matches!(self, Self::Refused { code } if matches!(&**code, "40001" | "40P01" | "23505"))
    }
}

/// Returns what a code of PostgreSQL means, for those of a wrong configuration.
fn meaning(code: &str) -> Option<&'static str> {
    Some(match code {
        "28000" | "28P01" => "the user or the password is wrong",
        "3D000" => "there is no such database",
        "42501" => "the user may not do this",
        "42P01" => "a table is missing",
        "53300" => "it has too many connections",
        _ => return None,
    })
}

impl From<sqlx::Error> for SqlStoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::of(&error)
    }
}

impl fmt::Display for SqlStoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration { reason } => write!(f, "invalid database address: {reason}"),
            Self::Unreachable { reason } => write!(f, "the database cannot be reached: {reason}"),
            Self::TimedOut => f.write_str("the database did not answer in time"),
            Self::Full => f.write_str("the database is full"),
            Self::ReadOnly => f.write_str("the database is read-only"),
            Self::Refused { code } => match meaning(code) {
                Some(meaning) => write!(f, "the database refused: {meaning} ({code})"),
                None => write!(f, "the database refused: {code}"),
            },
            Self::TooLarge { bytes, limit } => {
                write!(f, "the content has {bytes} bytes, the limit is {limit}")
            }
            Self::Unreadable => f.write_str("the stored value is not a response"),
        }
    }
}

impl std::error::Error for SqlStoreError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_configuration_is_said() {
        for (code, text) in [
            (
                "28P01",
                "the database refused: the user or the password is wrong (28P01)",
            ),
            (
                "3D000",
                "the database refused: there is no such database (3D000)",
            ),
            ("XX000", "the database refused: XX000"),
        ] {
            assert_eq!(SqlStoreError::of_code(code).to_string(), text);
        }
    }
}
