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
        let removed: Answer<bool> = call.ask(scripts::delete(&keys.tree(&root), id)).await?;
        let unlinks = [
            scripts::unlink(&keys.pointer(id)),
            unlink_events,
            self.unclaim(scope, id),
        ];
        call.ask_all::<Value>(&unlinks, 0).await?;
        if removed.value {
            self.enforce_limits(&call, scope, &root, id).await?;
        }
        if !removed.value && removed.repeated {
            // The first attempt may have succeeded.
            return Err(RedisStoreError::Unreachable {
                reason: "the reply was lost".into(),
            });
        }
        Ok(removed.value)
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
        let clears: Vec<Cmd> = roots
            .iter()
            .map(|root| scripts::clear(&keys.tree(root)))
            .collect();
        let responses: Vec<Vec<String>> = call.ask_all(&clears, 0).await?;
        let responses: Vec<String> = responses.into_iter().flatten().collect();
        self.forget(call, scope, &responses).await?;
        let mut remove = redis::cmd("ZREM");
        remove.arg(keys.trees()).arg(roots);
        call.ask::<Value>(remove).await?;
        Ok(u64::try_from(responses.len()).unwrap_or(u64::MAX))
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
