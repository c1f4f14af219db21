//! Deletion of responses and of scopes.

use openresponses_tower::Scope;
use redis::{Cmd, Value};

use crate::call::{Answer, Call};
use crate::error::RedisStoreError;
use crate::scripts;
use crate::store::RedisStore;

/// The most trees that are deleted at once with a scope, and the most logs.
const TOGETHER: usize = 100;

/// What a removal of trees has done.
pub(crate) struct Cleared {
    /// The number of responses.
    pub(crate) count: u64,
    /// The trees that were written meanwhile, and are still there.
    pub(crate) moved: Vec<String>,
}

impl RedisStore {
    pub(crate) async fn try_delete(
        &self,
        scope: &Scope,
        id: &str,
    ) -> Result<bool, RedisStoreError> {
        let (call, keys) = (self.call(), self.keys(scope));
        let Some(root) = self.root(&call, &keys, id).await? else {
            call.ask::<Value>(scripts::unlink(&keys.events(id))).await?;
            return Ok(false);
        };
        let tree = keys.tree(&root);
        let removed: Answer<u8> = call.ask(scripts::delete(&tree, id)).await?;
        let was_there = removed.value & 1 == 1;
        // First, since its events can be read until then.
        self.forget(&call, scope, &[id.to_owned()]).await?;
        if removed.value & 2 == 2 {
            self.prune_later(tree);
        }
        if was_there {
            self.limit(&call, scope, &root, id).await;
        }
        if !was_there && removed.repeated {
            // The first attempt may have succeeded.
            return Err(RedisStoreError::Unreachable {
                reason: "the reply was lost".into(),
            });
        }
        Ok(was_there)
    }

    /// Removes what a long conversation has left of a response that is gone. The next write goes on with
    /// what is left.
    fn prune_later(&self, tree: String) {
        let store = self.clone();
        tokio::spawn(async move {
            let mut is_left = true;
            while is_left {
                // Each part has a time limit of its own.
                let pruned = store.call().ask(scripts::prune(&tree)).await;
                is_left = pruned.is_ok_and(|pruned| pruned.value);
            }
        });
    }

    pub(crate) async fn try_delete_scope(&self, scope: &Scope) -> Result<u64, RedisStoreError> {
        let keys = self.keys(scope);
        let mut count = 0;
        loop {
            // Each part has a time limit of its own.
            let call = self.call();
            let roots = self.listed(&call, &keys.trees()).await?;
            if roots.is_empty() {
                break;
            }
            let whatever = roots.into_iter().map(|root| (root, String::new()));
            let whatever: Vec<_> = whatever.collect();
            count += self.clear_trees(&call, scope, &whatever).await?.count;
        }
        loop {
            let call = self.call();
            let ids = self.listed(&call, &keys.logs()).await?;
            if ids.is_empty() {
                call.ask::<Value>(scripts::unlink(&keys.usage())).await?;
                return Ok(count);
            }
            self.forget(&call, scope, &ids).await?;
            unlist(&call, &keys.logs(), &ids).await?;
        }
    }

    /// Returns some of the trees or logs of a list.
    async fn listed(&self, call: &Call<'_>, list: &str) -> Result<Vec<String>, RedisStoreError> {
        let mut command = redis::cmd("ZRANGE");
        command.arg(list).arg(0).arg(TOGETHER - 1);
        Ok(call.ask(command).await?.value)
    }

    /// Deletes trees, each unless it was written after the write that is given with it.
    pub(crate) async fn clear_trees(
        &self,
        call: &Call<'_>,
        scope: &Scope,
        trees: &[(String, String)],
    ) -> Result<Cleared, RedisStoreError> {
        let keys = self.keys(scope);
        let (mut count, mut moved, mut gone) = (0, Vec::new(), Vec::new());
        let mut left: Vec<_> = trees.iter().collect();
        while !left.is_empty() {
            let clears: Vec<Cmd> = left
                .iter()
                .map(|(root, last)| scripts::clear(&keys.tree(root), last))
                .collect();
            let replies: Vec<Vec<String>> = call.ask_all(&clears, 0).await?;
            let (mut responses, mut unfinished) = (Vec::new(), Vec::new());
            for (tree, reply) in left.into_iter().zip(replies) {
                let mut reply = reply.into_iter();
                match reply.next().as_deref() {
                    Some("1") => gone.push(tree.0.clone()),
                    Some("2") => moved.push(tree.0.clone()),
                    _ => unfinished.push(tree),
                }
                responses.extend(reply);
            }
            self.forget(call, scope, &responses).await?;
            count += responses.len();
            left = unfinished;
        }
        unlist(call, &keys.trees(), &gone).await?;
        Ok(Cleared {
            count: u64::try_from(count).unwrap_or(u64::MAX),
            moved,
        })
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

/// Removes trees or logs from a list.
async fn unlist(call: &Call<'_>, list: &str, names: &[String]) -> Result<(), RedisStoreError> {
    if !names.is_empty() {
        let mut remove = redis::cmd("ZREM");
        remove.arg(list).arg(names);
        call.ask::<Value>(remove).await?;
    }
    Ok(())
}
