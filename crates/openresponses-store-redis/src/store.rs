use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use openresponses_tower::Scope;
use openresponses_tower::store::{
    AbandonedResponse, Claim, EventBatch, EventPage, RecordParts, ResponseState, ResponseStore,
    StoreError, StoredResponse, Transfer, Transfers, UpdateCondition,
};
use openresponses_types::Item;
use redis::{Cmd, Value};
use tokio::time::Instant;

use crate::call::{Answer, Call};
use crate::claims;
use crate::connection::Work;
use crate::error::RedisStoreError;
use crate::holder::Holder;
use crate::keys::Keys;
use crate::link::Links;
use crate::options::{RedisStoreOptions, millis};
use crate::piece::Pieces;
use crate::scripts::{self, State, Written};
use crate::target::Target;

/// Stores responses in Redis, shared by all replicas of a service.
///
/// Clones share one store and its connections. They are made when first needed and again after a
/// loss, so a service starts and runs without Redis: until Redis is available, every call fails
/// quickly. Needs Redis 5 or later, or a compatible server.
///
/// A response and its continuations share one key, in which each item is kept once, so a
/// conversation takes the space of its turns. A record becomes visible completely or not at all.
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
    links: Links,
    reads: Transfers,
    writes: Transfers,
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
        Self(Arc::new(Inner {
            links: Links::new(&target, &options),
            reads: Transfers::new(options.transfer_bytes),
            writes: Transfers::new(options.transfer_bytes),
            options,
        }))
    }

    /// Checks that Redis answers, for a readiness check. Calling it is optional.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let answer = self.call().ask(redis::cmd("PING")).await;
        answer.map(|_: Answer<String>| ()).map_err(StoreError::new)
    }

    pub(crate) fn options(&self) -> &RedisStoreOptions {
        &self.0.options
    }

    pub(crate) fn call(&self) -> Call<'_> {
        Call::new(&self.0.links, self.0.options.timeout)
    }

    /// Waits until values of so many bytes may be read.
    pub(crate) async fn transfer(
        &self,
        call: &Call<'_>,
        scope: &Scope,
        bytes: usize,
    ) -> Result<Transfer, RedisStoreError> {
        call.in_time(self.0.reads.begin(scope, bytes)).await
    }

    pub(crate) fn keys(&self, scope: &Scope) -> Keys {
        Keys::new(&self.0.options.prefix, scope)
    }

    /// Returns the tree of a response, which may be gone.
    pub(crate) async fn root(
        &self,
        call: &Call<'_>,
        keys: &Keys,
        id: &str,
    ) -> Result<Option<String>, RedisStoreError> {
        let mut command = redis::cmd("GET");
        command.arg(keys.pointer(id));
        Ok(call.ask(command).await?.value)
    }

    /// Writes a record into the tree `root`.
    async fn write(
        &self,
        call: &Call<'_>,
        scope: &Scope,
        root: &str,
        record: &StoredResponse,
        condition: Option<UpdateCondition<'_>>,
    ) -> Result<Written, RedisStoreError> {
        let options = &self.0.options;
        let printed = call.in_time(self.0.writes.print(scope, record)).await?;
        let (parts, _transfer) = printed.map_err(|_| RedisStoreError::Unreadable)?;
        let limit = options.max_record_bytes.min(options.scope_bytes);
        let too_large = |bytes| RedisStoreError::TooLarge { bytes, limit };
        if parts.bytes() > limit {
            return Err(too_large(parts.bytes()));
        }
        let mut written = Written::WithoutPiece;
        // A tree is deleted while a large record is written into it, not again and again.
        for _ in 0..2 {
            let work = self.work(scope, root, record, &parts, condition);
            let reply: Answer<i64> = call.run(&work, parts.bytes()).await?;
            written = Written::of(reply.value).ok_or(RedisStoreError::Unreadable)?;
            if written != Written::WithoutPiece {
                break;
            }
        }
        match written {
            Written::Yes => {
                self.limit(call, scope, root, record.id()).await;
                Ok(Written::Yes)
            }
            Written::TooLarge => Err(too_large(limit.saturating_add(1))),
            Written::Refused | Written::WithoutParent | Written::WithoutPiece => Ok(written),
        }
    }

    /// Returns the commands that write a record into the tree `root`.
    fn work(
        &self,
        scope: &Scope,
        root: &str,
        record: &StoredResponse,
        parts: &RecordParts,
        condition: Option<UpdateCondition<'_>>,
    ) -> Work {
        let (options, keys) = (&self.0.options, self.keys(scope));
        let (id, expiry, tree) = (record.id(), options.expiry(), keys.tree(root));
        let mut pointer = redis::cmd("SET");
        pointer
            .arg(keys.pointer(id))
            .arg(root)
            .arg("PX")
            .arg(expiry);
        let mut before = vec![pointer, scripts::enlist(&keys.trees(), expiry, root)];
        before.extend(record.claim().map(|claim| self.claim(scope, id, claim)));
        before.extend(parts.index.iter().map(|place| {
            let holder = Holder::new(place, id, root).to_string();
            scripts::hold(&keys.holders(&place.id), expiry, &holder)
        }));
        let pieces = Pieces::of(parts);
        if let Some(pieces) = &pieces {
            before.extend(pieces.stage(&tree, id, parts));
        }
        let last = scripts::write(&tree, record, parts, pieces.as_ref(), condition, options);
        Work { before, last }
    }

    async fn try_save(&self, scope: &Scope, record: StoredResponse) -> Result<(), RedisStoreError> {
        let (call, keys) = (self.call(), self.keys(scope));
        let root = record.root();
        if self.write(&call, scope, root, &record, None).await? == Written::Yes {
            return Ok(());
        }
        // The response that it continues is gone, or was saved in another tree.
        if let Some(parent) = record.ancestor()
            && let Some(found) = self.root(&call, &keys, parent.id()).await?
            && found != root
            && self.write(&call, scope, &found, &record, None).await? == Written::Yes
        {
            return Ok(());
        }
        let whole = record.detached();
        match self.write(&call, scope, whole.root(), &whole, None).await? {
            Written::Yes => Ok(()),
            Written::Refused
            | Written::WithoutParent
            | Written::TooLarge
            | Written::WithoutPiece => Err(RedisStoreError::Unreadable),
        }
    }

    async fn try_update(
        &self,
        scope: &Scope,
        record: StoredResponse,
        condition: UpdateCondition<'_>,
    ) -> Result<bool, RedisStoreError> {
        let (call, keys) = (self.call(), self.keys(scope));
        let Some(root) = self.root(&call, &keys, record.id()).await? else {
            return Ok(false);
        };
        let condition = Some(condition);
        let mut written = self.write(&call, scope, &root, &record, condition).await?;
        if written == Written::WithoutParent {
            // It was saved with its whole conversation.
            let whole = record.detached();
            written = self.write(&call, scope, &root, &whole, condition).await?;
        }
        let is_written = written == Written::Yes;
        if is_written && record.claim().is_none() {
            let unclaimed = call.ask::<Value>(self.unclaim(scope, record.id())).await;
            // An entry that is left is removed by the next search.
            drop(unclaimed);
        }
        Ok(is_written)
    }

    /// Lists the claim on a response.
    fn claim(&self, scope: &Scope, id: &str, claim: &Claim) -> Cmd {
        let options = &self.0.options;
        let list = Keys::claims(&options.prefix);
        let member = claims::member(scope, id);
        let expiry = options.expiry().max(millis(claim.time()));
        scripts::claim(&list, &member, claim.time(), expiry)
    }

    /// Removes the claim on a response from the list.
    pub(crate) fn unclaim(&self, scope: &Scope, id: &str) -> Cmd {
        let mut command = redis::cmd("ZREM");
        let list = Keys::claims(&self.0.options.prefix);
        command.arg(list).arg(claims::member(scope, id));
        command
    }

    async fn try_state(
        &self,
        scope: &Scope,
        id: &str,
    ) -> Result<Option<ResponseState>, RedisStoreError> {
        let (call, keys) = (self.call(), self.keys(scope));
        let Some(root) = self.root(&call, &keys, id).await? else {
            return Ok(None);
        };
        let state = call.ask(scripts::state(&keys.tree(&root), id)).await?;
        let state = State::of(state.value)?;
        Ok(match state {
            State::Gone => None,
            State::Lapsed => Some(ResponseState::Abandoned),
            State::Claimed | State::Unclaimed => Some(ResponseState::Unfinished),
            State::Finished => Some(ResponseState::Finished),
        })
    }

    async fn try_renew(
        &self,
        scope: &Scope,
        id: &str,
        claim: &Claim,
    ) -> Result<bool, RedisStoreError> {
        let (call, keys) = (self.call(), self.keys(scope));
        let Some(root) = self.root(&call, &keys, id).await? else {
            return Ok(false);
        };
        let options = &self.0.options;
        let last = scripts::renew(&keys.tree(&root), id, claim, options);
        let before = vec![
            self.claim(scope, id, claim),
            scripts::expire(&keys.pointer(id), options.expiry()),
            scripts::expire(&keys.events(id), options.event_expiry(None)),
            scripts::enlist(&keys.logs(), options.expiry(), id),
        ];
        Ok(call.run::<bool>(&Work { before, last }, 0).await?.value)
    }

    async fn try_append(
        &self,
        scope: &Scope,
        id: &str,
        batch: EventBatch,
    ) -> Result<bool, RedisStoreError> {
        let keys = self.keys(scope);
        let key = keys.events(id);
        let (call, bytes) = (self.call(), batch.bytes());
        let _transfer = call.in_time(self.0.writes.begin(scope, bytes)).await?;
        let mut appended = false;
        // By the list it goes with its scope, which may have no response to lead to it.
        let expiry = self.0.options.expiry();
        let mut before: Vec<Cmd> = (batch
            .opens
            .then(|| scripts::enlist(&keys.logs(), expiry, id)))
        .into_iter()
        .collect();
        // In a cluster the order of commands is that in which they are answered.
        for last in scripts::append(&key, &batch, &self.0.options) {
            let before = std::mem::take(&mut before);
            appended = call.run(&Work { before, last }, bytes).await?.value;
        }
        Ok(appended)
    }

    async fn try_read(
        &self,
        scope: &Scope,
        id: &str,
        after: Option<u64>,
        wait: Duration,
    ) -> Result<EventPage, RedisStoreError> {
        let end = Instant::now() + wait;
        let mut pause = Duration::from_millis(5);
        loop {
            let page = self.page(scope, id, after).await?;
            let waits =
                matches!(&page, EventPage::Events { events, ended: false } if events.is_empty());
            if !waits || Instant::now() + pause > end {
                return Ok(page);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(100));
        }
    }
}

fn failed(error: RedisStoreError) -> StoreError {
    match error {
        RedisStoreError::TooLarge { .. } => StoreError::too_large(error),
        error => StoreError::new(error),
    }
}

impl ResponseStore for RedisStore {
    async fn load(&self, scope: &Scope, id: &str) -> Result<Option<StoredResponse>, StoreError> {
        self.try_load(scope, id).await.map_err(StoreError::new)
    }

    async fn state(&self, scope: &Scope, id: &str) -> Result<Option<ResponseState>, StoreError> {
        self.try_state(scope, id).await.map_err(StoreError::new)
    }

    async fn save(&self, scope: &Scope, response: StoredResponse) -> Result<(), StoreError> {
        self.try_save(scope, response).await.map_err(failed)
    }

    async fn update(
        &self,
        scope: &Scope,
        response: StoredResponse,
        condition: UpdateCondition<'_>,
    ) -> Result<bool, StoreError> {
        let updated = self.try_update(scope, response, condition).await;
        updated.map_err(failed)
    }

    async fn renew(&self, scope: &Scope, id: &str, claim: &Claim) -> Result<bool, StoreError> {
        let renewed = self.try_renew(scope, id, claim).await;
        renewed.map_err(StoreError::new)
    }

    async fn find_abandoned(&self, limit: usize) -> Result<Vec<AbandonedResponse>, StoreError> {
        let found = claims::find(&self.call(), &self.0.options.prefix, limit).await;
        found.map_err(StoreError::new)
    }

    async fn delete(&self, scope: &Scope, id: &str) -> Result<bool, StoreError> {
        self.try_delete(scope, id).await.map_err(StoreError::new)
    }

    async fn delete_scope(&self, scope: &Scope) -> Result<u64, StoreError> {
        self.try_delete_scope(scope).await.map_err(StoreError::new)
    }

    async fn find_items(
        &self,
        scope: &Scope,
        ids: &[&str],
    ) -> Result<Vec<Option<Arc<Item>>>, StoreError> {
        self.try_find(scope, ids).await.map_err(failed)
    }

    fn keeps_events(&self) -> bool {
        true
    }

    fn time_to_renew(&self) -> Duration {
        self.0.options.log_time()
    }

    async fn append_events(
        &self,
        scope: &Scope,
        id: &str,
        batch: EventBatch,
    ) -> Result<bool, StoreError> {
        let appended = self.try_append(scope, id, batch).await;
        appended.map_err(StoreError::new)
    }

    async fn read_events(
        &self,
        scope: &Scope,
        id: &str,
        after: Option<u64>,
        wait: Duration,
    ) -> Result<EventPage, StoreError> {
        let page = self.try_read(scope, id, after, wait).await;
        page.map_err(StoreError::new)
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("connection", &self.0.links)
            .field("reads", &self.0.reads)
            .field("writes", &self.0.writes)
            .field("options", &self.0.options)
            .finish()
    }
}
