use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use metrics::{counter, describe_counter};

use super::observer::{Observer, RequestEnd};

/// An [`Observer`] that counts requests, tokens and cost of each key of each tenant through the
/// `metrics` facade.
///
/// | metric | labels |
/// |---|---|
/// | `openresponses_tenant_requests_total` | `tenant`, `key`, `outcome` |
/// | `openresponses_tenant_tokens_total` | `tenant`, `key`, `kind` (`input`, `output`) |
/// | `openresponses_tenant_cost_nanos_total` | `tenant`, `key`; in billionths of a unit |
///
/// The first keys have their tenants and [names](crate::auth::Principal::with_key_name) as labels, all
/// others share the labels `other`. Tenants that the endpoint may not
/// [name](openresponses_tower::Config::log_tenant) are `unknown`; keys without a name are `none`. Clones
/// share the labels that were given.
///
/// ```
/// use openresponses_gateway::Gateway;
/// use openresponses_gateway::observe::{MetricsObserver, TenantMetrics};
/// use openresponses_gateway::registry::{Catalog, Registry};
///
/// TenantMetrics::describe();
/// let observer = (MetricsObserver, TenantMetrics::new(200));
/// let gateway = Gateway::new(Registry::new(Catalog::new())?).observer(observer);
/// # let _ = gateway;
/// # Ok::<(), openresponses_gateway::registry::CatalogError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TenantMetrics {
    most: usize,
    named: Arc<Mutex<BTreeSet<(String, String)>>>,
}

impl TenantMetrics {
    /// Names at most this many keys.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            most,
            named: Arc::default(),
        }
    }

    /// Describes each metric to the installed recorder.
    pub fn describe() {
        describe_counter!(
            "openresponses_tenant_requests_total",
            "Requests of a tenant that have ended."
        );
        describe_counter!(
            "openresponses_tenant_tokens_total",
            "Tokens of a tenant, as reported by providers."
        );
        describe_counter!(
            "openresponses_tenant_cost_nanos_total",
            "Cost of a tenant's model calls, in billionths of a unit."
        );
    }

    /// Returns the labels of a tenant and its key.
    fn labels(&self, tenant: Option<&str>, key: Option<&str>) -> (String, String) {
        let labels = (
            tenant.unwrap_or("unknown").to_owned(),
            key.unwrap_or("none").to_owned(),
        );
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if !named.contains(&labels) {
            if named.len() >= self.most {
                return ("other".to_owned(), "other".to_owned());
            }
            named.insert(labels.clone());
        }
        labels
    }
}

impl Observer for TenantMetrics {
    fn request_ended(&self, request: &RequestEnd<'_>) {
        let tenant = request.context.and_then(|context| context.tenant());
        let (tenant, key) = self.labels(tenant, request.key_name);
        counter!("openresponses_tenant_requests_total",
            "tenant" => tenant.clone(), "key" => key.clone(),
            "outcome" => request.outcome.label().to_owned())
        .increment(1);
        if let Some(usage) = request.usage {
            for (kind, tokens) in [
                ("input", usage.input_tokens),
                ("output", usage.output_tokens),
            ] {
                counter!("openresponses_tenant_tokens_total",
                    "tenant" => tenant.clone(), "key" => key.clone(), "kind" => kind)
                .increment(tokens);
            }
        }
        if let Some(cost) = request.cost {
            counter!("openresponses_tenant_cost_nanos_total",
                "tenant" => tenant, "key" => key)
            .increment(cost.nanos());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_beyond_the_most_share_their_labels() {
        let metrics = TenantMetrics::new(2);
        let labels = |tenant, key| {
            let (tenant, key) = metrics.labels(tenant, key);
            format!("{tenant} {key}")
        };
        assert_eq!(labels(Some("a"), Some("1")), "a 1");
        assert_eq!(labels(None, None), "unknown none");
        assert_eq!(labels(Some("a"), Some("2")), "other other");
        assert_eq!(labels(Some("a"), Some("1")), "a 1");
        let clone = metrics.clone().labels(Some("b"), Some("1"));
        assert_eq!(clone, ("other".to_owned(), "other".to_owned()));
    }
}
