//! The reservation of one call, until its end.

use std::sync::Arc;

use openresponses_types::response::Usage;

use super::account::Account;
use super::amounts::Amounts;
use super::store::{DynBudgetStore, Reservation};
use crate::limits::Money;

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

    /// Settles the reservation by the rules of the [module](super).
    pub(crate) fn settle(self, end: ChargedEnd, usage: Option<&Usage>, cost: Option<Money>) {
        let most = self.reservation.most();
        let tokens = |usage: &Usage| usage.input_tokens.saturating_add(usage.output_tokens);
        let used = match (end, usage) {
            (ChargedEnd::NotCalled, _) => Amounts::default(),
            (ChargedEnd::CutShort, Some(usage)) => Amounts::new(
                most.requests,
                most.tokens.max(tokens(usage)),
                most.cost.max(cost.unwrap_or_default()),
            ),
            (ChargedEnd::Failed | ChargedEnd::Other, Some(usage)) => {
                Amounts::new(most.requests, tokens(usage), cost.unwrap_or_default())
            }
            (ChargedEnd::Failed, None) => Amounts::new(most.requests, 0, Money::ZERO),
            (ChargedEnd::Other | ChargedEnd::CutShort, None) => most,
        };
        self.store.settle(&self.account, self.reservation, used);
    }
}
