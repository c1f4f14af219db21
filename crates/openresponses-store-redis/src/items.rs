//! Items of other responses, found by their ids.

use std::collections::BTreeMap;
use std::sync::Arc;

use openresponses_tower::Scope;
use openresponses_types::Item;
use redis::Cmd;

use crate::call::Call;
use crate::error::RedisStoreError;
use crate::holder::Holder;
use crate::keys::Keys;
use crate::scripts;
use crate::store::RedisStore;

impl RedisStore {
    pub(crate) async fn try_find(
        &self,
        scope: &Scope,
        ids: &[&str],
    ) -> Result<Vec<Option<Arc<Item>>>, RedisStoreError> {
        let (call, keys) = (self.call(), self.keys(scope));
        let asked: Vec<Cmd> = ids
            .iter()
            .map(|id| scripts::holders(&keys.holders(id)))
            .collect();
        let lists: Vec<Vec<String>> = call.ask_all(&asked, 0).await?;
        let read = |list: Vec<String>| list.iter().filter_map(|text| Holder::read(text)).collect();
        let lists: Vec<Vec<Holder>> = lists.into_iter().map(read).collect();
        let mut found = vec![None; ids.len()];
        // Nearly always the newest response with an item is there. Others may have been deleted, may
        // have expired, or may not be visible yet.
        for places in [0..1, 1..scripts::HOLDERS] {
            let mut trees: BTreeMap<&str, Vec<(usize, &Holder)>> = BTreeMap::new();
            for (at, list) in lists.iter().enumerate() {
                if found.get(at).is_some_and(Option::is_none) {
                    let places = places.start.min(list.len())..places.end.min(list.len());
                    for holder in list.get(places).unwrap_or_default() {
                        trees.entry(&holder.root).or_default().push((at, holder));
                    }
                }
            }
            self.read_items(&call, &keys, ids, &trees, &mut found)
                .await?;
        }
        Ok(found)
    }

    /// Reads items from their trees. The first one found of an id counts.
    async fn read_items(
        &self,
        call: &Call<'_>,
        keys: &Keys,
        ids: &[&str],
        trees: &BTreeMap<&str, Vec<(usize, &Holder)>>,
        found: &mut [Option<Arc<Item>>],
    ) -> Result<(), RedisStoreError> {
        let mut bytes = 0_usize;
        let commands: Vec<Cmd> = trees
            .iter()
            .map(|(root, wanted)| {
                let mut command = scripts::items(&keys.tree(root));
                for (_, holder) in wanted {
                    bytes = bytes.saturating_add(holder.len());
                    command
                        .arg(&holder.response)
                        .arg(holder.start)
                        .arg(holder.end);
                }
                command
            })
            .collect();
        let replies: Vec<Vec<Option<String>>> = call.ask_all(&commands, bytes).await?;
        for (wanted, texts) in trees.values().zip(replies) {
            for ((at, _), text) in wanted.iter().zip(texts) {
                let (Some(id), Some(place), Some(text)) = (ids.get(*at), found.get_mut(*at), text)
                else {
                    continue;
                };
                // The response may have been replaced since the holder was listed.
                let item = Item::from_json(text.as_bytes()).ok();
                let item = item.filter(|item| item.id().as_deref() == Some(*id));
                if place.is_none() {
                    *place = item.map(Arc::new);
                }
            }
        }
        Ok(())
    }
}
