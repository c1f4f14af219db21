//! Deletion of responses and of scopes.

use openresponses_tower::Scope;
use redis::{Cmd, Value};

use crate::call::{Answer, Call};
use crate::error::RedisStoreError;
use crate::scripts;
use crate::store::RedisStore;

/// The most trees that are deleted at once with a scope.
const TREES: usize = 100;

impl RedisStore {
    pub(crate) async fn try_delete(
        &self,
        scope: &Scope,
        id: &str,
    ) -> Result<bool, RedisStoreError> {
        let (call, keys) = (self.call(), self.keys(scope));
        let unlink_events = scripts::unlink(&keys.events(id));
        let Some(root) = self.root(&call, &keys, id).await? else {
            call.ask::<Value>(unlink_events).await?;
            return Ok(false);
        };
        let tree = keys.tree(&root);
        let removed: Answer<u8> = call.ask(scripts::delete(&tree, id)).await?;
        let was_there = removed.value & 1 == 1;
        let mut is_left = removed.value & 2 == 2;
        while is_left {
            let pruned = call.ask(scripts::prune(&tree)).await;
            // The response is gone; the next write goes on with what is left.
            is_left = pruned.is_ok_and(|pruned| pruned.value);
        }
        let unlinks = [
            scripts::unlink(&keys.pointer(id)),
            unlink_events,
            self.unclaim(scope, id),
        ];
        call.ask_all::<Value>(&unlinks, 0).await?;
        if was_there {
            self.enforce_limits(&call, scope, &root, id).await?;
        }
        if !was_there && removed.repeated {
            // The first attempt may have succeeded.
            return Err(RedisStoreError::Unreachable {
                reason: "the reply was lost".into(),
            });
        }
        Ok(was_there)
    }

    pub(crate) async fn try_delete_scope(&self, scope: &Scope) -> Result<u64, RedisStoreError> {
        let keys = self.keys(scope);
        let mut count = 0;
        loop {
            // Each part has a time limit of its own.
            let call = self.call();
            let mut command = redis::cmd("ZRANGE");
            command.arg(keys.trees()).arg(0).arg(TREES - 1);
            let roots: Vec<String> = call.ask(command).await?.value;
            if roots.is_empty() {
                call.ask::<Value>(scripts::unlink(&keys.usage())).await?;
                return Ok(count);
            }
            count += self.clear_trees(&call, scope, &roots).await?;
        }
    }

    /// Deletes trees. Returns the number of their responses.
    pub(crate) async fn clear_trees(
        &self,
        call: &Call<'_>,
        scope: &Scope,
        roots: &[String],
    ) -> Result<u64, RedisStoreError> {
        if roots.is_empty() {
            return Ok(0);
        }
        let keys = self.keys(scope);
        let mut count = 0;
        let mut clears: Vec<Cmd> = roots
            .iter()
            .map(|root| scripts::clear(&keys.tree(root)))
            .collect();
        while !clears.is_empty() {
            let mut replies: Vec<Vec<String>> = call.ask_all(&clears, 0).await?;
            let mut replied = replies.iter();
            // The first value tells that nothing of the tree is left.
            clears.retain(|_| replied.next().is_some_and(|reply| reply[..1] != ["1"]));
            let responses = replies.iter_mut().flat_map(|reply| reply.drain(1..));
            let responses: Vec<String> = responses.collect();
            self.forget(call, scope, &responses).await?;
            count += responses.len();
        }
        let mut remove = redis::cmd("ZREM");
        remove.arg(keys.trees()).arg(roots);
        call.ask::<Value>(remove).await?;
        Ok(u64::try_from(count).unwrap_or(u64::MAX))
    }

    /// Removes what leads to responses that are gone, and their events.
    pub(crate) async fn forget(
        &self,
        call: &Call<'_>,
        scope: &Scope,
        ids: &[String],
    ) -> Result<(), RedisStoreError> {
        let keys = self.keys(scope);
        let unlinks = ids.iter().flat_map(|id| {
            [
                scripts::unlink(&keys.pointer(id)),
                scripts::unlink(&keys.events(id)),
                self.unclaim(scope, id),
            ]
        });
        let unlinks: Vec<Cmd> = unlinks.collect();
        call.ask_all::<Value>(&unlinks, 0).await?;
        Ok(())
    }
}
