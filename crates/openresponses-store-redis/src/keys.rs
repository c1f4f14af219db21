use std::fmt::Write as _;

use openresponses_tower::Scope;
use sha2::{Digest, Sha256};

/// Changes with the format of the stored data.
const FORMAT: &str = "v1";

/// The keys of one scope.
///
/// A scope is represented by its SHA-256: its length is fixed, so keys of different scopes and ids
/// cannot collide, and listing keys does not reveal the name of a tenant, which may be secret.
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

    /// Returns the key of a response.
    pub(crate) fn record(&self, response: &str) -> String {
        format!("{}:response:{}:{response}", self.start, self.scope)
    }

    /// Returns the key of the list of responses with an item.
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
    fn a_key_does_not_disclose_its_scope() {
        let key = Keys::new("openresponses", &Scope::new("secret")).record("resp_1");
        assert_eq!(
            key,
            "openresponses:v1:response:\
             2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b:resp_1"
        );
    }
}
