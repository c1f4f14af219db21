//! Where responses are kept.

use std::error::Error;
use std::fmt;

use openresponses_tower::Config;
use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};

/// The choice of `--store`.
#[derive(PartialEq, Eq)]
pub(crate) enum Store {
    Memory,
    Redis(String),
    None,
}

impl Store {
    pub(crate) fn parse(value: String) -> Result<Self, String> {
        match value.as_str() {
            "memory" => Ok(Self::Memory),
            "none" => Ok(Self::None),
            url if url.starts_with("redis:") => Ok(Self::Redis(value)),
            // It may have a password in it.
            _ => Err("There is no such store: choose memory, none or redis://HOST:PORT.".into()),
        }
    }

    /// The configuration with the store.
    pub(crate) fn add_to(&self, config: Config) -> Result<Config, Box<dyn Error>> {
        Ok(match self {
            Self::Memory => config.store(MemoryStore::new(MemoryStoreLimits::default())),
            Self::Redis(url) => redis(config, url)?,
            Self::None => config,
        })
    }
}

#[cfg(feature = "redis")]
fn redis(config: Config, url: &str) -> Result<Config, Box<dyn Error>> {
    use openresponses_store_redis::{RedisStore, RedisStoreOptions};
    Ok(config.store(RedisStore::connect(url, RedisStoreOptions::new())?))
}

#[cfg(not(feature = "redis"))]
fn redis(_: Config, _: &str) -> Result<Config, Box<dyn Error>> {
    Err("this server was built without its feature 'redis'".into())
}

/// An address may have a password in it.
impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "Memory",
            Self::Redis(_) => "Redis(..)",
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
        let fault = parse("rediss+x://:secret@127.0.0.1").unwrap_err();
        assert!(!fault.contains("secret"));
    }

    #[test]
    #[cfg(feature = "redis")]
    fn an_address_that_cannot_be_used_is_refused_without_being_told() {
        let store = Store::Redis("redis://:secret@127.0.0.1:no".into());
        let fault = store.add_to(Config::new()).unwrap_err();
        assert!(!format!("{fault} {fault:?}").contains("secret"));
    }
}
