use super::StoredResponse;

/// Whether a stored response is still being produced.
///
/// ```
/// use openresponses_tower::Scope;
/// use openresponses_tower::store::{
///     Conversation, MemoryStore, MemoryStoreLimits, ResponseState, ResponseStore, StoredResponse,
/// };
/// use openresponses_types::Response;
/// use openresponses_types::response::ResponseStatus;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), openresponses_tower::store::StoreError> {
/// let (store, scope) = (MemoryStore::new(MemoryStoreLimits::default()), Scope::new("acme"));
/// let response = Response::new("resp_1", "m", 0).status(ResponseStatus::Completed);
/// store.save(&scope, StoredResponse::new(response, &Conversation::default(), vec![])).await?;
/// assert_eq!(store.state(&scope, "resp_1").await?, Some(ResponseState::Finished));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseState {
    /// It is queued or in progress.
    Unfinished,
    /// The same, and the process that produces it has not renewed its claim in time.
    Abandoned,
    /// It has ended.
    Finished,
}

impl ResponseState {
    /// Returns the state of a record.
    #[must_use]
    pub fn of(record: &StoredResponse) -> Self {
        match (record.is_finished(), record.is_abandoned()) {
            (true, _) => Self::Finished,
            (false, true) => Self::Abandoned,
            (false, false) => Self::Unfinished,
        }
    }
}
