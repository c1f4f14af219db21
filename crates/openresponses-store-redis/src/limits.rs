//! Limits of what one scope has in Redis.

use openresponses_tower::Scope;
use redis::Value;

use crate::call::Call;
use crate::error::RedisStoreError;
use crate::options::{NO_LIMIT, RedisStoreOptions};
use crate::scripts;
use crate::store::RedisStore;

/// The most trees that one call removes.
const TREES: usize = 16;

fn has_limits(options: &RedisStoreOptions) -> bool {
    options.scope_responses != NO_LIMIT || options.scope_bytes != NO_LIMIT
}

impl RedisStore {
    /// Counts a tree that has changed, and removes the oldest of its scope beyond the limits, but not
    /// the response `id`.
    pub(crate) async fn enforce_limits(
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
        let tree = keys.tree(root);
        loop {
            let size: [Option<u64>; 2] = call.ask(scripts::size(&tree)).await?.value;
            let size = size.map(Option::unwrap_or_default);
            let command = scripts::usage(&keys.usage(), root, size, options);
            let (is_over, trees): (bool, Vec<String>) = read(call.ask(command).await?.value)?;
            self.clear_trees(call, scope, &trees).await?;
            let mut removed = 0;
            if is_over {
                let shrink = scripts::shrink(&tree, id, options);
                let ids: Vec<String> = call.ask(shrink).await?.value;
                removed = ids.len();
                self.forget(call, scope, &ids).await?;
            }
            // What was removed of the tree itself is counted in a further round.
            if trees.len() < TREES && removed == 0 {
                return Ok(());
            }
        }
    }
}

fn read(reply: Value) -> Result<(bool, Vec<String>), RedisStoreError> {
    let unreadable = |_| RedisStoreError::Unreadable;
    let Value::Array(mut values) = reply else {
        return Err(RedisStoreError::Unreadable);
    };
    if values.is_empty() {
        return Err(RedisStoreError::Unreadable);
    }
    let trees = Value::Array(values.split_off(1));
    let trees = redis::from_redis_value(trees).map_err(unreadable)?;
    let is_over: Vec<bool> = redis::from_redis_value(Value::Array(values)).map_err(unreadable)?;
    Ok((is_over.first() == Some(&true), trees))
}
