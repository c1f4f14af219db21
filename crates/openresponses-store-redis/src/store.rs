use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::sync::Arc;

use openresponses_tower::Scope;
use openresponses_tower::store::{ResponseStore, StoreError, StoredResponse};
use openresponses_types::Item;
use redis::Value;

use crate::call::{Answer, Call};
use crate::connection::Work;
use crate::error::RedisStoreError;
use crate::keys::Keys;
use crate::link::Link;
use crate::options::RedisStoreOptions;
use crate::scripts;
use crate::target::Target;

/// Keeps responses in Redis, where all replicas of a service see them.
///
/// Clones are one store, on one connection. The connection is made when it is first needed and
/// made again when it was lost, so a service starts, and goes on, without Redis: until it is back
/// every call fails, soon. Needs Redis 5 or later, or what understands its commands.
///
/// Each response stands alone: it has the whole conversation that it ends, so none is broken when
/// another is deleted or expires. All of a response becomes visible at once, or nothing of it.
///
/// ```
/// use openresponses_store_redis::{RedisStore, RedisStoreOptions};
/// use openresponses_tower::Config;
///
/// # fn main() -> Result<(), openresponses_store_redis::RedisStoreError> {
/// let store = RedisStore::connect("redis://127.0.0.1:6379", RedisStoreOptions::new())?;
/// let config = Config::new().store(store);
/// # let _ = config;
/// assert!(RedisStore::connect("127.0.0.1:6379", RedisStoreOptions::new()).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisStore(Arc<Inner>);

struct Inner {
    link: Link,
    options: RedisStoreOptions,
}

impl RedisStore {
    /// The store at `url`, such as `redis://user:password@host:6379/0`, `rediss://host` with the
    /// feature `tls`, or `redis+unix:///path`. Nothing is sent yet: see [`ping`](Self::ping).
    ///
    /// With `rediss://`, and when the process has not chosen an implementation of cryptography for
    /// rustls yet, ring is installed as the default. A host that wants another installs it first.
    ///
    /// # Errors
    /// [`Configuration`](RedisStoreError::Configuration) when the address or a certificate cannot
    /// be used.
    pub fn connect(url: &str, options: RedisStoreOptions) -> Result<Self, RedisStoreError> {
        Ok(Self::new(Target::one(url, &options)?, options))
    }

    /// The store in the Redis Cluster that the servers at `urls` belong to. One of them has to be
    /// there when the store is first used; the others are found.
    ///
    /// # Errors
    /// As [`connect`](Self::connect), and when the addresses differ in more than host and port.
    #[cfg(feature = "cluster")]
    pub fn connect_cluster<'a>(
        urls: impl IntoIterator<Item = &'a str>,
        options: RedisStoreOptions,
    ) -> Result<Self, RedisStoreError> {
        Ok(Self::new(Target::cluster(urls, &options)?, options))
    }

    fn new(target: Target, options: RedisStoreOptions) -> Self {
        let link = Link::new(target, options.connect_timeout);
        Self(Arc::new(Inner { link, options }))
    }

    /// Asks whether Redis answers, for a readiness check. It need not be called.
    ///
    /// # Errors
    /// When Redis does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let answer = self.call().ask(redis::cmd("PING")).await;
        answer.map(|_: Answer<String>| ()).map_err(StoreError::new)
    }

    fn call(&self) -> Call<'_> {
        Call::new(&self.0.link, self.0.options.timeout)
    }

    fn keys(&self, scope: &Scope) -> Keys {
        Keys::new(&self.0.options.prefix, scope)
    }

    /// What has to be sent to save `response`.
    fn saving(&self, scope: &Scope, response: &StoredResponse) -> Result<Work, RedisStoreError> {
        let options = &self.0.options;
        let record = response.to_json();
        let mut items = BTreeMap::new();
        let mut bytes = record.len();
        for item in response.own_items() {
            let Some(id) = item.id() else { continue };
            if let Entry::Vacant(place) = items.entry(id) {
                bytes += place.insert(item.to_json()).len();
            }
        }
        if bytes > options.max_record_bytes {
            return Err(RedisStoreError::TooLarge {
                bytes,
                limit: options.max_record_bytes,
            });
        }
        let keys = self.keys(scope);
        let expiry = options.expiry();
        let before = items
            .keys()
            .map(|id| scripts::hold(&keys.holders(id), expiry, response.id()))
            .collect();
        let items = items.iter().map(|(id, json)| (&**id, json.as_str()));
        let last = scripts::write(&keys.record(response.id()), expiry, &record, items);
        Ok(Work { before, last })
    }

    async fn find(&self, scope: &Scope, id: &str) -> Result<Option<Item>, RedisStoreError> {
        let call = self.call();
        let keys = self.keys(scope);
        let holders: Answer<Vec<String>> = call.ask(scripts::holders(&keys.holders(id))).await?;
        // A response that is listed may be deleted, expired, or not have become visible.
        for response in holders.value {
            let item = scripts::read(&keys.record(&response), &scripts::item_field(id));
            let item: Answer<Option<String>> = call.ask(item).await?;
            if let Some(json) = item.value {
                let item = Item::from_json(json.as_bytes());
                return item.map(Some).map_err(|_| RedisStoreError::Unreadable);
            }
        }
        Ok(None)
    }
}

impl ResponseStore for RedisStore {
    async fn load(&self, scope: &Scope, id: &str) -> Result<Option<StoredResponse>, StoreError> {
        let read = scripts::read(&self.keys(scope).record(id), scripts::RECORD);
        let record: Answer<Option<String>> =
            self.call().ask(read).await.map_err(StoreError::new)?;
        let Some(json) = record.value else {
            return Ok(None);
        };
        match StoredResponse::from_json(&json) {
            Ok(response) => Ok(Some(response)),
            Err(_) => Err(StoreError::new(RedisStoreError::Unreadable)),
        }
    }

    async fn save(&self, scope: &Scope, response: StoredResponse) -> Result<(), StoreError> {
        let work = self.saving(scope, &response).map_err(StoreError::new)?;
        let saved = self.call().run(&work).await;
        saved.map(|_: Answer<Value>| ()).map_err(StoreError::new)
    }

    async fn delete(&self, scope: &Scope, id: &str) -> Result<bool, StoreError> {
        let mut command = redis::cmd("UNLINK");
        command.arg(self.keys(scope).record(id));
        let removed: Answer<bool> = self.call().ask(command).await.map_err(StoreError::new)?;
        if !removed.value && removed.repeated {
            // The first time may have done it.
            return Err(StoreError::new(RedisStoreError::Unreachable {
                reason: "the answer was lost".into(),
            }));
        }
        Ok(removed.value)
    }

    async fn find_item(&self, scope: &Scope, id: &str) -> Result<Option<Arc<Item>>, StoreError> {
        let found = self.find(scope, id).await.map_err(StoreError::new)?;
        Ok(found.map(Arc::new))
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("connection", &self.0.link)
            .field("options", &self.0.options)
            .finish()
    }
}
