use std::fmt::Write as _;

use openresponses_tower::Scope;
use sha2::{Digest, Sha256};

/// Returns the SHA-256 of a scope: the name of a tenant may be secret, and need not be text that a
/// database accepts.
pub(crate) fn key(scope: &Scope) -> String {
    let digest = Sha256::digest(scope.as_str().as_bytes());
    let mut hex = String::with_capacity(64);
    for byte in digest {
        // Printing into a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
