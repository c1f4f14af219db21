use openresponses_tower::Scope;
use sha2::{Digest, Sha256};

/// Changes with the format of the stored data.
const FORMAT: &str = "v3";

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
        Self {
            start: format!("{prefix}:{FORMAT}"),
            scope: digest(scope.as_str()),
        }
    }

    /// Returns the key that names the tree of a response.
    pub(crate) fn pointer(&self, response: &str) -> String {
        self.key("response", response)
    }

    /// Returns the key of a tree of continuations.
    pub(crate) fn tree(&self, root: &str) -> String {
        self.key("tree", root)
    }

    /// Returns the key of the list of responses with an item.
    pub(crate) fn holders(&self, item: &str) -> String {
        self.key("item", item)
    }

    /// Returns the key of the events of a response.
    pub(crate) fn events(&self, response: &str) -> String {
        self.key("events", response)
    }

    /// Returns the key of the list of all trees.
    pub(crate) fn trees(&self) -> String {
        format!("{}:trees:{}", self.start, self.scope)
    }

    /// Returns the key of the list of logs of events.
    pub(crate) fn logs(&self) -> String {
        format!("{}:logs:{}", self.start, self.scope)
    }

    /// Returns the key of what each tree has.
    pub(crate) fn usage(&self) -> String {
        format!("{}:usage:{}", self.start, self.scope)
    }

    /// Returns the key of the list of claims of all scopes.
    pub(crate) fn claims(prefix: &str) -> String {
        format!("{prefix}:{FORMAT}:claims")
    }

    fn key(&self, kind: &str, id: &str) -> String {
        format!("{}:{kind}:{}:{id}", self.start, self.scope)
    }
}

/// Returns the key of an account's budgets. Its id may be the name of a tenant.
#[cfg(feature = "budgets")]
pub(crate) fn budget(prefix: &str, account: &str) -> String {
    format!("{prefix}:{FORMAT}:budget:{}", digest(account))
}

fn digest(name: &str) -> String {
    format!("{:x}", Sha256::digest(name))
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
                    keys.pointer("x"),
                    keys.pointer(":x"),
                    keys.holders("x"),
                    keys.tree("x"),
                    keys.events("x"),
                    keys.trees(),
                    keys.usage(),
                    keys.pointer(""),
                ]
            })
            .collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), scopes.len() * 8);
    }

    #[test]
    fn a_key_does_not_disclose_its_scope() {
        let key = Keys::new("openresponses", &Scope::new("secret")).pointer("resp_1");
        assert_eq!(
            key,
            "openresponses:v3:response:\
             2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b:resp_1"
        );
    }
}
