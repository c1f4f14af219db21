//! What survives a reload of the file.

use std::io;

use openresponses_gateway::budget::MemoryBudgets;
use openresponses_tools::ApprovalKey;

use crate::active_calls::ActiveCalls;
use crate::rate_limits::RateLimits;
use crate::usage_file::UsageFile;

/// What a plan shares with the plans of later reloads.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) active: ActiveCalls,
    pub(crate) limits: RateLimits,
    pub(crate) budgets: MemoryBudgets,
    pub(crate) usage: UsageFile,
    /// Of requests for approval that are not in a shared store.
    pub(crate) approvals: ApprovalKey,
}

impl Kept {
    /// # Errors
    /// When the system has no random numbers.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            active: ActiveCalls::default(),
            limits: RateLimits::default(),
            budgets: MemoryBudgets::default(),
            usage: UsageFile::default(),
            approvals: ApprovalKey::random()?,
        })
    }
}
