use std::fmt;
use std::sync::Arc;

use http::Method;
use http::request::Parts;
use openresponses_tower::{Error, RequestContext};

use super::account::Account;
use super::amounts::Amounts;
use super::charge::Charge;
use super::estimate::Estimate;
use super::price::Price;
use super::refusal::{exceeded, unavailable};
use super::store::{BudgetState, BudgetStore, DynBudgetStore};
use crate::auth::Principal;
use crate::limits::LimitReport;

/// Tokens of output that are reserved where the request sets no limit.
const OUTPUT: u64 = 4_096;

/// Returns the account of a caller.
type AccountOf = dyn Fn(&Principal) -> Option<Account> + Send + Sync;

/// The budgets of callers, see the [module](super). Clones share their counts.
///
/// ```
/// use std::time::Duration;
/// use openresponses_gateway::Gateway;
/// use openresponses_gateway::auth::{ApiKeys, Auth, Credentials};
/// use openresponses_gateway::budget::{Account, Budget, Budgets, MemoryBudgets, Price, PriceTable};
/// use openresponses_gateway::limits::Money;
/// use openresponses_gateway::registry::{Catalog, Registry};
/// use openresponses_tower::Config;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let day = Duration::from_secs(24 * 3600);
/// let budget = Budget::new().tokens(1_000_000, day).cost(Money::from_nanos(5_000_000_000), day);
/// let budgets = Budgets::new(MemoryBudgets::new(), move |principal| {
///     Some(Account::new(principal.scope().as_str(), budget.clone()))
/// });
/// let gateway = Gateway::new(Registry::new(Catalog::new())?)
///     .prices(PriceTable::new().price("openai/*", Price::per_million(1.25, 10.0)?))
///     .budgets(budgets.clone());
/// // Refuses a caller without a budget before the body is read.
/// let keys = ApiKeys::new().key("acme", "sk-acme-0123456789")?;
/// let auth = Auth::new(Credentials::new().api_keys(keys))
///     .permit(move |principal, head| budgets.check(principal, head));
/// let config = Config::new().authorize(auth);
/// # let _ = (gateway, config);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Budgets {
    store: Arc<dyn DynBudgetStore>,
    account: Arc<AccountOf>,
    output_reserve: u64,
    outage: StoreOutage,
}

/// What happens to calls while the store does not answer.
///
/// ```
/// use openresponses_gateway::budget::{Budgets, StoreOutage};
///
/// fn counts_when_it_can(budgets: Budgets) -> Budgets {
///     budgets.store_outage(StoreOutage::Allow)
/// }
/// # let _ = counts_when_it_can;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreOutage {
    /// They are refused with 503 `budget_unavailable`.
    #[default]
    Refuse,
    /// They are admitted and do not count.
    Allow,
}

impl Budgets {
    /// Creates budgets whose counts are kept by `store`. `account` returns the account of a caller;
    /// `None` for one without limits.
    #[must_use]
    pub fn new(
        store: impl BudgetStore,
        account: impl Fn(&Principal) -> Option<Account> + Send + Sync + 'static,
    ) -> Self {
        Self {
            store: Arc::new(store),
            account: Arc::new(account),
            output_reserve: OUTPUT,
            outage: StoreOutage::default(),
        }
    }

    /// Sets how many tokens of output are reserved for a request that does not set
    /// `max_output_tokens`. Default: 4,096.
    #[must_use]
    pub fn output_reserve(mut self, tokens: u64) -> Self {
        self.output_reserve = tokens;
        self
    }

    /// Sets what happens while the store does not answer. Default: [`StoreOutage::Refuse`].
    #[must_use]
    pub fn store_outage(mut self, outage: StoreOutage) -> Self {
        self.outage = outage;
        self
    }

    /// Refuses a request for a response or a compaction while its caller is known to have no budget left,
    /// for use in [`Auth::permit`](crate::auth::Auth::permit): before the body is read, and before a
    /// background response is accepted. Nothing is reserved.
    ///
    /// # Errors
    /// 429, see the [module](super).
    pub fn check(&self, principal: &Principal, head: &Parts) -> Result<(), Error> {
        // What calls no model for output is free.
        let path = head.uri.path().trim_end_matches('/');
        let calls_a_model = path.ends_with("/responses") || path.ends_with("/responses/compact");
        if head.method != Method::POST || !calls_a_model {
            return Ok(());
        }
        let Some(account) = (self.account)(principal) else {
            return Ok(());
        };
        let states = self.store.known(&account);
        report(head, &states);
        exceeded(&states).map_or(Ok(()), Err)
    }

    /// Reserves the most that a call may use, at the highest of these prices.
    pub(crate) async fn reserve(
        &self,
        head: &Parts,
        estimate: Estimate,
        prices: Vec<Price>,
    ) -> Result<Option<Charge>, Error> {
        let principal = Principal::from_extensions(&head.extensions);
        let Some(account) = (self.account)(&principal) else {
            return Ok(None);
        };
        let context = RequestContext::from_extensions(&head.extensions);
        let is_first = context.is_none_or(|context| context.count_call() == 0);
        let output = estimate.output_tokens.unwrap_or(self.output_reserve);
        let cost = prices
            .iter()
            .map(|price| price.most(estimate.input_tokens, output));
        let most = Amounts::new(
            u64::from(is_first),
            estimate.input_tokens.saturating_add(output),
            cost.max().unwrap_or_default(),
        );
        let decision = match self.store.reserve(&account, most).await {
            Ok(decision) => decision,
            Err(source) => match self.outage {
                StoreOutage::Refuse => return Err(unavailable(source)),
                StoreOutage::Allow => {
                    tracing::warn!(source, "a call does not count for its budget");
                    return Ok(None);
                }
            },
        };
        report(head, &decision.states);
        match decision.reservation {
            Some(reservation) => Ok(Some(Charge::new(
                Arc::clone(&self.store),
                account,
                reservation,
            ))),
            None => Err(exceeded(&decision.states).unwrap_or_else(|| {
                Error::server("a store of budgets refused a call that is within its budget")
            })),
        }
    }
}

fn report(head: &Parts, states: &[BudgetState]) {
    for state in states {
        LimitReport::record_in(&head.extensions, state.as_limit());
    }
}

impl fmt::Debug for Budgets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budgets")
            .field("output_reserve", &self.output_reserve)
            .field("outage", &self.outage)
            .finish_non_exhaustive()
    }
}
