use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::store::Claim;

/// A job's claim on its response, and whether the job ends the response itself: the claim goes with the
/// end, which is no loss.
#[derive(Clone)]
pub(crate) struct Hold {
    claim: Claim,
    ends: Arc<AtomicBool>,
}

impl Hold {
    pub(crate) fn new(claim: Claim) -> Self {
        Self {
            claim,
            ends: Arc::default(),
        }
    }

    pub(crate) fn claim(&self) -> &Claim {
        &self.claim
    }

    /// Notes that the job saves the end of its response. That save tells whether the claim was lost.
    pub(crate) fn end(&self) {
        self.ends.store(true, Ordering::SeqCst);
    }

    /// Returns true once the job saves the end of its response, or has saved it.
    pub(crate) fn ends(&self) -> bool {
        self.ends.load(Ordering::SeqCst)
    }
}
