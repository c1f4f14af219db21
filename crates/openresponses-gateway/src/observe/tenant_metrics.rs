use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use metrics::{counter, describe_counter};

use super::observer::{Observer, RequestEnd};

/// An [`Observer`] that counts requests and tokens of each tenant through the `metrics` facade.
///
/// | metric | labels |
/// |---|---|
/// | `openresponses_tenant_requests_total` | `tenant`, `outcome` |
/// | `openresponses_tenant_tokens_total` | `tenant`, `kind` (`input`, `output`) |
///
/// The first tenants have their names as labels, all others share the label `other`. Tenants that
/// the endpoint may not [name](openresponses_tower::Config::log_tenant) are `unknown`.
#[derive(Debug)]
pub struct TenantMetrics {
    most: usize,
    named: Mutex<BTreeSet<String>>,
}

impl TenantMetrics {
    /// Names at most this many tenants.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            most,
            named: Mutex::default(),
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
    }

    fn label(&self, tenant: Option<&str>) -> String {
        let Some(tenant) = tenant else {
            return "unknown".to_owned();
        };
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if !named.contains(tenant) {
            if named.len() >= self.most {
                return "other".to_owned();
            }
            named.insert(tenant.to_owned());
        }
        tenant.to_owned()
    }
}

impl Observer for TenantMetrics {
    fn request_ended(&self, request: &RequestEnd<'_>) {
        let tenant = request.context.and_then(|context| context.tenant());
        let tenant = self.label(tenant);
        counter!("openresponses_tenant_requests_total",
            "tenant" => tenant.clone(), "outcome" => request.outcome.label().to_owned())
        .increment(1);
        if let Some(usage) = request.usage {
            for (kind, tokens) in [
                ("input", usage.input_tokens),
                ("output", usage.output_tokens),
            ] {
                counter!("openresponses_tenant_tokens_total",
                    "tenant" => tenant.clone(), "kind" => kind)
                .increment(tokens);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_beyond_the_most_share_a_label() {
        let metrics = TenantMetrics::new(2);
        assert_eq!(metrics.label(Some("a")), "a");
        assert_eq!(metrics.label(Some("b")), "b");
        assert_eq!(metrics.label(Some("c")), "other");
        assert_eq!(metrics.label(Some("a")), "a");
        assert_eq!(metrics.label(None), "unknown");
    }
}
