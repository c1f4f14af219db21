//! Items of other responses, found by their ids.

use std::sync::Arc;

use openresponses_tower::Scope;
use openresponses_tower::store::work_on;
use openresponses_types::Item;
use redis::Cmd;

use crate::call::Call;
use crate::error::RedisStoreError;
use crate::holder::Holder;
use crate::keys::Keys;
use crate::large::{Commands, Place, joined};
use crate::piece::PIECE;
use crate::scripts;
use crate::store::RedisStore;

/// The most items of one command that looks for them.
const LOOKS: usize = 500;

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
            let mut wanted = Vec::new();
            for (at, list) in lists.iter().enumerate() {
                if found.get(at).is_some_and(Option::is_none) {
                    let places = places.start.min(list.len())..places.end.min(list.len());
                    let holders = list.get(places).unwrap_or_default();
                    wanted.extend(holders.iter().map(|holder| (at, holder)));
                }
            }
            for (at, item) in self.read_all(&call, scope, &wanted).await? {
                let (Some(id), Some(place)) = (ids.get(at), found.get_mut(at)) else {
                    continue;
                };
                // The response may have been replaced since the holder was listed.
                if place.is_none() && item.id().as_deref() == Some(*id) {
                    *place = Some(Arc::new(item));
                }
            }
        }
        Ok(found)
    }

    /// Reads items that are there, in the order of `wanted`. Those of one response are read together.
    async fn read_all(
        &self,
        call: &Call<'_>,
        scope: &Scope,
        wanted: &[(usize, &Holder)],
    ) -> Result<Vec<(usize, Item)>, RedisStoreError> {
        let keys = self.keys(scope);
        let mut order: Vec<usize> = (0..wanted.len()).collect();
        let holder = |at: usize| wanted.get(at).map(|(_, holder)| *holder);
        order.sort_by_key(|at| holder(*at).map(Holder::place));
        let sorted: Vec<&Holder> = order.iter().filter_map(|at| holder(*at)).collect();
        let looked = look(call, &keys, &sorted).await?;
        let bytes = looked.iter().zip(&sorted);
        let bytes = bytes.map(|(looked, holder)| looked.bytes(holder)).sum();
        let transfer = self.transfer(call, scope, bytes).await?;
        let texts = cut(call, &keys, &sorted, looked).await?;
        let read = work_on(bytes, move || {
            let items = texts
                .iter()
                .map(|text| Item::from_json(text.as_deref()?).ok());
            (items.collect::<Vec<_>>(), transfer)
        });
        let (items, _transfer) = read.await.map_err(|_| RedisStoreError::Unreadable)?;
        let mut found: Vec<Option<Item>> = vec![None; wanted.len()];
        for (at, item) in order.into_iter().zip(items) {
            if let Some(place) = found.get_mut(at) {
                *place = item;
            }
        }
        let ids = wanted.iter().map(|(at, _)| *at);
        let found = ids.zip(found).filter_map(|(at, item)| Some((at, item?)));
        Ok(found.collect())
    }
}

/// What is known of an item.
enum Looked {
    Gone,
    Text(Vec<u8>),
    /// Where the items of its response are.
    Stored(Place),
}

impl Looked {
    /// Returns the size of the item, in bytes.
    fn bytes(&self, holder: &Holder) -> usize {
        match self {
            Self::Gone => 0,
            Self::Text(text) => text.len(),
            Self::Stored(_) => holder.end.saturating_sub(holder.start),
        }
    }
}

/// Returns where items are, and the text of those that take little work.
async fn look(
    call: &Call<'_>,
    keys: &Keys,
    sorted: &[&Holder],
) -> Result<Vec<Looked>, RedisStoreError> {
    let mut commands = Vec::new();
    for tree in sorted.chunk_by(|one, next| one.root == next.root) {
        for some in tree.chunks(LOOKS) {
            let Some(first) = some.first() else { continue };
            let mut command = scripts::look(&keys.tree(&first.root));
            for holder in some {
                command
                    .arg(&holder.response)
                    .arg(holder.start)
                    .arg(holder.end);
            }
            commands.push(command);
        }
    }
    let replies: Vec<Vec<(Vec<u8>, String)>> = call.ask_all(&commands, 0).await?;
    let read = |(text, place): (Vec<u8>, String)| match (text.is_empty(), place.is_empty()) {
        (_, true) => Ok(Looked::Gone),
        (false, _) => Ok(Looked::Text(text)),
        (true, _) => match Place::read(&place) {
            Some((place, _)) => Ok(Looked::Stored(place)),
            None => Err(RedisStoreError::Unreadable),
        },
    };
    replies.into_iter().flatten().map(read).collect()
}

/// Reads the texts that are missing.
async fn cut(
    call: &Call<'_>,
    keys: &Keys,
    sorted: &[&Holder],
    looked: Vec<Looked>,
) -> Result<Vec<Option<Vec<u8>>>, RedisStoreError> {
    let mut commands = Commands::default();
    let mut counts = Vec::with_capacity(looked.len());
    let mut last = None;
    for (holder, looked) in sorted.iter().zip(&looked) {
        let fields = match looked {
            Looked::Stored(place) => {
                place.fields(&format!("i{}", holder.response), holder.start..holder.end)
            }
            Looked::Gone | Looked::Text(_) => Vec::new(),
        };
        counts.push(fields.len());
        for (field, part) in fields {
            let here = Some((&*holder.root, field.clone()));
            // A field is read once for the parts of it that follow each other.
            let bytes = if here == last { part.len() } else { PIECE };
            if last.as_ref().is_some_and(|(root, _)| *root != holder.root) {
                commands.close();
            }
            last = here;
            let add = |command: &mut Cmd| {
                command.arg(field).arg(part.start).arg(part.end);
            };
            commands.push(bytes, || scripts::cut(&keys.tree(&holder.root)), add);
        }
    }
    let mut parts = commands.run::<Option<Vec<u8>>>(call).await?.into_iter();
    let texts = looked.into_iter().zip(counts).map(|(looked, count)| {
        let parts: Vec<_> = parts.by_ref().take(count).collect();
        match looked {
            Looked::Gone => None,
            Looked::Text(text) => Some(text),
            Looked::Stored(_) => joined(parts.into_iter(), 0),
        }
    });
    Ok(texts.collect())
}
