//! A store whose jobs wait before a save.

use std::future::Future;
use std::sync::Arc;

use openresponses_tower::store::{StoreCall, StoreError, WrapStore};
use tokio::sync::Notify;

/// Where a job waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    Nowhere,
    /// Before it tells that the response is in progress.
    First,
    /// Before it saves the end.
    Last,
}

/// Stops the calls of a job at a gate.
pub(super) struct Gated {
    pub(super) gate: Gate,
    pub(super) reached: Arc<Notify>,
    pub(super) open: Arc<Notify>,
}

impl Gated {
    fn stops(&self, call: StoreCall) -> bool {
        match self.gate {
            Gate::Nowhere => false,
            Gate::First => is_of_job(call, false),
            Gate::Last => is_of_job(call, true),
        }
    }
}

fn is_of_job(call: StoreCall, at_end: bool) -> bool {
    matches!(call, StoreCall::Update { ends, is_by_holder: true } if ends == at_end)
}

impl WrapStore for Gated {
    async fn around<T: Send>(
        &self,
        call: StoreCall,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        if self.stops(call) {
            self.reached.notify_one();
            self.open.notified().await;
        }
        work.await
    }
}
