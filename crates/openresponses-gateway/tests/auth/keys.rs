use openresponses_gateway::auth::{ApiKeys, Auth, Credentials, Principal};
use openresponses_tower::Scope;

use crate::common::decided;

#[tokio::test]
async fn keys_and_their_tenants() {
    let digest = "sha256:2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683"; // key
    let keys = ApiKeys::new()
        .key("one", "sk-1")
        .unwrap()
        .key("one", "sk-2")
        .unwrap()
        .parse(&format!("two=sk-3\nsk-4\nthree={digest}\n"))
        .unwrap()
        .key_of(Principal::new(Scope::new("four")), "sk-5")
        .unwrap();
    let auth = Auth::new(Credentials::new().api_keys(keys));
    for (key, tenant) in [
        ("sk-1", "one"),
        ("sk-2", "one"),
        ("sk-3", "two"),
        ("key", "three"),
        ("sk-5", "four"),
        ("sk-", "invalid_api_key"),
        ("sk-10", "invalid_api_key"),
        ("SK-1", "invalid_api_key"),
        (digest, "invalid_api_key"),
    ] {
        assert_eq!(
            decided(&auth, "/", &[("x-api-key", key)]).await,
            tenant,
            "{key}"
        );
    }
    // A key without a name is a tenant of its own, which does not show the key.
    let own = decided(&auth, "/", &[("x-api-key", "sk-4")]).await;
    assert!(own.starts_with("key:") && !own.contains("sk-4"));
}

#[test]
fn keys_of_files_and_variables() {
    let path = std::env::temp_dir().join(format!("keys-{}", std::process::id()));
    std::fs::write(&path, "a=k1\n\n# two\nb=k2\n").unwrap();
    assert_eq!(ApiKeys::new().file(&path).unwrap().len(), 2);
    std::fs::write(&path, "a=k1\nno key\n").unwrap();
    assert_eq!(ApiKeys::new().file(&path).unwrap_err().line(), Some(2));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(ApiKeys::new().file(&path).unwrap_err().line(), None);
    assert!(
        ApiKeys::new()
            .env("NO_SUCH_VARIABLE_OF_KEYS")
            .unwrap()
            .is_empty()
    );
}

/// A variable that cargo sets for tests, so the process's environment is not changed.
#[tokio::test]
async fn keys_of_a_variable() {
    let keys = ApiKeys::new().env("CARGO_PKG_NAME").unwrap();
    assert_eq!(keys.len(), 1);
    let auth = Auth::new(Credentials::new().api_keys(keys));
    let own = decided(&auth, "/", &[("x-api-key", env!("CARGO_PKG_NAME"))]).await;
    assert!(own.starts_with("key:"));
}

#[test]
fn debug_shows_no_secret() {
    let keys = ApiKeys::new().key("acme", "sk-secret").unwrap();
    let principal = Principal::new(Scope::new("acme")).attribute("email", "a@example.org");
    let shown = format!(
        "{keys:?} {principal:?} {:?}",
        Credentials::new().api_keys(keys.clone())
    );
    for hidden in ["sk-secret", "acme", "example.org"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}
