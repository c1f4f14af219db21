//! The claims of a token.

use serde_json::{Map, Value};

pub(super) type Claims = Map<String, Value>;

/// A required claim.
#[derive(Clone, Debug)]
pub(super) struct Required {
    pub(super) claim: String,
    pub(super) value: String,
}

impl Required {
    /// Returns true if the claim is the value or a list with it: an array, or the words of `scope`
    /// and `scp`.
    pub(super) fn holds(&self, claims: &Claims) -> bool {
        match claims.get(&self.claim) {
            Some(Value::String(words)) if matches!(self.claim.as_str(), "scope" | "scp") => {
                words.split(' ').any(|word| word == self.value)
            }
            Some(Value::String(text)) => *text == self.value,
            Some(Value::Array(all)) => all
                .iter()
                .any(|one| one.as_str() == Some(self.value.as_str())),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn required_claims() {
        let claims: Claims =
            serde_json::from_str(r#"{"scope":"a b","role":"a b","groups":["x","y"],"n":1}"#)
                .unwrap();
        for (claim, value, holds) in [
            ("scope", "b", true),
            ("scope", "a b", false),
            ("role", "a b", true),
            ("role", "a", false),
            ("groups", "y", true),
            ("groups", "z", false),
            ("n", "1", false),
            ("nothing", "", false),
        ] {
            let required = Required {
                claim: claim.into(),
                value: value.into(),
            };
            assert_eq!(required.holds(&claims), holds, "{claim} {value}");
        }
    }
}
