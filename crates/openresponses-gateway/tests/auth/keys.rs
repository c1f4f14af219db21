use openresponses_gateway::auth::{ApiKeys, Auth, Credentials, InvalidKey, Principal, Verifier};
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
fn a_key_that_no_request_can_carry_is_refused() {
    for key in ["", " ", "two words", "sk-1\n", "cl\u{e9}", "\u{7f}"] {
        let refused = ApiKeys::new().key("acme", key).map(|keys| keys.len());
        assert_eq!(refused, Err(InvalidKey), "{key:?}");
    }
}

#[tokio::test]
async fn sets_of_keys_are_merged_with_other_principals() {
    assert!(ApiKeys::new().is_empty());
    let own = ApiKeys::new().key("one", "sk-1").unwrap();
    let named = Principal::new(Scope::new("two")).with_key_id("laptop");
    let other = ApiKeys::new().key_of(named, "sk-2").unwrap();
    let all = own.merge(other, |principal| principal.attribute("plan", "gold"));
    assert_eq!((all.len(), all.is_empty()), (2, false));
    // The SHA-256 of the two keys.
    let digests: Vec<String> = all.digests().collect();
    let expected = [
        "0f2c10bf3d128c719c6bfa4ecbae94b7fceebaea6e4438fef38a90e5acc326f3",
        "bbaae8c99d8c9710a6792d27c9e3b6f65987175efc8e6600ad0da28da597f110",
    ];
    assert_eq!(digests, expected);

    // A key that was added without an id has the first digits of its digest.
    for (key, tenant, id, plan) in [
        ("sk-1", "one", &expected[0][..12], None),
        ("sk-2", "two", "laptop", Some("gold")),
    ] {
        let principal = all.verify(key).await.unwrap();
        assert_eq!(principal.scope().as_str(), tenant);
        assert_eq!(principal.key_id(), Some(id));
        assert_eq!(principal.get("plan"), plan);
    }
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
