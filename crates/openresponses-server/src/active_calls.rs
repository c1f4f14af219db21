//! The number of provider calls in progress.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt, stream};
use http::request::Parts;
use hyper::{Request, Response};
use openresponses_tower::provider::CompactedWindow;
use openresponses_tower::{Error, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::normalize::ContextWindow;

/// Counts the calls of a provider, each until its output is dropped.
pub(crate) struct CountedProvider<P> {
    provider: P,
    active: ActiveCalls,
}

/// The shared count.
#[derive(Clone, Default)]
pub(crate) struct ActiveCalls(Arc<AtomicUsize>);

impl ActiveCalls {
    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn enter(&self) -> Guard {
        self.0.fetch_add(1, Ordering::Relaxed);
        Guard(self.clone())
    }
}

struct Guard(ActiveCalls);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<P> CountedProvider<P> {
    pub(crate) fn new(provider: P, active: ActiveCalls) -> Self {
        Self { provider, active }
    }
}

impl<P: Provider> Provider for CountedProvider<P> {
    fn warm_up(&self, head: &Parts) -> Result<(), Error> {
        self.provider.warm_up(head)
    }

    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let guard = self.active.enter();
        let answer = self.provider.respond(turn).await?;
        Ok(answer.map(|mut output| {
            OutputStream::from_outputs(stream::poll_fn(move |cx| {
                let _alive = &guard;
                output.poll_next_unpin(cx)
            }))
        }))
    }

    fn compact(
        &self,
        window: Request<ContextWindow>,
    ) -> impl Future<Output = Result<Response<CompactedWindow>, Error>> + Send {
        let guard = self.active.enter();
        let answer = self.provider.compact(window);
        async move {
            let _alive = guard;
            answer.await
        }
    }

    fn count_input_tokens(
        &self,
        turn: Request<Turn>,
    ) -> impl Future<Output = Result<Response<u64>, Error>> + Send {
        let guard = self.active.enter();
        let answer = self.provider.count_input_tokens(turn);
        async move {
            let _alive = guard;
            answer.await
        }
    }
}
