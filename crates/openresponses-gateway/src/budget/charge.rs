//! The reservation of one call, until its end.

use std::sync::Arc;

use super::account::Account;
use super::amounts::Amounts;
use super::spent::Spent;
use super::store::{DynBudgetStore, Reservation};

/// How a call ended, as far as it is charged.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ChargedEnd {
    /// No provider was called.
    NotCalled,
    /// It failed.
    Failed,
    /// It succeeded, or the client disconnected.
    Other,
    /// The client's own time limit ended an attempt.
    CutShort,
}

/// A reservation that is settled at the end of its call.
pub(crate) struct Charge {
    store: Arc<dyn DynBudgetStore>,
    account: Account,
    reservation: Reservation,
}

impl Charge {
    pub(super) fn new(
        store: Arc<dyn DynBudgetStore>,
        account: Account,
        reservation: Reservation,
    ) -> Self {
        Self {
            store,
            account,
            reservation,
        }
    }

    /// Settles the reservation by the rules of the [module](super), after attempts that have used
    /// `earlier` and a `last` one.
    pub(crate) fn settle(self, end: ChargedEnd, last: &Spent, earlier: &Spent) {
        let most = self.reservation.most();
        let (tokens, cost) = match (end, &last.usage) {
            (ChargedEnd::Other, None) => (most.tokens, most.cost),
            _ => (last.tokens(), last.cost.unwrap_or_default()),
        };
        let tokens = tokens.saturating_add(earlier.tokens());
        let cost = cost.saturating_add(earlier.cost.unwrap_or_default());
        let used = match end {
            ChargedEnd::NotCalled => Amounts::default(),
            ChargedEnd::Failed | ChargedEnd::Other => Amounts::new(most.requests, tokens, cost),
            ChargedEnd::CutShort => {
                Amounts::new(most.requests, most.tokens.max(tokens), most.cost.max(cost))
            }
        };
        self.store.settle(&self.account, self.reservation, used);
    }
}
