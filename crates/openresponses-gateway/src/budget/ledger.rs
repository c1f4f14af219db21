//! The counts of all accounts, without a clock and without locks.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::account::{Account, BudgetLimit};
use super::amounts::Amounts;
use super::store::{BudgetState, Decision, Reservation};
use crate::limits::LimitedResource;

/// Counts what accounts have used and reserved in the windows of their limits. Time is passed in, as
/// the time since 1970.
///
/// ```
/// use std::time::Duration;
/// use openresponses_gateway::budget::{Account, Amounts, Budget, Ledger};
/// use openresponses_gateway::limits::Money;
///
/// let hour = Duration::from_secs(3600);
/// let account = Account::new("acme", Budget::new().tokens(100, hour));
/// let mut ledger = Ledger::default();
///
/// let call = Amounts::new(1, 80, Money::ZERO);
/// let first = ledger.reserve(&account, call, hour).reservation.unwrap();
/// // 20 are left, so a second call is admitted, and no third one.
/// let second = ledger.reserve(&account, call, hour).reservation.unwrap();
/// assert!(ledger.reserve(&account, call, hour).reservation.is_none());
///
/// ledger.settle(&account, &first, Amounts::new(1, 5, Money::ZERO));
/// ledger.settle(&account, &second, Amounts::new(1, 5, Money::ZERO));
/// assert_eq!(ledger.states(&account, hour)[0].remaining(), 90);
/// ```
#[derive(Debug, Default)]
pub struct Ledger {
    windows: HashMap<Key, Window>,
    /// The number of windows after the last cleanup.
    kept: usize,
}

/// The amount of a limit may change while its counts stay.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    account: Arc<str>,
    resource: LimitedResource,
    seconds: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Window {
    number: u64,
    used: u64,
    reserved: u64,
}

impl Ledger {
    /// Reserves the most that a call may use, if something is left of each limit.
    pub fn reserve(&mut self, account: &Account, most: Amounts, now: Duration) -> Decision {
        self.clean(now);
        let states = self.states(account, now);
        if states.iter().any(|state| state.remaining() == 0) {
            return Decision {
                reservation: None,
                states,
            };
        }
        let mut windows = Vec::with_capacity(states.len());
        for limit in account.limits() {
            let window = self.window(account, limit, now);
            window.reserved = window.reserved.saturating_add(most.of(limit.resource));
            windows.push(window.number);
        }
        Decision {
            reservation: Some(Reservation::new(most, windows)),
            states: self.states(account, now),
        }
    }

    /// Replaces a reservation by what the call used. A call counts in the window in which it began,
    /// so a window that has ended in the meantime is not affected.
    pub fn settle(&mut self, account: &Account, reservation: &Reservation, used: Amounts) {
        for (limit, number) in account.limits().iter().zip(reservation.windows()) {
            let Some(window) = self.windows.get_mut(&Key::of(account, limit)) else {
                continue;
            };
            if window.number == *number {
                let most = reservation.most().of(limit.resource);
                window.reserved = window.reserved.saturating_sub(most);
                window.used = window.used.saturating_add(used.of(limit.resource));
            }
        }
    }

    /// Returns the state of each limit of an account, in their order.
    #[must_use]
    pub fn states(&self, account: &Account, now: Duration) -> Vec<BudgetState> {
        let limits = account.limits().iter();
        let states = limits.map(|limit| {
            let kept = self.windows.get(&Key::of(account, limit)).copied();
            let window = kept.unwrap_or_default().at(limit, now);
            let end = limit
                .window
                .saturating_mul(u32::try_from(window.number + 1).unwrap_or(u32::MAX));
            BudgetState::new(
                *limit,
                window.used,
                window.reserved,
                end.saturating_sub(now),
            )
        });
        states.collect()
    }

    /// Returns the current window of a limit.
    fn window(&mut self, account: &Account, limit: &BudgetLimit, now: Duration) -> &mut Window {
        let window = self.windows.entry(Key::of(account, limit)).or_default();
        *window = window.at(limit, now);
        window
    }

    /// Removes windows that have ended.
    fn clean(&mut self, now: Duration) {
        if self.windows.len() > 2 * self.kept + 1_024 {
            let is_current =
                |key: &Key, window: &mut Window| window.number >= now.as_secs() / key.seconds;
            self.windows.retain(is_current);
            self.kept = self.windows.len();
        }
    }
}

impl Key {
    fn of(account: &Account, limit: &BudgetLimit) -> Self {
        Self {
            account: account.shared_id(),
            resource: limit.resource,
            seconds: limit.window.as_secs().max(1),
        }
    }
}

impl Window {
    /// Returns the window at a time: this one, or a new one after it. A clock that was set back does
    /// not bring back an earlier window.
    fn at(self, limit: &BudgetLimit, now: Duration) -> Self {
        let number = now.as_secs() / limit.window.as_secs().max(1);
        if number <= self.number {
            return self;
        }
        Self {
            number,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::account::Budget;
    use super::*;
    use crate::limits::Money;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn tokens(count: u64) -> Amounts {
        Amounts::new(1, count, Money::ZERO)
    }

    fn account(budget: Budget) -> Account {
        Account::new("acme", budget)
    }

    #[test]
    fn a_refused_call_reserves_nothing_of_its_other_limits() {
        let account = account(Budget::new().requests(10, HOUR).tokens(10, HOUR));
        let mut ledger = Ledger::default();
        assert!(
            ledger
                .reserve(&account, tokens(10), HOUR)
                .reservation
                .is_some()
        );
        let refused = ledger.reserve(&account, tokens(10), HOUR);
        assert!(refused.reservation.is_none());
        let left: Vec<_> = refused.states.iter().map(BudgetState::remaining).collect();
        assert_eq!(left, [9, 0]);
    }

    #[test]
    fn limits_of_one_resource_and_length_count_a_call_once() {
        let account = account(Budget::new().tokens(100, HOUR).tokens(50, HOUR));
        let mut ledger = Ledger::default();
        let call = ledger.reserve(&account, tokens(10), HOUR);
        let left: Vec<_> = call.states.iter().map(BudgetState::remaining).collect();
        assert_eq!(left, [40]);
        ledger.settle(&account, &call.reservation.unwrap(), tokens(4));
        assert_eq!(ledger.states(&account, HOUR)[0].remaining(), 46);
    }

    #[test]
    fn a_new_window_begins_empty_and_is_not_charged_for_the_one_before() {
        let account = account(Budget::new().tokens(10, HOUR));
        let mut ledger = Ledger::default();
        let long = ledger
            .reserve(&account, tokens(10), HOUR)
            .reservation
            .unwrap();
        let later = ledger.reserve(&account, tokens(4), 2 * HOUR);
        let later = later.reservation.unwrap();
        ledger.settle(&account, &long, tokens(9));
        ledger.settle(&account, &later, tokens(4));
        assert_eq!(ledger.states(&account, 2 * HOUR)[0].remaining(), 6);
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_renew_a_budget() {
        let account = account(Budget::new().tokens(10, HOUR));
        let mut ledger = Ledger::default();
        let call = ledger
            .reserve(&account, tokens(10), 5 * HOUR)
            .reservation
            .unwrap();
        ledger.settle(&account, &call, tokens(10));
        for back in [4 * HOUR, Duration::ZERO] {
            let refused = ledger.reserve(&account, tokens(1), back);
            assert!(refused.reservation.is_none(), "{back:?}");
            assert_eq!(refused.states[0].resets_in, 6 * HOUR - back);
        }
        assert!(
            ledger
                .reserve(&account, tokens(1), 6 * HOUR)
                .reservation
                .is_some()
        );
    }

    #[test]
    fn changed_limits_keep_what_was_used() {
        let small = account(Budget::new().tokens(10, HOUR));
        let mut ledger = Ledger::default();
        let call = ledger
            .reserve(&small, tokens(10), HOUR)
            .reservation
            .unwrap();
        let large = account(Budget::new().requests(1, HOUR).tokens(100, HOUR));
        ledger.settle(&small, &call, tokens(12));
        assert_eq!(ledger.states(&large, HOUR)[1].remaining(), 88);
    }

    #[test]
    fn absurd_counts_do_not_overflow() {
        let account = account(Budget::new().tokens(u64::MAX, HOUR));
        let mut ledger = Ledger::default();
        for _ in 0..2 {
            let call = ledger.reserve(&account, tokens(u64::MAX / 2), HOUR);
            ledger.settle(&account, &call.reservation.unwrap(), tokens(u64::MAX / 2));
        }
        let call = ledger
            .reserve(&account, tokens(u64::MAX), HOUR)
            .reservation
            .unwrap();
        ledger.settle(&account, &call, tokens(u64::MAX));
        assert_eq!(ledger.states(&account, HOUR)[0].remaining(), 0);
        let late = Duration::from_secs(u64::MAX);
        assert!(
            ledger
                .reserve(&account, tokens(1), late)
                .reservation
                .is_some()
        );
    }

    #[test]
    fn windows_that_have_ended_take_no_memory() {
        let mut ledger = Ledger::default();
        for number in 0..10_000_u64 {
            let budget = Budget::new().tokens(10, Duration::from_secs(1));
            let account = Account::new(format!("tenant-{number}"), budget);
            ledger.reserve(&account, tokens(1), Duration::from_secs(number));
        }
        assert!(ledger.windows.len() < 2_000, "{}", ledger.windows.len());
    }
}
