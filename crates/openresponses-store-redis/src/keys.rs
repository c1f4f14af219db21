use std::fmt::Write as _;

use openresponses_tower::Scope;
use sha2::{Digest, Sha256};

/// Changes when what is stored is no longer understood by those before.
const FORMAT: &str = "v1";

/// The keys of one scope.
///
/// A scope goes in as its SHA-256: it has always the same length, so no two scopes and ids make
/// the same key, and whoever can list keys does not learn a tenant's name, which may be a secret.
pub(crate) struct Keys {
    start: String,
    scope: String,
}

impl Keys {
    pub(crate) fn new(prefix: &str, scope: &Scope) -> Self {
        let digest = Sha256::digest(scope.as_str().as_bytes());
        let mut hex = String::with_capacity(64);
        for byte in digest {
            // Printing into a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
        }
        Self {
            start: format!("{prefix}:{FORMAT}"),
            scope: hex,
        }
    }

    /// Where a response is.
    pub(crate) fn record(&self, response: &str) -> String {
        format!("{}:response:{}:{response}", self.start, self.scope)
    }

    /// Where the responses are listed that have an item.
    pub(crate) fn holders(&self, item: &str) -> String {
        format!("{}:item:{}:{item}", self.start, self.scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_never_meet() {
        let scopes = ["", "a", "a:", "a:response", "b", "A"];
        let mut keys: Vec<String> = scopes
            .iter()
            .flat_map(|scope| {
                let keys = Keys::new("p", &Scope::new(scope));
                [
                    keys.record("x"),
                    keys.record(":x"),
                    keys.holders("x"),
                    keys.record(""),
                ]
            })
            .collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), scopes.len() * 4);
    }

    #[test]
    fn a_key_says_whose_it_is_to_none_but_the_owner() {
        let key = Keys::new("openresponses", &Scope::new("secret")).record("resp_1");
        assert_eq!(
            key,
            "openresponses:v1:response:\
             2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b:resp_1"
        );
    }
}
