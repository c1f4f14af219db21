//! What survives a reload of the file.

use openresponses_gateway::budget::MemoryBudgets;

use crate::active_calls::ActiveCalls;
use crate::rate_limits::RateLimits;
use crate::usage_file::UsageFile;

/// What a plan shares with the plans of later reloads.
#[derive(Clone, Default)]
pub(crate) struct Kept {
    pub(crate) active: ActiveCalls,
    pub(crate) limits: RateLimits,
    pub(crate) budgets: MemoryBudgets,
    pub(crate) usage: UsageFile,
}
