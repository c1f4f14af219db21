//! What survives a reload of the file.

use std::io;
use std::sync::{Arc, OnceLock};

use openresponses_gateway::budget::MemoryBudgets;
use openresponses_gateway::observe::TenantMetrics;
use openresponses_tools::ApprovalKey;

use crate::active_calls::ActiveCalls;
use crate::concurrency_limits::ConcurrencyLimits;
use crate::file;
use crate::rate_limits::RateLimits;
use crate::share::ShareApprovals;
use crate::usage_file::UsageFile;

/// How many tenants have metrics of their own.
const TENANTS: usize = 200;

/// What a plan shares with the plans of later reloads.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) active: ActiveCalls,
    pub(crate) limits: RateLimits,
    pub(crate) concurrency: ConcurrencyLimits,
    pub(crate) budgets: MemoryBudgets,
    pub(crate) usage: UsageFile,
    /// Their names are bounded over all reloads.
    pub(crate) tenants: TenantMetrics,
    /// Of requests for approval that are not in a shared store.
    pub(crate) approvals: ApprovalKey,
    /// The address of the start.
    listen: Arc<OnceLock<String>>,
    /// The table `[store]` of the start.
    store: Arc<OnceLock<file::Store>>,
    share: Arc<OnceLock<Option<ShareApprovals>>>,
}

impl Kept {
    /// # Errors
    /// When the system has no random numbers.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            active: ActiveCalls::default(),
            limits: RateLimits::default(),
            concurrency: ConcurrencyLimits::default(),
            budgets: MemoryBudgets::default(),
            usage: UsageFile::default(),
            tenants: TenantMetrics::new(TENANTS),
            approvals: ApprovalKey::random()?,
            listen: Arc::default(),
            store: Arc::default(),
            share: Arc::default(),
        })
    }

    /// Begins the plan of a reload.
    pub(crate) fn begin_plan(&self) {
        self.limits.begin();
        self.concurrency.begin();
    }

    /// Drops the limits that the last plan does not have, since it is served now.
    pub(crate) fn end_plan(&self) {
        self.limits.prune();
        self.concurrency.prune();
    }

    /// Returns the address of the start, which is `now` at the start.
    pub(crate) fn listen(&self, now: &str) -> &str {
        self.listen.get_or_init(|| now.to_owned())
    }

    /// Returns the table `[store]` of the start, which is `now` at the start.
    pub(crate) fn store(&self, now: &file::Store) -> &file::Store {
        self.store.get_or_init(|| now.clone())
    }

    /// Returns what shares the approvals of the store of the start, which is `now` at the start.
    pub(crate) fn share(&self, now: Option<ShareApprovals>) -> Option<ShareApprovals> {
        self.share.get_or_init(|| now).clone()
    }
}
