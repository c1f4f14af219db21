//! Loading of a response with its conversation.

use openresponses_tower::Scope;
use openresponses_tower::store::{StoredResponse, Transfer, work_on};
use redis::Value;

use crate::call::Call;
use crate::error::RedisStoreError;
use crate::large::{self, Place, Wanted};
use crate::link::LARGE;
use crate::scripts;
use crate::store::RedisStore;

/// How often a load begins again because a part was gone, before the record counts as unreadable.
/// A part goes with the response, which the next attempt then does not find.
const ATTEMPTS: usize = 4;

impl RedisStore {
    pub(crate) async fn try_load(
        &self,
        scope: &Scope,
        id: &str,
    ) -> Result<Option<StoredResponse>, RedisStoreError> {
        let (call, keys) = (self.call(), self.keys(scope));
        for _ in 0..ATTEMPTS {
            let Some(root) = self.root(&call, &keys, id).await? else {
                return Ok(None);
            };
            let tree = keys.tree(&root);
            let reply: Value = call.ask(scripts::load(&tree, id, LARGE)).await?.value;
            if reply == Value::Nil {
                return Ok(None);
            }
            let layout = Layout::read(reply).ok_or(RedisStoreError::Unreadable)?;
            let Some(layout) = layout.completed(&call, &tree).await? else {
                continue;
            };
            let transfer = self.transfer(&call, scope, layout.bytes()).await?;
            if let Some(record) = layout.record(&call, &root, &tree, transfer).await? {
                return Ok(Some(record));
            }
        }
        Err(RedisStoreError::Unreadable)
    }
}

/// What a record consists of.
struct Layout {
    head: Wanted,
    items: Wanted,
    parent: String,
    is_abandoned: bool,
    /// The items of the ancestors, the nearest first.
    earlier: Vec<Wanted>,
    /// The ancestor at which the list goes on, if not empty.
    next: String,
}

impl Layout {
    /// Reads the reply of `load.lua`.
    fn read(reply: Value) -> Option<Self> {
        type Own = (String, String, String, bool, String, String, String);
        let Value::Array(mut values) = reply else {
            return None;
        };
        if values.len() < 7 {
            return None;
        }
        let earlier = ancestors(values.split_off(7))?;
        let own: Own = redis::from_redis_value(Value::Array(values)).ok()?;
        let (head, items, parent, is_abandoned, head_place, items_place, next) = own;
        let stored = |text: String, place: &str| {
            let (place, _) = Place::read(place)?;
            Some(match place.is_in_pieces() {
                true => Wanted::Stored(place, String::new()),
                false => Wanted::Text(text),
            })
        };
        Some(Self {
            head: stored(head, &head_place)?,
            items: stored(items, &items_place)?,
            parent,
            is_abandoned,
            earlier,
            next,
        })
    }

    /// Adds the ancestors that are missing. Returns nothing when one is gone.
    async fn completed(
        mut self,
        call: &Call<'_>,
        tree: &str,
    ) -> Result<Option<Self>, RedisStoreError> {
        while !self.next.is_empty() {
            let reply: Value = call.ask(scripts::ancestors(tree, &self.next)).await?.value;
            let mut values = match reply {
                Value::Nil => return Ok(None),
                Value::Array(values) if !values.is_empty() => values,
                _ => return Err(RedisStoreError::Unreadable),
            };
            let more = ancestors(values.split_off(1));
            let more = more.ok_or(RedisStoreError::Unreadable)?;
            self.earlier.extend(more);
            let first = values.into_iter().next().unwrap_or(Value::Nil);
            let next = redis::from_redis_value(first);
            self.next = next.map_err(|_| RedisStoreError::Unreadable)?;
        }
        Ok(Some(self))
    }

    /// Returns the size of what is read, in bytes.
    fn bytes(&self) -> usize {
        let all = [&self.head, &self.items].into_iter().chain(&self.earlier);
        all.map(Wanted::bytes).sum()
    }

    /// Reads what the layout says. Returns nothing when a part is gone. The transfer ends when the record
    /// is returned, or when work that nothing waits for any more is done.
    async fn record(
        self,
        call: &Call<'_>,
        root: &str,
        tree: &str,
        transfer: Transfer,
    ) -> Result<Option<StoredResponse>, RedisStoreError> {
        let Self {
            head,
            items,
            parent,
            is_abandoned,
            mut earlier,
            next: _,
        } = self;
        earlier.reverse();
        let has_parent = !earlier.is_empty();
        earlier.extend([head, items]);
        let Some(mut texts) = large::read(call, tree, earlier).await? else {
            return Ok(None);
        };
        let bytes = texts.iter().map(String::len).sum();
        let root = root.to_owned();
        let record = work_on(bytes, move || {
            let items = texts.pop()?;
            let head = texts.pop()?;
            let parent = has_parent.then_some(parent.as_str());
            let texts = texts.iter().map(String::as_str);
            let record = StoredResponse::from_parts(&root, parent, texts, &head, &items);
            Some((record.ok()?, transfer))
        });
        match record.await {
            Ok(Some((record, _transfer))) => Ok(Some(record.abandoned(is_abandoned))),
            Ok(None) | Err(_) => Err(RedisStoreError::Unreadable),
        }
    }
}

/// Reads the pairs of `walk.lua`: items, and their place with the id of their response.
fn ancestors(values: Vec<Value>) -> Option<Vec<Wanted>> {
    let texts: Vec<String> = redis::from_redis_value(Value::Array(values)).ok()?;
    let mut texts = texts.into_iter();
    let mut found = Vec::with_capacity(texts.len() / 2);
    while let (Some(text), Some(place)) = (texts.next(), texts.next()) {
        let (place, id) = Place::read(&place)?;
        found.push(match text.is_empty() {
            true => Wanted::Stored(place, format!("i{id}")),
            false => Wanted::Text(text),
        });
    }
    Some(found)
}
