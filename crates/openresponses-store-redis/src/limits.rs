//! Limits of what one scope has in Redis.

use openresponses_tower::Scope;
use redis::Value;

use crate::call::Call;
use crate::error::RedisStoreError;
use crate::keys::Keys;
use crate::options::{NO_LIMIT, RedisStoreOptions};
use crate::scripts::{self, TreeSize};
use crate::store::RedisStore;

/// The rounds of one call, each of which removes up to 16 trees: a scope whose limit was lowered is beyond
/// it until further calls have removed the others.
const ROUNDS: usize = 4;

fn has_limits(options: &RedisStoreOptions) -> bool {
    options.scope_responses != NO_LIMIT || options.scope_bytes != NO_LIMIT
}

/// What is beyond the limits of a scope.
struct Excess {
    /// A tree alone is.
    is_tree: bool,
    /// Other trees, each with its last write.
    others: Vec<(String, String)>,
}

impl RedisStore {
    /// Enforces the limits after a change that has taken place, and which an error does not undo: the next
    /// one enforces them.
    pub(crate) async fn limit(&self, call: &Call<'_>, scope: &Scope, root: &str, id: &str) {
        if let Err(error) = self.enforce_limits(call, scope, root, id).await {
            tracing::debug!(%error, "the limits of a scope were not enforced");
        }
    }

    /// Counts a tree that has changed, and removes the oldest of its scope beyond the limits, but not
    /// the response `id`.
    async fn enforce_limits(
        &self,
        call: &Call<'_>,
        scope: &Scope,
        root: &str,
        id: &str,
    ) -> Result<(), RedisStoreError> {
        let options = self.options();
        if !has_limits(options) {
            return Ok(());
        }
        let keys = self.keys(scope);
        for _ in 0..ROUNDS {
            let Excess { is_tree, others } = self.count_tree(call, &keys, root).await?;
            let cleared = self.clear_trees(call, scope, &others).await?;
            let (moved, gone): (Vec<_>, Vec<_>) =
                (others.iter().cloned()).partition(|(root, _)| cleared.moved.contains(root));
            if !gone.is_empty() {
                let uncount = scripts::uncount(&keys.usage(), &gone);
                call.ask::<Value>(uncount).await?;
            }
            for (root, _) in &moved {
                // It was continued meanwhile, so others are older.
                self.count_tree(call, &keys, root).await?;
            }
            let mut removed = 0;
            if is_tree {
                let shrink = scripts::shrink(&keys.tree(root), id, options);
                let ids: Vec<String> = call.ask(shrink).await?.value;
                removed = ids.len();
                self.forget(call, scope, &ids).await?;
            }
            // What was removed of the tree itself is counted in a further round.
            if others.is_empty() && removed == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Counts what a tree has.
    async fn count_tree(
        &self,
        call: &Call<'_>,
        keys: &Keys,
        root: &str,
    ) -> Result<Excess, RedisStoreError> {
        let size: TreeSize = call.ask(scripts::size(&keys.tree(root))).await?.value;
        let command = scripts::usage(&keys.usage(), root, &size, self.options());
        read(call.ask(command).await?.value).ok_or(RedisStoreError::Unreadable)
    }
}

fn read(reply: Value) -> Option<Excess> {
    let Value::Array(values) = reply else {
        return None;
    };
    let mut values = values.into_iter();
    let is_tree = values.next()? == Value::Int(1);
    let others: Vec<String> = redis::from_redis_value(Value::Array(values.collect())).ok()?;
    let mut others = others.into_iter();
    let pairs = std::iter::from_fn(|| others.next().zip(others.next()));
    Some(Excess {
        is_tree,
        others: pairs.collect(),
    })
}
