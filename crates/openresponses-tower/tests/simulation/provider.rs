//! Providers that count their turns.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use http::{Request, Response};
use openresponses_tower::types::Turn;
use openresponses_tower::types::sequence::Delta;
use openresponses_tower::{Error, OutputStream, Provider};

/// What [`Talker`] says, a word every 100 ms.
pub(crate) const TEXT: &str =
    "The quick brown fox jumps over the lazy dog and runs away into the woods.";

/// Counts the turns that are alive.
#[derive(Clone, Default)]
pub(crate) struct Census(Arc<AtomicUsize>);

impl Census {
    pub(crate) fn alive(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    fn enter(&self) -> Alive {
        self.0.fetch_add(1, Ordering::SeqCst);
        Alive(self.clone())
    }
}

struct Alive(Census);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}

pub(crate) struct Talker(pub(crate) Census);

impl Provider for Talker {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let alive = self.0.enter();
        let words = TEXT.split_inclusive(' ').map(Delta::text);
        let deltas = stream::iter(words.chain([Delta::complete()])).then(move |delta| {
            let _ = &alive;
            async move {
                tokio::time::sleep(Duration::from_millis(100)).await;
                Ok(delta)
            }
        });
        Ok(Response::new(OutputStream::new(Box::pin(deltas))))
    }
}

/// Says one word and then nothing.
pub(crate) struct Silent(pub(crate) Census);

impl Provider for Silent {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let alive = self.0.enter();
        let rest = stream::pending().map(move |delta| {
            let _ = &alive;
            delta
        });
        let deltas = stream::iter([Ok(Delta::text("Well"))]).chain(rest);
        Ok(Response::new(OutputStream::new(deltas)))
    }
}
