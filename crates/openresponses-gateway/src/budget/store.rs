use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use openresponses_tower::BoxError;

use super::account::{Account, BudgetLimit};
use super::amounts::Amounts;
use crate::limits::LimitState;

/// Keeps what accounts have used and reserved.
///
/// [`MemoryBudgets`](super::MemoryBudgets) keeps it in the process, `RedisStore` of
/// `openresponses-store-redis` (feature `budgets`) shares it between replicas.
///
/// ```
/// use openresponses_gateway::budget::{Account, Amounts, BudgetStore, Decision, Reservation};
/// use openresponses_tower::BoxError;
///
/// /// Counts nothing and admits everything.
/// struct Unlimited;
///
/// impl BudgetStore for Unlimited {
///     async fn reserve(&self, _: &Account, most: Amounts) -> Result<Decision, BoxError> {
///         let reservation = Some(Reservation::new(most, Vec::new()));
///         Ok(Decision { reservation, states: Vec::new() })
///     }
///
///     fn settle(&self, _: &Account, _: Reservation, _: Amounts) {}
/// }
/// ```
pub trait BudgetStore: Send + Sync + 'static {
    /// Reserves the most that a call may use, if something is left of each limit of the account.
    /// The check and the reservation are one atomic step.
    ///
    /// # Errors
    /// When the store does not answer.
    fn reserve(
        &self,
        account: &Account,
        most: Amounts,
    ) -> impl Future<Output = Result<Decision, BoxError>> + Send;

    /// Replaces a reservation by what the call used. Called once for each reservation, also while a
    /// response is dropped: a store that must wait continues in a task.
    fn settle(&self, account: &Account, reservation: Reservation, used: Amounts);

    /// Returns what is known of the account without waiting, in the order of its limits. A request
    /// of an account that is known to have nothing left is refused before its body is read. Default:
    /// nothing.
    fn known(&self, account: &Account) -> Vec<BudgetState> {
        let _ = account;
        Vec::new()
    }
}

/// The answer to [`BudgetStore::reserve`].
///
/// ```
/// use openresponses_gateway::budget::Decision;
///
/// let refused = Decision { reservation: None, states: Vec::new() };
/// assert!(refused.reservation.is_none());
/// ```
#[derive(Clone, Debug)]
pub struct Decision {
    /// The reservation; `None` for a call that is refused.
    pub reservation: Option<Reservation>,
    /// The state of each limit of the account, with the reservation.
    pub states: Vec<BudgetState>,
}

/// A reservation of the most that a call may use.
///
/// ```
/// use openresponses_gateway::budget::{Amounts, Reservation};
/// use openresponses_gateway::limits::Money;
///
/// let reservation = Reservation::new(Amounts::new(1, 4096, Money::default()), vec![0]).with_id("r1");
/// assert_eq!((reservation.id(), reservation.most().tokens), ("r1", 4096));
/// ```
#[derive(Clone, Debug)]
pub struct Reservation {
    most: Amounts,
    windows: Vec<u64>,
    id: String,
}

impl Reservation {
    /// Creates a reservation in these windows, in the order of the account's limits.
    #[must_use]
    pub fn new(most: Amounts, windows: Vec<u64>) -> Self {
        Self {
            most,
            windows,
            id: String::new(),
        }
    }

    /// Sets the id under which a store keeps it. Default: empty.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// Returns what is reserved.
    #[must_use]
    pub fn most(&self) -> Amounts {
        self.most
    }

    /// Returns the id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the numbers of the windows.
    #[must_use]
    pub fn windows(&self) -> &[u64] {
        &self.windows
    }
}

/// The state of one limit of an account.
///
/// ```
/// use std::time::Duration;
///
/// use openresponses_gateway::budget::{Budget, BudgetState};
///
/// let minute = Duration::from_secs(60);
/// let budget = Budget::new().requests(60, minute);
/// let state = BudgetState::new(budget.limits()[0].clone(), 10, 5, minute);
/// assert_eq!(state.remaining(), 45);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BudgetState {
    /// The limit.
    pub limit: BudgetLimit,
    /// What ended calls have used in this window.
    pub used: u64,
    /// What calls in progress have reserved.
    pub reserved: u64,
    /// The time until the next window.
    pub resets_in: Duration,
}

impl BudgetState {
    /// Creates a state.
    #[must_use]
    pub fn new(limit: BudgetLimit, used: u64, reserved: u64, resets_in: Duration) -> Self {
        Self {
            limit,
            used,
            reserved,
            resets_in,
        }
    }

    /// Returns what is left beside what is used and reserved.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        let taken = self.used.saturating_add(self.reserved);
        self.limit.amount.saturating_sub(taken)
    }

    /// Returns true if nothing is left even without the reservations.
    pub(super) fn is_used_up(&self) -> bool {
        self.used >= self.limit.amount
    }

    pub(super) fn as_limit(&self) -> LimitState {
        LimitState::new(
            self.limit.resource,
            self.limit.amount,
            self.remaining(),
            self.resets_in,
        )
    }
}

/// A pending decision.
pub(super) type Deciding<'a> =
    Pin<Box<dyn Future<Output = Result<Decision, BoxError>> + Send + 'a>>;

/// A type-erased [`BudgetStore`].
pub(super) trait DynBudgetStore: Send + Sync {
    fn reserve<'a>(&'a self, account: &'a Account, most: Amounts) -> Deciding<'a>;
    fn settle(&self, account: &Account, reservation: Reservation, used: Amounts);
    fn known(&self, account: &Account) -> Vec<BudgetState>;
}

impl<S: BudgetStore> DynBudgetStore for S {
    fn reserve<'a>(&'a self, account: &'a Account, most: Amounts) -> Deciding<'a> {
        Box::pin(BudgetStore::reserve(self, account, most))
    }

    fn settle(&self, account: &Account, reservation: Reservation, used: Amounts) {
        BudgetStore::settle(self, account, reservation, used);
    }

    fn known(&self, account: &Account) -> Vec<BudgetState> {
        BudgetStore::known(self, account)
    }
}
