//! Items of other responses, found by their ids.

use std::collections::VecDeque;
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
use crate::link::LARGE;
use crate::piece::PIECE;
use crate::scripts;
use crate::store::RedisStore;

/// The most items of one command that looks for them.
const LOOKS: usize = 500;

/// The responses that may have an item, the newest first.
type Candidates = VecDeque<Holder>;

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
        let mut lists: Vec<Candidates> = lists.into_iter().map(read).collect();
        let mut found = vec![None; ids.len()];
        let mut left = self.options().max_record_bytes;
        // Nearly always the newest response with an item is there. Others may have been deleted, may
        // have expired, or may not be visible yet.
        for round in 0.. {
            if lists.iter().all(Candidates::is_empty) {
                break;
            }
            if round == 1 {
                lists = self.live(&call, &keys, lists).await?;
            }
            let next = |(at, list): (usize, &mut Candidates)| Some((at, list.pop_front()?));
            let wanted: Vec<(usize, Holder)> =
                lists.iter_mut().enumerate().filter_map(next).collect();
            for (at, item) in self.read_all(&call, scope, &wanted, &mut left).await? {
                let (Some(id), Some(place)) = (ids.get(at), found.get_mut(at)) else {
                    continue;
                };
                // The response may have been replaced since the holder was listed.
                if item.id().as_deref() == Some(*id) {
                    *place = Some(Arc::new(item));
                    lists.get_mut(at).map(Candidates::clear);
                }
            }
        }
        Ok(found)
    }

    /// Returns the candidates that are there, by one round trip for all of them.
    async fn live(
        &self,
        call: &Call<'_>,
        keys: &Keys,
        lists: Vec<Candidates>,
    ) -> Result<Vec<Candidates>, RedisStoreError> {
        let mut all: Vec<(usize, usize, Holder)> = Vec::new();
        let mut live: Vec<Candidates> = Vec::with_capacity(lists.len());
        for (at, list) in lists.into_iter().enumerate() {
            let list = list.into_iter().enumerate();
            all.extend(list.map(|(nth, holder)| (at, nth, holder)));
            live.push(Candidates::new());
        }
        all.sort_by(|one, other| one.2.place().cmp(&other.2.place()));
        let sorted: Vec<&Holder> = all.iter().map(|(_, _, holder)| holder).collect();
        let looked = look(call, keys, &sorted, 0).await?;
        let mut all: Vec<_> = all.into_iter().zip(looked).collect();
        all.retain(|(_, looked)| !matches!(looked, Looked::Gone));
        all.sort_by_key(|((at, nth, _), _)| (*at, *nth));
        for ((at, _, holder), _) in all {
            if let Some(list) = live.get_mut(at) {
                list.push_back(holder);
            }
        }
        Ok(live)
    }

    /// Reads items that are there, of up to `left` bytes. Those of one response are read together.
    async fn read_all(
        &self,
        call: &Call<'_>,
        scope: &Scope,
        wanted: &[(usize, Holder)],
        left: &mut usize,
    ) -> Result<Vec<(usize, Item)>, RedisStoreError> {
        let keys = self.keys(scope);
        let mut sorted: Vec<&(usize, Holder)> = wanted.iter().collect();
        sorted.sort_by(|one, other| one.1.place().cmp(&other.1.place()));
        let (order, sorted): (Vec<usize>, Vec<&Holder>) =
            sorted.into_iter().map(|(at, holder)| (*at, holder)).unzip();
        let looked = look(call, &keys, &sorted, LARGE).await?;
        let bytes = looked.iter().zip(&sorted);
        let bytes = bytes.map(|(looked, holder)| looked.bytes(holder)).sum();
        let limit = *left;
        *left = limit
            .checked_sub(bytes)
            .ok_or(RedisStoreError::TooLarge { bytes, limit })?;
        let transfer = self.transfer(call, scope, bytes).await?;
        let texts = cut(call, &keys, &sorted, looked).await?;
        let read = work_on(bytes, move || {
            let items = texts
                .iter()
                .map(|text| Item::from_json(text.as_deref()?).ok());
            (items.collect::<Vec<_>>(), transfer)
        });
        let (items, _transfer) = read.await.map_err(|_| RedisStoreError::Unreadable)?;
        let found = order.into_iter().zip(items);
        Ok(found.filter_map(|(at, item)| Some((at, item?))).collect())
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

/// Returns where items are, and the text of those that take little work, of responses with up to so many
/// bytes of items.
async fn look(
    call: &Call<'_>,
    keys: &Keys,
    sorted: &[&Holder],
    bytes: usize,
) -> Result<Vec<Looked>, RedisStoreError> {
    let trees = sorted.chunk_by(|one, next| one.root == next.root);
    let parts: Vec<&[&Holder]> = trees.flat_map(|tree| tree.chunks(LOOKS)).collect();
    // All replies together are small.
    let bytes = bytes / parts.len().max(1);
    let mut commands = Vec::with_capacity(parts.len());
    for part in parts {
        let Some(first) = part.first() else { continue };
        let mut command = scripts::look(&keys.tree(&first.root), bytes);
        for holder in part {
            command
                .arg(&holder.response)
                .arg(holder.start)
                .arg(holder.end);
        }
        commands.push(command);
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
