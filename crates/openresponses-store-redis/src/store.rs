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

/// Stores responses in Redis, shared by all replicas of a service.
///
/// Clones share one store and one connection. The connection is made when first needed and again
/// after a loss, so a service starts and runs without Redis: until Redis is available, every call
/// fails quickly. Needs Redis 5 or later, or a compatible server.
///
/// Each record contains the whole conversation of its response, so deleting or expiring one leaves
/// others complete. A record becomes visible completely or not at all.
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
    /// Creates a store at `url`, for example `redis://user:password@host:6379/0`, `rediss://host`
    /// with the feature `tls`, or `redis+unix:///path`. Nothing is sent: see [`ping`](Self::ping).
    ///
    /// With `rediss://`, ring is installed as rustls' default cryptography provider if the process
    /// has not chosen one. A host that wants another installs it first.
    ///
    /// # Errors
    /// [`Configuration`](RedisStoreError::Configuration) for an invalid address or certificate.
    pub fn connect(url: &str, options: RedisStoreOptions) -> Result<Self, RedisStoreError> {
        Ok(Self::new(Target::one(url, &options)?, options))
    }

    /// Creates a store in the Redis Cluster of the servers at `urls`. One of them must be reachable
    /// on first use; the others are discovered.
    ///
    /// # Errors
    /// As [`connect`](Self::connect), and for addresses that differ in more than host and port.
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

    /// Checks that Redis answers, for a readiness check. Calling it is optional.
    ///
    /// # Errors
    /// When Redis does not answer.
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

    /// Returns the commands that save `response`.
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
        // A listed response may have been deleted, may have expired, or may not be visible yet.
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
            // The first attempt may have succeeded.
            return Err(StoreError::new(RedisStoreError::Unreachable {
                reason: "the reply was lost".into(),
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
