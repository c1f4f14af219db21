use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::limits::{LimitedResource, MAX_PERIOD, Money};

/// The limits of an account. A call must be within all of them. Of two limits of one resource in
/// windows of one length the smaller applies.
///
/// ```
/// use std::time::Duration;
/// use openresponses_gateway::budget::Budget;
/// use openresponses_gateway::limits::Money;
///
/// let day = Duration::from_secs(24 * 3600);
/// let budget = Budget::new()
///     .requests(60, Duration::from_secs(60))
///     .tokens(1_000_000, day)
///     .cost(Money::from_units(50.0).unwrap(), 30 * day);
/// assert_eq!(budget.limits().len(), 3);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Budget(Vec<BudgetLimit>);

/// One limit.
///
/// ```
/// use std::time::Duration;
///
/// use openresponses_gateway::budget::Budget;
/// use openresponses_gateway::limits::LimitedResource;
///
/// let budget = Budget::new().tokens(1_000_000, Duration::from_secs(86_400));
/// let limit = &budget.limits()[0];
/// assert_eq!((limit.resource, limit.amount), (LimitedResource::Tokens, 1_000_000));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct BudgetLimit {
    /// The limited resource.
    pub resource: LimitedResource,
    /// The most of it in one window; of money in billionths of a unit.
    pub amount: u64,
    /// The length of a window, in whole seconds.
    pub window: Duration,
}

impl Budget {
    /// Creates a budget without limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Limits requests in each window.
    #[must_use]
    pub fn requests(self, amount: u64, window: Duration) -> Self {
        self.limit(LimitedResource::Requests, amount, window)
    }

    /// Limits tokens of input and output in each window.
    #[must_use]
    pub fn tokens(self, amount: u64, window: Duration) -> Self {
        self.limit(LimitedResource::Tokens, amount, window)
    }

    /// Limits money in each window. Calls of models without a [price](super::PriceTable) are free.
    #[must_use]
    pub fn cost(self, amount: Money, window: Duration) -> Self {
        self.limit(LimitedResource::Cost, amount.nanos(), window)
    }

    /// Returns the limits.
    #[must_use]
    pub fn limits(&self) -> &[BudgetLimit] {
        &self.0
    }

    /// Windows have whole seconds, from one second to 366 days. Limits of one resource in windows of one
    /// length share their counts, so the smallest stands for all.
    fn limit(mut self, resource: LimitedResource, amount: u64, window: Duration) -> Self {
        let seconds = window.min(MAX_PERIOD).as_secs().max(1);
        let limit = BudgetLimit {
            resource,
            amount,
            window: Duration::from_secs(seconds),
        };
        let is_same = |known: &&mut BudgetLimit| {
            (known.resource, known.window) == (limit.resource, limit.window)
        };
        match self.0.iter_mut().find(is_same) {
            Some(known) => known.amount = known.amount.min(amount),
            None => self.0.push(limit),
        }
        self
    }
}

/// Who a budget belongs to.
///
/// The id names what was used: an account with the same id and other limits, such as after a
/// change of the configuration, continues with the same counts.
///
/// ```
/// use std::time::Duration;
///
/// use openresponses_gateway::budget::{Account, Budget};
///
/// let account = Account::new("key-1", Budget::new().requests(60, Duration::from_secs(60)));
/// assert_eq!((account.id(), account.limits().len()), ("key-1", 1));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    id: Arc<str>,
    budget: Arc<Budget>,
}

impl Account {
    /// Creates an account.
    #[must_use]
    pub fn new(id: impl Into<Arc<str>>, budget: impl Into<Arc<Budget>>) -> Self {
        Self {
            id: id.into(),
            budget: budget.into(),
        }
    }

    /// Returns the id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the limits.
    #[must_use]
    pub fn limits(&self) -> &[BudgetLimit] {
        self.budget.limits()
    }

    pub(super) fn shared_id(&self) -> Arc<str> {
        Arc::clone(&self.id)
    }
}

/// Ids of accounts may be names of tenants, which may be secret.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}
