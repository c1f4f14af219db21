//! The store of responses.

use std::fmt;
#[cfg(any(feature = "redis", feature = "sqlite", feature = "postgres"))]
use std::sync::Arc;

use openresponses_gateway::auth::Principal;
use openresponses_gateway::budget::{Account, Budgets};
use openresponses_tower::Config;
use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
use toml::Spanned;

use crate::file::{self, Fault, Source, StoreKind};
use crate::measured_store::measured;
use crate::probe::Probe;
use crate::share::ShareApprovals;

/// The value of `--store`.
#[derive(PartialEq, Eq)]
pub(crate) enum Store {
    Memory,
    Redis(String),
    Sql(String),
    None,
}

impl Store {
    pub(crate) fn parse(value: String) -> Result<Self, String> {
        match value.as_str() {
            "memory" => Ok(Self::Memory),
            "none" => Ok(Self::None),
            url if url.starts_with("redis:") => Ok(Self::Redis(value)),
            url if is_sql(url) => Ok(Self::Sql(value)),
            // The value may contain a password.
            _ => Err(
                "There is no such store: choose memory, none, redis://HOST:PORT, sqlite:FILE or \
                 postgres://HOST/DATABASE."
                    .into(),
            ),
        }
    }
}

const SQLITE: &str = "sqlite:";

fn is_sql(url: &str) -> bool {
    [SQLITE, "postgres:", "postgresql:"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
}

/// The configuration with its store.
pub(crate) struct Stored {
    pub(crate) config: Config,
    /// Set where the store is outside of the process.
    pub(crate) share: Option<ShareApprovals>,
}

impl Stored {
    fn here(config: Config) -> Self {
        Self {
            config,
            share: None,
        }
    }
}

/// Returns false if the command line, or else the file, chooses to store nothing.
pub(crate) fn is_chosen(flag: Option<&Store>, file: &file::Store) -> bool {
    match (flag, &file.kind) {
        (Some(store), _) => *store != Store::None,
        (None, Some(kind)) => *kind.as_ref() != StoreKind::None,
        (None, None) => true,
    }
}

/// Adds the store of the command line or of the file to the configuration. Other settings of the
/// store in the file apply to both.
///
/// # Errors
/// An invalid address.
pub(crate) fn add_to(
    config: Config,
    flag: Option<&Store>,
    file: &file::Store,
    source: Option<&Source>,
    probes: &mut Vec<Probe>,
) -> Result<Stored, Fault> {
    let kind = match flag {
        Some(Store::Memory) => StoreKind::Memory,
        Some(Store::None) => StoreKind::None,
        Some(Store::Redis(url)) => {
            return redis(config, url, file, probes)
                .map_err(|message| Fault::new(format!("--store: {message}")));
        }
        Some(Store::Sql(url)) => {
            return sql(config, url, file, probes)
                .map_err(|message| Fault::new(format!("--store: {message}")));
        }
        None => file
            .kind
            .as_ref()
            .map_or(StoreKind::Memory, |kind| *kind.as_ref()),
    };
    match (kind, source) {
        (StoreKind::Memory, _) => Ok(Stored::here(
            config.store(measured(MemoryStore::new(memory(file)))),
        )),
        (StoreKind::Redis, Some(source)) => {
            let fields = ["store.redis", "store.redis.url", "store.redis.url_env"];
            let (url, at, field) = url(file, &file.redis.url, &file.redis.url_env, fields, source)?;
            redis(config, &url, file, probes).map_err(|message| source.fault(at, field, message))
        }
        (StoreKind::Sql, Some(source)) => {
            let fields = ["store.sql", "store.sql.url", "store.sql.url_env"];
            let (url, at, field) = url(file, &file.sql.url, &file.sql.url_env, fields, source)?;
            if let Some(size) = file.sql.file.as_ref().filter(|_| !url.starts_with(SQLITE)) {
                let message = "it bounds the file of SQLite, and the address is of another database: remove it";
                return Err(source.fault(Some(size.span()), "store.sql.file", message));
            }
            sql(config, &url, file, probes).map_err(|message| source.fault(at, field, message))
        }
        _ => Ok(Stored::here(config)),
    }
}

fn memory(file: &file::Store) -> MemoryStoreLimits {
    let mut limits = MemoryStoreLimits::default();
    if let Some(count) = file.memory.responses {
        limits = limits.entries(count.get());
    }
    if let Some(size) = file.memory.size {
        limits = limits.bytes(size.in_memory());
    }
    if let Some(count) = file.memory.tenant_responses {
        limits = limits.scope_entries(count.get());
    }
    if let Some(size) = file.memory.tenant_size {
        limits = limits.scope_bytes(size.in_memory());
    }
    if let Some(wait) = file.memory.keep {
        limits = limits.time_to_live(wait.0);
    }
    limits
}

type Url = (String, Option<std::ops::Range<usize>>, &'static str);

/// Returns an address from the file or the environment. `fields` are the table and the two.
fn url(
    file: &file::Store,
    url: &Option<Spanned<String>>,
    variable: &Option<Spanned<String>>,
    fields: [&'static str; 3],
    source: &Source,
) -> Result<Url, Fault> {
    let [table, url_field, variable_field] = fields;
    match (url, variable) {
        (Some(url), None) => Ok((url.as_ref().clone(), Some(url.span()), url_field)),
        (None, Some(variable)) => {
            let (name, at) = (variable.as_ref(), Some(variable.span()));
            match std::env::var(name) {
                Ok(url) => Ok((url, at, variable_field)),
                Err(_) => Err(source.fault(at, variable_field, file::unset(name))),
            }
        }
        (first, second) => {
            let given = first.as_ref().or(second.as_ref()).map(Spanned::span);
            let at = given.or(file.kind.as_ref().map(Spanned::span));
            let message = "the store needs one of `url` and `url_env`";
            Err(source.fault(at, table, message))
        }
    }
}

#[cfg(feature = "redis")]
fn redis(
    config: Config,
    url: &str,
    file: &file::Store,
    probes: &mut Vec<Probe>,
) -> Result<Stored, String> {
    let store = redis_store(url, file, "store.redis", probes)?;
    let approvals = store.clone();
    Ok(Stored {
        config: config.store(measured(store)),
        share: Some(Arc::new(move |tools| {
            tools.approval_store(approvals.clone())
        })),
    })
}

#[cfg(feature = "redis")]
fn redis_options(file: &file::Store) -> openresponses_store_redis::RedisStoreOptions {
    let file = &file.redis;
    let mut options = openresponses_store_redis::RedisStoreOptions::new();
    if let Some(prefix) = &file.prefix {
        options = options.prefix(prefix);
    }
    if let Some(wait) = file.keep {
        options = options.time_to_live(wait.0);
    }
    if let Some(size) = file.record {
        options = options.max_record_bytes(size.in_memory());
    }
    if let Some(count) = file.tenant_responses {
        options = options.scope_responses(count.get());
    }
    if let Some(size) = file.tenant_size {
        options = options.scope_bytes(size.in_memory());
    }
    if let Some(size) = file.transfer {
        options = options.transfer_bytes(size.in_memory());
    }
    if let Some(wait) = file.connect_timeout {
        options = options.connect_timeout(wait.0);
    }
    if let Some(wait) = file.timeout {
        options = options.timeout(wait.0);
    }
    options
}

#[cfg(feature = "redis")]
fn redis_store(
    url: &str,
    file: &file::Store,
    name: &str,
    probes: &mut Vec<Probe>,
) -> Result<openresponses_store_redis::RedisStore, String> {
    use openresponses_store_redis::RedisStore;
    let options = redis_options(file);
    let store = RedisStore::connect(url, options).map_err(|error| error.to_string())?;
    let probed = store.clone();
    probes.push(Probe::new(name, async move { probed.ping().await }));
    Ok(store)
}

/// Creates budgets that the servers with one Redis share. It is that of `[store.redis]`, which need
/// not be the store of responses.
///
/// # Errors
/// An invalid address.
#[cfg(feature = "redis")]
pub(crate) fn budgets(
    file: &file::Store,
    source: &Source,
    at: Option<std::ops::Range<usize>>,
    probes: &mut Vec<Probe>,
    account: impl Fn(&Principal) -> Option<Account> + Send + Sync + 'static,
) -> Result<Budgets, Fault> {
    let field = "budgets.store";
    if file.redis.url.is_none() && file.redis.url_env.is_none() {
        let message =
            "it needs `url` or `url_env` in [store.redis], which is read at the start only";
        return Err(source.fault(at, field, message));
    }
    let fields = ["store.redis", "store.redis.url", "store.redis.url_env"];
    let (url, at, field) = url(file, &file.redis.url, &file.redis.url_env, fields, source)?;
    let store = redis_store(&url, file, "budgets", probes);
    let store = store.map_err(|message| source.fault(at, field, message))?;
    Ok(Budgets::new(store, account))
}

#[cfg(not(feature = "redis"))]
pub(crate) fn budgets(
    _: &file::Store,
    source: &Source,
    at: Option<std::ops::Range<usize>>,
    _: &mut Vec<Probe>,
    _: impl Fn(&Principal) -> Option<Account> + Send + Sync + 'static,
) -> Result<Budgets, Fault> {
    let message = "this server was built without its feature 'redis'";
    Err(source.fault(at, "budgets.store", message))
}

#[cfg(not(feature = "redis"))]
fn redis(_: Config, _: &str, _: &file::Store, _: &mut Vec<Probe>) -> Result<Stored, String> {
    Err("this server was built without its feature 'redis'".into())
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
fn sql_options(file: &file::Store) -> openresponses_store_sql::SqlStoreOptions {
    let file = &file.sql;
    let mut options = openresponses_store_sql::SqlStoreOptions::new();
    if let Some(wait) = file.keep {
        options = options.time_to_live(wait.0);
    }
    if let Some(size) = file.record {
        options = options.max_record_bytes(size.in_memory());
    }
    if let Some(count) = file.tenant_responses {
        options = options.scope_responses(count.get());
    }
    if let Some(size) = file.tenant_size {
        options = options.scope_bytes(size.in_memory());
    }
    if let Some(size) = &file.file {
        options = options.file_bytes(size.as_ref().in_memory());
    }
    if let Some(size) = file.transfer {
        options = options.transfer_bytes(size.in_memory());
    }
    if let Some(count) = file.connections {
        options = options.connections(count.get());
    }
    if let Some(wait) = file.timeout {
        options = options.timeout(wait.0);
    }
    if let Some(migrate) = file.migrate {
        options = options.migrate(migrate);
    }
    options
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
fn sql(
    config: Config,
    url: &str,
    file: &file::Store,
    probes: &mut Vec<Probe>,
) -> Result<Stored, String> {
    use openresponses_store_sql::SqlStore;
    let options = sql_options(file);
    let store = SqlStore::connect_lazy(url, options).map_err(|error| error.to_string())?;
    let probed = store.clone();
    probes.push(Probe::new("store.sql", async move { probed.ping().await }));
    let approvals = store.clone();
    Ok(Stored {
        config: config.store(measured(store)),
        share: Some(Arc::new(move |tools| {
            tools.approval_store(approvals.clone())
        })),
    })
}

#[cfg(not(any(feature = "sqlite", feature = "postgres")))]
fn sql(_: Config, _: &str, _: &file::Store, _: &mut Vec<Probe>) -> Result<Stored, String> {
    Err("this server was built without its features 'sqlite' and 'postgres'".into())
}

/// An address may contain a password.
impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "Memory",
            Self::Redis(_) => "Redis(..)",
            Self::Sql(_) => "Sql(..)",
            Self::None => "None",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_choices() {
        let parse = |text: &str| Store::parse(text.into());
        assert_eq!(parse("memory"), Ok(Store::Memory));
        assert_eq!(parse("none"), Ok(Store::None));
        let url = "redis://:secret@127.0.0.1:6379/1";
        let store = parse(url).unwrap();
        assert_eq!(store, Store::Redis(url.into()));
        assert!(!format!("{store:?}").contains("secret"));
        let file = "sqlite:responses.db";
        assert_eq!(parse(file), Ok(Store::Sql(file.into())));
        let fault = parse("rediss+x://:secret@127.0.0.1").unwrap_err();
        assert!(!fault.contains("secret"));
    }

    #[cfg(any(feature = "redis", feature = "sqlite", feature = "postgres"))]
    fn file(table: &str) -> file::Store {
        toml::from_str(&format!("{table}\ntransfer = \"1MiB\"")).unwrap()
    }

    #[test]
    #[cfg(feature = "redis")]
    fn what_redis_transfers_at_once_is_bounded_as_the_file_says() {
        let options = redis_options(&file("[redis]"));
        assert!(format!("{options:?}").contains("transfer_bytes: 1048576,"));
    }

    #[test]
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    fn what_a_database_transfers_at_once_is_bounded_as_the_file_says() {
        let options = sql_options(&file("[sql]"));
        assert!(format!("{options:?}").contains("transfer_bytes: 1048576,"));
    }

    #[test]
    #[cfg(feature = "redis")]
    fn an_invalid_address_is_refused_without_being_shown() {
        let store = Store::Redis("redis://:secret@127.0.0.1:no".into());
        let file = file::Store::default();
        let refused = add_to(Config::new(), Some(&store), &file, None, &mut Vec::new());
        let fault = refused.err().unwrap();
        assert!(!format!("{fault} {fault:?}").contains("secret"));
    }
}
