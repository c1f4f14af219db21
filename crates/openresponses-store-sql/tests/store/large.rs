//! Large values, of which a few are read and written at once.

use std::time::Duration;

use openresponses_store_sql::SqlStoreOptions;
use openresponses_testing::store_conformance;

use crate::support::Database;

/// Calls that come together wait for each other, and take no connection meanwhile.
pub(crate) async fn large_values_wait_for_each_other(database: Database) {
    let options = SqlStoreOptions::new().transfer_bytes(1 << 20);
    let patient = options.clone().timeout(Duration::from_secs(60));
    let store = database.store_with(patient).await;
    let hasty = options.timeout(Duration::from_nanos(1)).migrate(false);
    let hasty = database.store_with(hasty).await;
    store_conformance::large_values_wait_for_each_other(&store, &hasty, 1 << 20).await;
}
