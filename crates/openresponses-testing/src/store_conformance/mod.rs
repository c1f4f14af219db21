//! The requirements on every [`ResponseStore`], as a suite for the tests of an implementation.
//!
//! ```
//! use std::time::Duration;
//!
//! use openresponses_testing::store_conformance;
//! use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! store_conformance::run(&MemoryStore::new(MemoryStoreLimits::default())).await;
//!
//! let time = Duration::from_millis(200);
//! let limits = MemoryStoreLimits::default().time_to_live(time);
//! store_conformance::run_expiry(&MemoryStore::new(limits), time).await;
//! # }
//! ```
//!
//! Ids are new in each run, so the suite can run against a store with other content.

mod continuing;
mod events;
mod keeping;
mod races;
mod references;
mod transfers;
mod updating;

use std::sync::Arc;
use std::time::{Duration, Instant};

use openresponses_tower::Scope;
use openresponses_tower::ids::RandomIds;
use openresponses_tower::store::{Claim, Conversation, ResponseStore, StoreError, StoredResponse};
use openresponses_types::content::OutputText;
use openresponses_types::item::Message;
use openresponses_types::response::ResponseStatus;
use openresponses_types::sequence::{IdGenerator, IdKind};
use openresponses_types::{Item, Response};

pub use continuing::*;
pub use events::*;
pub use keeping::*;
pub use races::*;
pub use references::*;
pub use transfers::*;
pub use updating::*;

/// Runs a case, which must end.
macro_rules! run {
    ($case:ident($($argument:ident),*)) => {
        ends(stringify!($case), || $case($($argument),*)).await
    };
}

/// Runs every case. Those of events run where the store keeps them.
///
/// # Panics
/// At the first failed case, and at one that does not end, with its name.
pub async fn run<S: ResponseStore>(store: &S) {
    run!(keeps_what_was_saved(store));
    run!(keeps_scopes_apart(store));
    run!(finds_no_references(store));
    run!(forgets_what_was_deleted(store));
    run!(replaces_the_same_id(store));
    run!(replaces_what_it_continues(store));
    run!(finds_items_by_id(store));
    run!(finds_items_by_long_ids(store));
    run!(finds_an_item_while_a_response_has_it(store));
    run!(keeps_large_items(store));
    run!(deletes_a_scope(store));
    run!(has_nothing_under_an_odd_id(store));
    run!(each_turn_stands_alone(store));
    run!(keeps_branches(store));
    run!(continues_what_is_being_deleted(store));
    run!(continues_beyond_unsaved_turns(store));
    run!(keeps_a_long_conversation(store));
    run!(a_finished_response_does_not_change(store));
    run!(a_deleted_response_does_not_come_back(store));
    run!(one_of_many_updates_ends_a_response(store));
    run!(an_unfinished_continuation_is_updated(store));
    run!(a_claim_is_lost_when_it_is_not_renewed(store));
    run!(one_of_two_takes_over(store));
    run!(finds_abandoned_responses(store));
    run!(tells_the_state_of_a_response(store));
    run!(continues_deletes_and_cancels_at_once(store));
    if store.keeps_events() {
        run!(keeps_events_in_order(store));
        run!(follows_a_log(store));
        run!(a_deleted_log_does_not_come_back(store));
        run!(a_later_attempt_restarts_a_log(store));
        run!(an_ended_log_does_not_change(store));
        run!(a_log_without_a_response_goes_with_its_scope(store));
        run!(a_log_is_kept_as_long_as_its_last_write_wants(store));
    }
}

/// Runs the cases of expiry, for a store that keeps responses for `time_to_live`: some tenths of a
/// second.
///
/// # Panics
/// At the first failed case, and at one that does not end, with its name.
pub async fn run_expiry<S: ResponseStore>(store: &S, time_to_live: Duration) {
    run!(expired_responses_are_gone(store, time_to_live));
    run!(expiry_and_continuation_race(store, time_to_live));
    run!(what_a_process_works_on_stays(store, time_to_live));
    if store.keeps_events() {
        run!(an_expired_log_can_be_opened(store, time_to_live));
    }
}

/// The longest that a case may take: far more than any store needs, for slow machines.
const HANGS: Duration = Duration::from_secs(300);

/// Awaits a case, which must end.
pub(crate) async fn ends<F: Future<Output = ()>>(case: &str, work: impl FnOnce() -> F) {
    // The futures of all cases together would not fit on a stack.
    let work = Box::pin(work());
    if tokio::time::timeout(HANGS, work).await.is_err() {
        fail(case, "it does not end");
    }
}

pub(crate) fn scope() -> Scope {
    Scope::new(&RandomIds.id(IdKind::Item))
}

pub(crate) fn user(text: &str) -> Arc<Item> {
    Arc::new(Message::user(text).id(RandomIds.id(IdKind::Message)).into())
}

pub(crate) fn turn(previous: &Conversation, input: Vec<Arc<Item>>, answer: &str) -> StoredResponse {
    let part = OutputText::new(answer)
        .annotations(Vec::new())
        .logprobs(Vec::new());
    let output = Item::from(Message::output(RandomIds.id(IdKind::Message), part));
    let response = Response::new(RandomIds.id(IdKind::Response), "model", 1_764_967_971)
        .status(ResponseStatus::Completed)
        .output(vec![output]);
    StoredResponse::new(response, previous, input)
}

/// Returns a queued response that `holder` works on, and the same completed.
pub(crate) fn job(
    previous: &Conversation,
    holder: &str,
    time: Duration,
) -> (StoredResponse, StoredResponse) {
    let input = vec![user("question")];
    let done = turn(previous, input.clone(), "answer");
    let queued = done.response().status(ResponseStatus::Queued);
    let queued = StoredResponse::new(queued.output(Vec::new()), previous, input);
    (queued.claimed(Claim::new(holder, time)), done)
}

fn text_of(item: &Item) -> String {
    match item {
        Item::Message(message) => message.content.texts().collect(),
        _ => String::new(),
    }
}

async fn find<S: ResponseStore>(store: &S, scope: &Scope, id: &str) -> Option<Arc<Item>> {
    let found = check(store.find_items(scope, &[id]).await);
    found.into_iter().next().flatten()
}

pub(crate) async fn loaded<S: ResponseStore>(store: &S, scope: &Scope, id: &str) -> StoredResponse {
    match check(store.load(scope, id).await) {
        Some(found) => found,
        None => fail("load", "a response is missing"),
    }
}

/// Saves a response and returns it as the store has it.
pub(crate) async fn save_and_load<S: ResponseStore>(
    store: &S,
    scope: &Scope,
    record: &StoredResponse,
) -> StoredResponse {
    check(store.save(scope, record.clone()).await);
    loaded(store, scope, record.id()).await
}

/// Saves a record in a store that keeps it for a short time, until it can be loaded within that time,
/// which may pass on a busy machine.
pub(crate) async fn save_and_load_within<S: ResponseStore>(
    store: &S,
    scope: &Scope,
    record: &StoredResponse,
    time_to_live: Duration,
) -> StoredResponse {
    loop {
        let begun = Instant::now();
        check(store.save(scope, record.clone()).await);
        if let Some(found) = check(store.load(scope, record.id()).await) {
            return found;
        }
        if begun.elapsed() < time_to_live {
            fail("save_and_load_within", "a saved response is not found");
        }
        // The limit of the case is not seen by a store that never waits.
        tokio::task::yield_now().await;
    }
}

pub(crate) fn check<T>(result: Result<T, StoreError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => fail("the store failed", &format!("{error:?}")),
    }
}

/// Fails the suite.
#[allow(clippy::panic, reason = "a test suite that is not passed")]
pub(crate) fn fail(case: &str, why: &str) -> ! {
    std::panic::panic_any(format!("{case}: {why}"))
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use openresponses_tower::store::{
        MemoryStore, MemoryStoreLimits, StoreCall, WrapStore, WrappedStore,
    };

    use super::*;

    /// A store that answers nothing.
    struct Silent;

    impl WrapStore for Silent {
        async fn around<T: Send>(
            &self,
            _: StoreCall,
            _: impl Future<Output = Result<T, StoreError>> + Send,
        ) -> Result<T, StoreError> {
            pending().await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_case_that_does_not_end_fails_with_its_name() {
        let store = MemoryStore::new(MemoryStoreLimits::default());
        let store = WrappedStore::new(store, Silent);
        let run = tokio::spawn(async move { run(&store).await });
        let panic = run
            .await
            .err()
            .and_then(|error| error.try_into_panic().ok());
        let why = panic.and_then(|panic| panic.downcast::<String>().ok());
        assert_eq!(
            why.as_deref().map(String::as_str),
            Some("keeps_what_was_saved: it does not end")
        );
    }
}
