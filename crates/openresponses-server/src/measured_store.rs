//! Operations of the store as metrics.

use std::future::Future;
use std::time::Instant;

use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};
use openresponses_tower::store::{StoreCall, StoreError, WrapStore, WrappedStore};

const OPERATIONS: &str = "openresponses_store_operations_total";
const DURATION: &str = "openresponses_store_operation_duration_seconds";

/// Describes the metrics to the installed recorder.
pub(crate) fn describe() {
    describe_counter!(
        OPERATIONS,
        "Operations of the store for responses that have ended."
    );
    describe_histogram!(
        DURATION,
        Unit::Seconds,
        "Duration of operations of the store; that of reading events includes waiting for them."
    );
}

/// Returns a store whose operations are counted and timed.
pub(crate) fn measured<S>(store: S) -> WrappedStore<S, Measured> {
    WrappedStore::new(store, Measured)
}

/// Records each operation. One that is given up is not counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured;

impl WrapStore for Measured {
    async fn around<T: Send>(
        &self,
        call: StoreCall,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let began = Instant::now();
        let result = work.await;
        let outcome = if result.is_ok() { "ok" } else { "failed" };
        let operation = call.name();
        counter!(OPERATIONS, "operation" => operation, "outcome" => outcome).increment(1);
        histogram!(DURATION, "operation" => operation).record(began.elapsed().as_secs_f64());
        result
    }
}
