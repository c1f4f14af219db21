//! Budgets of callers, shared by the replicas of a gateway.

use std::time::Duration;

use openresponses_gateway::budget::{
    Account, Amounts, BudgetLimit, BudgetState, BudgetStore, Decision, Reservation,
};
use openresponses_tower::BoxError;
use openresponses_tower::ids::RandomIds;
use openresponses_types::sequence::{IdGenerator, IdKind};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::sleep;

use crate::error::RedisStoreError;
use crate::keys;
use crate::scripts;
use crate::store::RedisStore;

/// The largest count that a script computes exactly.
const EXACT: u64 = (1 << 53) - 1;

/// The times to wait before what a call used is sent again.
const AGAIN: [Duration; 4] = [
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(20),
];

/// All replicas count together, by the clock of Redis. What a call used is sent in a task, and again
/// for 26 s while Redis does not answer; after that, and when the process ends, it counts as
/// reserved until the end of the window.
impl BudgetStore for RedisStore {
    async fn reserve(&self, account: &Account, most: Amounts) -> Result<Decision, BoxError> {
        let (sender, receiver) = oneshot::channel();
        let (store, account) = (self.clone(), account.clone());
        // In a task: a caller that disconnects must not leave a reservation behind.
        drop(tokio::spawn(async move {
            let id = RandomIds.id(IdKind::Request);
            let decision = store.reserved(&account, most, &id).await;
            // The caller may go after this was sent, and before it was read.
            let reply = Reply {
                reserved: Some((store, account, id)),
                decision,
            };
            drop(sender.send(reply));
        }));
        Ok(receiver.await?.read()?)
    }

    fn settle(&self, account: &Account, reservation: Reservation, used: Amounts) {
        let (store, account) = (self.clone(), account.clone());
        in_task(async move {
            if let Err(error) = store.settled(&account, reservation.id(), used).await {
                tracing::error!(%error, "a call counts as reserved: its use was not stored");
            }
        });
    }
}

/// The reply to a reservation, which is released unless the reply is read.
struct Reply {
    decision: Result<Decision, RedisStoreError>,
    reserved: Option<(RedisStore, Account, String)>,
}

impl Reply {
    /// Returns the decision. Redis may still execute a command that has timed out, so the
    /// reservation of an error is released.
    fn read(mut self) -> Result<Decision, RedisStoreError> {
        let error = RedisStoreError::TimedOut;
        let decision = std::mem::replace(&mut self.decision, Err(error));
        if decision.is_ok() {
            self.reserved = None;
        }
        decision
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some((store, account, id)) = self.reserved.take() {
            in_task(async move {
                let released = store.settled(&account, &id, Amounts::default()).await;
                if let Err(error) = released {
                    tracing::debug!(%error, "a reservation was not released");
                }
            });
        }
    }
}

/// Works in a task. A process that ends has no runtime any more.
fn in_task(work: impl Future<Output = ()> + Send + 'static) {
    if let Ok(runtime) = Handle::try_current() {
        drop(runtime.spawn(work));
    }
}

impl RedisStore {
    async fn reserved(
        &self,
        account: &Account,
        most: Amounts,
        id: &str,
    ) -> Result<Decision, RedisStoreError> {
        let mut command = scripts::reserve(&keys::budget(&self.options().prefix, account.id()), id);
        for limit in account.limits() {
            command
                .arg(name(limit))
                .arg(limit.window.as_secs())
                .arg(limit.amount.min(EXACT))
                .arg(most.of(limit.resource).min(EXACT));
        }
        let reply: Vec<u64> = self.call().ask(command).await?.value;
        decision(account, most, id, &reply).ok_or(RedisStoreError::Unreadable)
    }

    /// Sends what a call used, and again while Redis does not answer.
    async fn settled(
        &self,
        account: &Account,
        id: &str,
        used: Amounts,
    ) -> Result<(), RedisStoreError> {
        let mut command = scripts::settle(&keys::budget(&self.options().prefix, account.id()), id);
        for limit in account.limits() {
            command
                .arg(name(limit))
                .arg(used.of(limit.resource).min(EXACT));
        }
        let mut pauses = AGAIN.into_iter();
        loop {
            let sent = self.call().ask::<u64>(command.clone()).await;
            match (sent, pauses.next()) {
                (Ok(_), _) => return Ok(()),
                (Err(_), Some(pause)) => sleep(pause).await,
                (Err(error), None) => return Err(error),
            }
        }
    }
}

/// Returns the name of a limit: its amount may change while its counts stay.
fn name(limit: &BudgetLimit) -> String {
    format!("{}:{}", limit.resource.name(), limit.window.as_secs())
}

/// Reads the reply to a reservation: whether it was made, the time, and three numbers a limit.
fn decision(account: &Account, most: Amounts, id: &str, reply: &[u64]) -> Option<Decision> {
    let (is_made, rest) = reply.split_first()?;
    let (now, rest) = rest.split_first()?;
    let (mut windows, mut states) = (Vec::new(), Vec::new());
    for (limit, counts) in account.limits().iter().zip(rest.chunks(3)) {
        let [window, used, reserved] = counts.try_into().ok()?;
        let end = (window + 1).saturating_mul(limit.window.as_secs());
        let resets_in = Duration::from_secs(end.saturating_sub(*now));
        windows.push(window);
        states.push(BudgetState::new(*limit, used, reserved, resets_in));
    }
    if states.len() != account.limits().len() {
        return None;
    }
    let reservation = (*is_made == 1).then(|| Reservation::new(most, windows).with_id(id));
    Some(Decision {
        reservation,
        states,
    })
}
