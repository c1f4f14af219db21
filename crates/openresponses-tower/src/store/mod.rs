//! Stored responses, which can be continued, retrieved and deleted.

mod claim;
mod conversation;
mod dynamic;
mod event_log;
mod hidden;
mod interrupted_action;
mod job;
mod memory;
mod parts;
mod reach;
mod record;
mod response_state;
mod scoped;
mod transfers;
mod work;
mod wrapped;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use openresponses_types::Item;

pub use claim::{Claim, UpdateCondition};
pub use conversation::{Ancestor, Conversation};
pub(crate) use dynamic::DynStore;
pub use event_log::{EventBatch, EventLogLimits, EventPage, LoggedEvent, attempt_of, first_number};
pub(crate) use hidden::refuse_hidden;
pub use interrupted_action::InterruptedAction;
pub use job::AbandonedResponse;
pub(crate) use job::Job;
pub use memory::{MemoryStore, MemoryStoreLimits};
pub use parts::{ItemPlace, RecordParts};
pub use record::StoredResponse;
pub use response_state::ResponseState;
pub(crate) use scoped::{ScopedStore, find_abandoned};
pub use transfers::{Transfer, Transfers};
pub use work::work_on;
pub use wrapped::{StoreCall, WrapStore, WrappedStore};

use crate::error::BoxError;
use crate::scope::Scope;

/// The longest time for which a store keeps anything: a hundred years. Longer settings are reduced to it.
pub const MAX_TIME_TO_LIVE: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// Stores responses, each in its scope.
///
/// Responses of one [`Scope`] are invisible to every other: the scope is part of every key, and an
/// id of another scope is answered like an unknown one.
///
/// A record adds its own input and output to the conversation of its
/// [`ancestor`](StoredResponse::ancestor); a store keeps the items of a conversation once. A deleted
/// or expired response cannot be loaded, and its items cannot be referred to. Responses that
/// continue it stay complete: the store keeps its items for them, and removes them with the last
/// one. The crate `openresponses-testing` contains the tests that every store must pass.
///
/// Every future may be dropped at any await point; a save is then either complete or without
/// effect.
///
/// ```
/// use openresponses_tower::Scope;
/// use openresponses_tower::store::{
///     Conversation, MemoryStore, MemoryStoreLimits, ResponseStore, StoredResponse,
/// };
/// use openresponses_types::Response;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), openresponses_tower::store::StoreError> {
/// let (store, scope) = (MemoryStore::new(MemoryStoreLimits::default()), Scope::new("acme"));
/// let response = Response::new("resp_1", "m", 0);
/// store.save(&scope, StoredResponse::new(response, &Conversation::default(), vec![])).await?;
/// assert!(store.load(&scope, "resp_1").await?.is_some());
/// assert!(store.load(&Scope::new("globex"), "resp_1").await?.is_none());
/// # Ok(())
/// # }
/// ```
pub trait ResponseStore: Send + Sync + 'static {
    /// Returns the response `id` if this scope saved it and it has not expired. The record is a
    /// [`saved`](StoredResponse::saved) one, and tells whether it was
    /// [abandoned](StoredResponse::abandoned).
    ///
    /// # Errors
    /// When the store cannot answer; the client gets 503, never "not found".
    fn load(
        &self,
        scope: &Scope,
        id: &str,
    ) -> impl Future<Output = Result<Option<StoredResponse>, StoreError>> + Send;

    /// Returns the state of the response `id`, as [`load`](Self::load) tells it, but without its content:
    /// those who follow a response ask for it every few seconds. Default: loads the response.
    ///
    /// # Errors
    /// When the store cannot answer.
    fn state(
        &self,
        scope: &Scope,
        id: &str,
    ) -> impl Future<Output = Result<Option<ResponseState>, StoreError>> + Send {
        async {
            let found = self.load(scope, id).await?;
            Ok(found.as_ref().map(ResponseState::of))
        }
    }

    /// Saves a response, which can be loaded once this resolves. A response with the same id is
    /// replaced. When the ancestor is gone, the record is saved with its whole conversation.
    ///
    /// # Errors
    /// When the response was not saved; it is delivered with `store: false`.
    fn save(
        &self,
        scope: &Scope,
        response: StoredResponse,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Replaces a response that is queued or in progress, if `condition` holds, in one atomic step.
    /// Returns false without any effect when there is no such response or the condition does not
    /// hold: a finished response does not change, and a deleted one does not come back.
    ///
    /// # Errors
    /// When the store cannot tell.
    fn update(
        &self,
        scope: &Scope,
        response: StoredResponse,
        condition: UpdateCondition<'_>,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Renews the claim on an unfinished response, which expires as late as if it were saved now, and
    /// so do its events. Returns false when the response is finished or
    /// gone, or another job has the claim.
    ///
    /// # Errors
    /// When the store cannot tell.
    fn renew(
        &self,
        scope: &Scope,
        id: &str,
        claim: &Claim,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Returns up to `limit` unfinished responses of any scope whose claims have lapsed, so that they
    /// are ended or run again without a reader. A store that outlives its processes keeps the name
    /// of the scope while a response has a claim. Default: nothing; the next reader ends such a
    /// response.
    ///
    /// # Errors
    /// When the store cannot tell.
    fn find_abandoned(
        &self,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<AbandonedResponse>, StoreError>> + Send {
        let _ = limit;
        std::future::ready(Ok(Vec::new()))
    }

    /// Deletes a response with its log of events. Returns false when there is no response.
    ///
    /// # Errors
    /// When the store cannot tell.
    fn delete(
        &self,
        scope: &Scope,
        id: &str,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Deletes everything of a scope. Returns the number of responses.
    ///
    /// # Errors
    /// When something may be left.
    fn delete_scope(&self, scope: &Scope) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Returns the items `ids` of any response of this scope, for `item_reference`, in the order of
    /// `ids`. The number of round trips does not depend on the number of ids.
    ///
    /// # Errors
    /// When the store cannot tell. A store that reads them from elsewhere refuses more bytes than it
    /// has for one response ([`StoreError::too_large`]) before it reads them.
    fn find_items(
        &self,
        scope: &Scope,
        ids: &[&str],
    ) -> impl Future<Output = Result<Vec<Option<Arc<Item>>>, StoreError>> + Send;

    /// Returns true for a store with logs of events, from which streams are resumed. Default: false.
    fn keeps_events(&self) -> bool {
        false
    }

    /// Returns how soon an unfinished response or its log expires. Jobs renew their claims, and streams
    /// add to their logs, at least three times as often, so that neither goes while it is needed.
    /// Default: never.
    fn time_to_renew(&self) -> Duration {
        Duration::MAX
    }

    /// Appends to the log of the response `id`. Returns false without any effect when the log of the
    /// batch's [attempt](EventBatch::attempt) does not exist and the batch does not open it: it was
    /// deleted, has expired, or belongs to a later attempt. The same when the log has ended and the
    /// batch has further events: an ended log does not change. The log of an earlier attempt is
    /// replaced by a batch that opens one. Events that the log has already are ignored. Default: an
    /// error.
    ///
    /// # Errors
    /// When the events may not be in the log.
    fn append_events(
        &self,
        scope: &Scope,
        id: &str,
        batch: EventBatch,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send {
        let _ = (scope, id, batch);
        std::future::ready(Err(StoreError::new("this store keeps no events")))
    }

    /// Returns the events of the response `id` after the number `after`, or from the first one of the
    /// latest attempt, as many as the store likes to return at once. Waits up to `wait` for the first of them.
    /// Default: [`EventPage::Missing`].
    ///
    /// # Errors
    /// When the store cannot tell.
    fn read_events(
        &self,
        scope: &Scope,
        id: &str,
        after: Option<u64>,
        wait: Duration,
    ) -> impl Future<Output = Result<EventPage, StoreError>> + Send {
        let _ = (scope, id, after, wait);
        std::future::ready(Ok(EventPage::Missing))
    }
}

/// A failure of a store. The source is logged and never sent.
///
/// ```
/// use openresponses_tower::store::StoreError;
///
/// let error = StoreError::new("the disk is full");
/// assert_eq!(error.to_string(), "the response store failed");
/// assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "the disk is full");
/// ```
#[derive(Debug)]
pub struct StoreError {
    source: BoxError,
    is_too_large: bool,
}

impl StoreError {
    /// Creates a failure caused by `source`. The client gets 503, and may try again.
    #[must_use]
    pub fn new(source: impl Into<BoxError>) -> Self {
        Self {
            source: source.into(),
            is_too_large: false,
        }
    }

    /// Creates a failure of a call that wants more than the store keeps, or returns at once. The client
    /// gets 413, since trying again does not help.
    #[must_use]
    pub fn too_large(source: impl Into<BoxError>) -> Self {
        Self {
            source: source.into(),
            is_too_large: true,
        }
    }

    /// Returns true for a call that wants more than the store keeps, or returns at once.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.is_too_large
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the response store failed")
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.source)
    }
}
