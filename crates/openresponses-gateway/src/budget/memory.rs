use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use openresponses_tower::BoxError;
use tokio::time::Instant;

use super::account::Account;
use super::amounts::Amounts;
use super::ledger::Ledger;
use super::store::{BudgetState, BudgetStore, Decision, Reservation};

/// Keeps budgets in the process. Clones share them; they are lost when the process ends.
///
/// The clock of the system is read once. From then on time is measured, so that a change of the
/// clock neither renews a budget nor extends a window.
///
/// ```
/// use std::time::Duration;
///
/// use openresponses_gateway::budget::{Account, Amounts, Budget, BudgetStore, MemoryBudgets};
/// use openresponses_gateway::limits::Money;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let account = Account::new("key-1", Budget::new().requests(1, Duration::from_secs(3600)));
/// let budgets = MemoryBudgets::new();
/// let one = Amounts::new(1, 0, Money::default());
/// let first = budgets.reserve(&account, one).await.unwrap();
/// budgets.settle(&account, first.reservation.unwrap(), one);
/// assert!(budgets.reserve(&account, one).await.unwrap().reservation.is_none());
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryBudgets(Arc<Inner>);

struct Inner {
    ledger: Mutex<Ledger>,
    /// The time since 1970 at `started`.
    since: Duration,
    started: Instant,
}

impl MemoryBudgets {
    /// Creates a store in which nothing was used.
    #[must_use]
    pub fn new() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self(Arc::new(Inner {
            ledger: Mutex::default(),
            since: since.unwrap_or_default(),
            started: Instant::now(),
        }))
    }

    fn now(&self) -> Duration {
        self.0.since + self.0.started.elapsed()
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        let ledger = self.0.ledger.lock();
        ledger.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryBudgets {
    fn default() -> Self {
        Self::new()
    }
}

impl BudgetStore for MemoryBudgets {
    async fn reserve(&self, account: &Account, most: Amounts) -> Result<Decision, BoxError> {
        Ok(self.ledger().reserve(account, most, self.now()))
    }

    fn settle(&self, account: &Account, reservation: Reservation, used: Amounts) {
        self.ledger().settle(account, &reservation, used);
    }

    fn known(&self, account: &Account) -> Vec<BudgetState> {
        self.ledger().states(account, self.now())
    }
}

impl fmt::Debug for MemoryBudgets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryBudgets")
    }
}
