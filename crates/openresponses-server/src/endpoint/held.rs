//! Metrics of bounded resources.

use std::sync::Arc;

use metrics::{counter, describe_counter, describe_gauge, gauge};
use openresponses_tower::bounds::Bounds;

use crate::open_connections::OpenConnections;

const HELD: &str = "openresponses_bounds_held";
const LIMIT: &str = "openresponses_bounds_limit";
const REFUSED: &str = "openresponses_bounds_refused_total";

/// The bounded resources of this process.
#[derive(Clone)]
pub(crate) struct Held {
    bounds: Bounds,
    connections: Arc<OpenConnections>,
}

impl Held {
    pub(crate) fn new(bounds: Bounds, connections: &Arc<OpenConnections>) -> Self {
        let connections = Arc::clone(connections);
        Self {
            bounds,
            connections,
        }
    }

    pub(super) fn describe() {
        describe_gauge!(
            HELD,
            "What all callers together hold of a bounded resource."
        );
        describe_gauge!(
            LIMIT,
            "The bound of a resource: the total, and the share of a tenant or an address."
        );
        describe_counter!(
            REFUSED,
            "Refusals because of a bound: the total, or the share of a tenant or an address."
        );
    }

    /// Records what is only known when it is looked at.
    pub(super) fn record(&self) {
        for usage in self.bounds.usage() {
            let resource = usage.resource.as_str();
            record(resource, usage.held);
            bound(resource, "total", usage.total, usage.over_total);
            bound(resource, "tenant", usage.share, usage.over_share);
        }
        let usage = self.connections.usage();
        let resource = "open_connections";
        record(resource, usage.open as u64);
        let (total, address) = (usage.limits.total as u64, usage.limits.address as u64);
        bound(resource, "total", total, usage.over_total);
        bound(resource, "address", address, usage.over_address);
    }
}

fn record(resource: &'static str, held: u64) {
    gauge!(HELD, "resource" => resource).set(held as f64);
}

fn bound(resource: &'static str, of: &'static str, limit: u64, refused: u64) {
    gauge!(LIMIT, "resource" => resource, "of" => of).set(limit as f64);
    counter!(REFUSED, "resource" => resource, "of" => of).absolute(refused);
}
