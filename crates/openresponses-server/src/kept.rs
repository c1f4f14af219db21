//! What survives a reload of the file.

use crate::active_calls::ActiveCalls;
use crate::gateway::RateLimits;

/// What a plan shares with the plans of later reloads.
#[derive(Clone, Default)]
pub(crate) struct Kept {
    pub(crate) active: ActiveCalls,
    pub(crate) limits: RateLimits,
}
