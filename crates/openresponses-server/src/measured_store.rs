//! Operations of the store as metrics.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};
use openresponses_tower::Scope;
use openresponses_tower::store::{
    AbandonedResponse, Claim, EventBatch, EventPage, ResponseStore, StoreError, StoredResponse,
    UpdateCondition,
};
use openresponses_types::Item;

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

/// A store whose operations are counted and timed. Methods with a default are passed on as well.
#[derive(Clone, Debug)]
pub(crate) struct MeasuredStore<S>(pub(crate) S);

/// Awaits an operation and records it. One that is given up is not counted.
async fn measured<T>(
    operation: &'static str,
    work: impl Future<Output = Result<T, StoreError>> + Send,
) -> Result<T, StoreError> {
    let began = Instant::now();
    let result = work.await;
    let outcome = if result.is_ok() { "ok" } else { "failed" };
    counter!(OPERATIONS, "operation" => operation, "outcome" => outcome).increment(1);
    histogram!(DURATION, "operation" => operation).record(began.elapsed().as_secs_f64());
    result
}

impl<S: ResponseStore> ResponseStore for MeasuredStore<S> {
    fn load(
        &self,
        scope: &Scope,
        id: &str,
    ) -> impl Future<Output = Result<Option<StoredResponse>, StoreError>> + Send {
        measured("load", self.0.load(scope, id))
    }

    fn save(
        &self,
        scope: &Scope,
        response: StoredResponse,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        measured("save", self.0.save(scope, response))
    }

    fn update(
        &self,
        scope: &Scope,
        response: StoredResponse,
        condition: UpdateCondition<'_>,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send {
        measured("update", self.0.update(scope, response, condition))
    }

    fn renew(
        &self,
        scope: &Scope,
        id: &str,
        claim: &Claim,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send {
        measured("renew", self.0.renew(scope, id, claim))
    }

    fn find_abandoned(
        &self,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<AbandonedResponse>, StoreError>> + Send {
        measured("find_abandoned", self.0.find_abandoned(limit))
    }

    fn delete(
        &self,
        scope: &Scope,
        id: &str,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send {
        measured("delete", self.0.delete(scope, id))
    }

    fn delete_scope(&self, scope: &Scope) -> impl Future<Output = Result<u64, StoreError>> + Send {
        measured("delete_scope", self.0.delete_scope(scope))
    }

    fn find_items(
        &self,
        scope: &Scope,
        ids: &[&str],
    ) -> impl Future<Output = Result<Vec<Option<Arc<Item>>>, StoreError>> + Send {
        measured("find_items", self.0.find_items(scope, ids))
    }

    fn keeps_events(&self) -> bool {
        self.0.keeps_events()
    }

    fn append_events(
        &self,
        scope: &Scope,
        id: &str,
        batch: EventBatch,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send {
        measured("append_events", self.0.append_events(scope, id, batch))
    }

    fn read_events(
        &self,
        scope: &Scope,
        id: &str,
        after: Option<u64>,
        wait: Duration,
    ) -> impl Future<Output = Result<EventPage, StoreError>> + Send {
        measured("read_events", self.0.read_events(scope, id, after, wait))
    }
}

#[cfg(test)]
mod tests {
    /// The trait and this file: a method with a default that is not passed on would be lost.
    const TRAIT: &str = include_str!("../../openresponses-tower/src/store/mod.rs");
    const OWN: &str = include_str!("measured_store.rs");

    #[test]
    fn every_method_of_a_store_is_passed_on() {
        let (_, methods) = TRAIT.split_once("pub trait ResponseStore").unwrap();
        let (methods, _) = methods.split_once("\n}\n").unwrap();
        let names = methods
            .lines()
            .filter_map(|line| line.strip_prefix("    fn "));
        let names: Vec<_> = names.map(|name| name.split('(').next().unwrap()).collect();
        assert!(names.len() >= 11, "{names:?}");
        for name in names {
            let call = format!("self.0.{name}(");
            assert!(OWN.contains(&call), "{name}");
        }
    }
}
