//! Signs of a wrong mount.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::prefix::Prefix;

/// Warns once, where a request suggests that the endpoint is mounted below its own prefix.
#[derive(Debug, Default)]
pub(crate) struct Mounting {
    has_warned: AtomicBool,
}

impl Mounting {
    /// Looks at the path of a request that is not the endpoint's.
    pub(crate) fn look(&self, prefix: &Prefix, path: &str) {
        if is_misplaced(prefix, path) && !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                prefix = prefix.as_str(),
                "a request has the endpoint's prefix twice or not at all: where a router strips the \
                 prefix, set Config::prefix(\"\")"
            );
        }
    }
}

/// Returns true for `/v1/v1/responses` and `/responses` where the prefix is `/v1`.
fn is_misplaced(prefix: &Prefix, path: &str) -> bool {
    let is_endpoint = |prefix: &Prefix, path| prefix.below(super::route::RESPONSES, path).is_some();
    if prefix.as_str().is_empty() {
        return false;
    }
    let inner = path.strip_prefix(prefix.as_str());
    is_endpoint(&Prefix::new(""), path) || inner.is_some_and(|inner| is_endpoint(prefix, inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_that_is_doubled_or_stripped_is_noticed_once() {
        let mounting = Mounting::default();
        let v1 = Prefix::new("/v1");
        for path in [
            "/",
            "/v1/models",
            "/v1/response",
            "/v2/responses",
            "/v1/v2/responses",
        ] {
            assert!(!is_misplaced(&v1, path), "{path}");
        }
        for path in ["/v1/v1/responses", "/v1/v1/responses/resp_1", "/responses"] {
            assert!(is_misplaced(&v1, path), "{path}");
        }
        assert!(!is_misplaced(&Prefix::new(""), "/responses"));
        mounting.look(&v1, "/v1/models");
        assert!(!mounting.has_warned.load(Ordering::Relaxed));
        mounting.look(&v1, "/responses");
        assert!(mounting.has_warned.load(Ordering::Relaxed));
    }
}
