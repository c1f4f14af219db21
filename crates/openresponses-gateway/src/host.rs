//! Calls of the host's code in layers. At the endpoint, `openresponses-tower` guards them.

use std::future::Future;
use std::time::Duration;

use openresponses_tower::{Error, guard};
use tokio::time::timeout;

/// The time limit of a decision, as at the endpoint.
const DECIDING: Duration = Duration::from_secs(30);

/// Awaits the host's decision. Its panic and its silence are faults of the server.
pub(crate) async fn decided<T>(
    decision: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match timeout(DECIDING, guard::future(decision)).await {
        Ok(decided) => decided?,
        Err(_) => Err(Error::server("a decision of the host took too long")),
    }
}
