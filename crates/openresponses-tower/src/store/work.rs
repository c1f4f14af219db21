use std::sync::OnceLock;

use super::StoreError;
use crate::workers::{Workers, runtime_for};

/// Works on so many bytes of a stored value, for stores: what is large on the runtime's threads for
/// blocking work, as many at once as there are processors, so that requests for something else do not
/// wait for it. Outside of tokio, in place.
///
/// # Errors
/// A panic.
///
/// ```
/// use openresponses_tower::store::{StoreError, work_on};
///
/// # async fn read(json: String) -> Result<usize, StoreError> {
/// let length = work_on(json.len(), move || json.chars().count()).await?;
/// # Ok(length)
/// # }
/// ```
pub async fn work_on<T, F>(bytes: usize, work: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    static WORKERS: OnceLock<Workers> = OnceLock::new();
    let Some(runtime) = runtime_for(u64::try_from(bytes).unwrap_or(u64::MAX)) else {
        return Ok(work());
    };
    let place = WORKERS.get_or_init(|| Workers::one_in(1)).place().await;
    let done = runtime.spawn_blocking(move || {
        let _place = place;
        work()
    });
    done.await.map_err(StoreError::new)
}
