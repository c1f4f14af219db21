//! Calls of a provider that are answered at once.

use std::future::Future;

use crate::config::Config;
use crate::error::Error;
use crate::guard;
use crate::timer::within;

/// Awaits a call of the provider: guarded and limited in time.
pub(super) async fn call<T>(
    config: &Config,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let guarded = guard::future(work);
    match config.first_output_limit {
        Some(limit) => within(limit, guarded)
            .await
            .unwrap_or_else(|| Err(Error::timeout()))?,
        None => guarded.await?,
    }
}
