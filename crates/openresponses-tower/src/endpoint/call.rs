//! Calls of a provider that are answered at once.

use std::future::Future;

use crate::config::Config;
use crate::error::Error;
use crate::guard;
use crate::timer::within;

/// Awaits a call of the provider: guarded, limited in time, and ended by a shutdown.
pub(super) async fn call<T>(
    config: &Config,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let guarded = guard::future(work);
    let limited = async {
        match config.first_output_limit {
            Some(limit) => within(limit, guarded)
                .await
                .unwrap_or_else(|| Err(Error::timeout())),
            None => guarded.await,
        }
    };
    config.shutdown.unless_ended(limited).await??
}
