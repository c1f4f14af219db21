use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use openresponses_gateway::auth::{
    ApiKeys, Auth, Credentials, Jwt, JwtAlgorithm, KeySet, Verifier,
};
use openresponses_tower::BoxError;
use serde_json::{Value, json};

use crate::common::decided;

const ISSUER: &str = "https://issuer.example";

/// A key pair derived from a seed.
pub(crate) struct Pair {
    id: &'static str,
    key: EncodingKey,
}

pub(crate) fn pair(id: &'static str, seed: u8) -> Pair {
    let mut der = vec![
        0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
    ];
    der.extend([seed; 32]);
    Pair {
        id,
        key: EncodingKey::from_ed_der(&der),
    }
}

pub(crate) fn jwks(pairs: &[&Pair]) -> String {
    let keys: Vec<Value> = pairs
        .iter()
        .map(|pair| {
            let jwk = Jwk::from_encoding_key(&pair.key, Algorithm::EdDSA).unwrap();
            let mut jwk = serde_json::to_value(jwk).unwrap();
            jwk["kid"] = pair.id.into();
            jwk
        })
        .collect();
    json!({ "keys": keys }).to_string()
}

fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": "gateway", "sub": "user-1", "exp": now() + 300,
        "email": "a@example.org", "scope": "openid responses:write",
    })
}

pub(crate) fn token(pair: &Pair, claims: &Value) -> String {
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(pair.id.into());
    encode(&header, claims, &pair.key).unwrap()
}

pub(crate) async fn code(jwt: &Jwt, token: &str) -> String {
    match jwt.verify(token).await {
        Ok(principal) => principal.scope().as_str().to_owned(),
        Err(error) => format!("{} {}", error.kind().status().as_u16(), error.code()),
    }
}

#[tokio::test]
async fn what_a_token_must_say() {
    let pair = pair("k1", 1);
    let jwt = Jwt::fixed(ISSUER, "gateway", KeySet::parse(&jwks(&[&pair])).unwrap());
    let good = "https://issuer.example|user-1";
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        claims
    };
    let without = |name: &str| {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(name);
        claims
    };
    for (claims, expected) in [
        (claims(), good),
        (with("aud", json!(["other", "gateway"])), good),
        (with("aud", json!("other")), "401 invalid_token"),
        (without("aud"), "401 invalid_token"),
        (
            with("iss", json!("https://issuer.example/")),
            "401 invalid_token",
        ),
        (without("iss"), "401 invalid_token"),
        (without("exp"), "401 invalid_token"),
        (with("exp", json!(now() - 60)), "401 token_expired"),
        (with("exp", json!(now() - 10)), good),
        (with("nbf", json!(now() + 60)), "401 invalid_token"),
        (with("nbf", json!(now() + 10)), good),
        (without("sub"), "401 invalid_token"),
        (with("sub", json!("")), "401 invalid_token"),
        (with("sub", json!(1)), "401 invalid_token"),
    ] {
        assert_eq!(
            code(&jwt, &token(&pair, &claims)).await,
            expected,
            "{claims}"
        );
    }
    let principal = jwt.verify(&token(&pair, &claims())).await.unwrap();
    assert_eq!(principal.get("email"), Some("a@example.org"));

    let strict = jwt
        .clone()
        .require("scope", "responses:write")
        .audience("second");
    assert_eq!(code(&strict, &token(&pair, &claims())).await, good);
    assert_eq!(
        code(&strict, &token(&pair, &with("aud", json!("second")))).await,
        good
    );
    let poor = token(&pair, &with("scope", json!("openid")));
    assert_eq!(code(&strict, &poor).await, "403 insufficient_scope");
    let tenants = jwt.clone().tenant_claim("org");
    assert_eq!(
        code(&tenants, &token(&pair, &with("org", json!("o")))).await,
        "https://issuer.example|o"
    );
    assert_eq!(
        code(&tenants, &token(&pair, &claims())).await,
        "401 invalid_token"
    );
}

#[tokio::test]
async fn how_a_token_must_be_signed() {
    let (good, other) = (pair("k1", 1), pair("k1", 2));
    let document = jwks(&[&good]);
    let jwt = Jwt::fixed(ISSUER, "gateway", KeySet::parse(&document).unwrap());
    let signed = token(&good, &claims());
    assert!(code(&jwt, &signed).await.starts_with("https"));

    // A signature of another key, no signature, and the body of another token.
    assert_eq!(
        code(&jwt, &token(&other, &claims())).await,
        "401 invalid_token"
    );
    let mut parts: Vec<&str> = signed.split('.').collect();
    assert_eq!(
        code(&jwt, &format!("{}.{}.", parts[0], parts[1])).await,
        "401 invalid_token"
    );
    let foreign = token(
        &other,
        &json!({"iss": ISSUER, "aud": "gateway", "sub": "x", "exp": now() + 9}),
    );
    parts[1] = foreign.split('.').nth(1).unwrap();
    assert_eq!(code(&jwt, &parts.join(".")).await, "401 invalid_token");
    let none = signed.replacen(parts[0], "eyJhbGciOiJub25lIiwia2lkIjoiazEifQ", 1);
    assert_eq!(code(&jwt, &none).await, "401 invalid_token");

    // The public key used as a secret, in each of its forms.
    let public = serde_json::from_str::<Value>(&document).unwrap()["keys"][0].clone();
    let x = public["x"].as_str().unwrap();
    for secret in [
        x.as_bytes(),
        document.as_bytes(),
        public.to_string().as_bytes(),
    ] {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some("k1".into());
        let forged = encode(&header, &claims(), &EncodingKey::from_secret(secret)).unwrap();
        assert_eq!(code(&jwt, &forged).await, "401 invalid_token");
    }

    // A key that the token brings along, and extensions that must be understood.
    let mut header = Header::new(Algorithm::EdDSA);
    header.jwk = Some(Jwk::from_encoding_key(&other.key, Algorithm::EdDSA).unwrap());
    let brought = encode(&header, &claims(), &other.key).unwrap();
    assert_eq!(code(&jwt, &brought).await, "401 invalid_token");
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some("k1".into());
    header.crit = Some(vec!["exp".into()]);
    let critical = encode(&header, &claims(), &good.key).unwrap();
    assert_eq!(code(&jwt, &critical).await, "401 invalid_token");

    // Only the algorithms of the list.
    let only_rsa = jwt.algorithms([JwtAlgorithm::Rs256]);
    assert_eq!(code(&only_rsa, &signed).await, "401 invalid_token");
    for noise in ["", ".", "..", "a.b.c", "eyJ.e30.x"] {
        assert_eq!(code(&only_rsa, noise).await, "401 invalid_token");
    }
}

#[tokio::test]
async fn keys_without_an_id() {
    let (one, two) = (pair("k1", 1), pair("k2", 2));
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = None;
    let anonymous = encode(&header, &claims(), &one.key).unwrap();
    let fixed =
        |pairs: &[&Pair]| Jwt::fixed(ISSUER, "gateway", KeySet::parse(&jwks(pairs)).unwrap());
    assert!(code(&fixed(&[&one]), &anonymous).await.starts_with("https"));
    assert_eq!(
        code(&fixed(&[&one, &two]), &anonymous).await,
        "401 invalid_token"
    );
}

/// A fetcher that counts calls and returns `document`.
pub(crate) fn fetched(document: &Arc<std::sync::Mutex<Option<String>>>) -> (Jwt, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let (document, counter) = (Arc::clone(document), Arc::clone(&count));
    let jwt = Jwt::fetched(ISSUER, "gateway", move || {
        counter.fetch_add(1, Ordering::Relaxed);
        let answer = document.lock().unwrap().clone();
        async move { answer.ok_or_else(|| BoxError::from("down")) }
    });
    (jwt, count)
}

#[tokio::test(start_paused = true)]
async fn keys_rotate_and_are_fetched_seldom() {
    let (old, new) = (pair("k1", 1), pair("k2", 2));
    let document = Arc::new(std::sync::Mutex::new(Some(jwks(&[&old]))));
    let (jwt, count) = fetched(&document);
    let fetches = || count.load(Ordering::Relaxed);
    let (old, new) = (token(&old, &claims()), token(&new, &claims()));
    for _ in 0..100 {
        assert!(code(&jwt, &old).await.starts_with("https"));
    }
    assert_eq!(fetches(), 1);
    // A flood of unknown keys fetches once in 30 seconds.
    tokio::time::advance(Duration::from_secs(31)).await;
    for _ in 0..100 {
        assert_eq!(code(&jwt, &new).await, "401 invalid_token");
    }
    assert_eq!(fetches(), 2);
    *document.lock().unwrap() = Some(jwks(&[&pair("k2", 2)]));
    tokio::time::advance(Duration::from_secs(31)).await;
    assert!(code(&jwt, &new).await.starts_with("https"));
    assert_eq!(fetches(), 3);
    // The old key was withdrawn.
    assert_eq!(code(&jwt, &old).await, "401 invalid_token");
    // While fetching fails the keys stay valid for one day.
    *document.lock().unwrap() = None;
    tokio::time::advance(Duration::from_secs(3600)).await;
    assert!(code(&jwt, &new).await.starts_with("https"));
    assert_eq!(fetches(), 4);
    tokio::time::advance(Duration::from_secs(86400)).await;
    assert_eq!(code(&jwt, &new).await, "503 overloaded");
}

/// Of several issuers one may have no keys.
#[tokio::test]
async fn the_token_of_another_issuer_is_refused_without_keys() {
    let (jwt, count) = fetched(&Arc::default());
    let pair = pair("k1", 1);
    let mut foreign = claims();
    foreign["iss"] = "https://other.example".into();
    assert_eq!(
        code(&jwt, &token(&pair, &foreign)).await,
        "401 invalid_token"
    );
    assert_eq!(count.load(Ordering::Relaxed), 0);
    assert_eq!(code(&jwt, &token(&pair, &claims())).await, "503 overloaded");
}

#[tokio::test(start_paused = true)]
async fn a_known_key_is_served_while_its_issuer_hangs() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    let pair = pair("k1", 1);
    let document = jwks(&[&pair]);
    let jwt = Jwt::fetched(ISSUER, "gateway", move || {
        let is_first = counter.fetch_add(1, Ordering::Relaxed) == 0;
        let document = document.clone();
        async move {
            if !is_first {
                std::future::pending::<()>().await;
            }
            Ok(document)
        }
    });
    let claims = json!({"iss": ISSUER, "aud": "gateway", "sub": "user-1", "exp": now() + 90_000});
    let signed = token(&pair, &claims);
    assert!(code(&jwt, &signed).await.starts_with("https"));
    for minutes in 1..60 {
        tokio::time::advance(Duration::from_secs(60)).await;
        let before = tokio::time::Instant::now();
        assert!(code(&jwt, &signed).await.starts_with("https"), "{minutes}");
        assert_eq!(before.elapsed(), Duration::ZERO, "{minutes}");
    }
    assert!(calls.load(Ordering::Relaxed) > 10);
}

#[tokio::test(start_paused = true)]
async fn a_key_replaced_under_its_id_is_found_by_one_fetch_in_30_seconds() {
    let (old, new) = (pair("k1", 1), pair("k1", 2));
    let document = Arc::new(std::sync::Mutex::new(Some(jwks(&[&old]))));
    let (jwt, count) = fetched(&document);
    let (old, replaced) = (token(&old, &claims()), token(&new, &claims()));
    assert!(code(&jwt, &old).await.starts_with("https"));
    *document.lock().unwrap() = Some(jwks(&[&new]));
    tokio::time::advance(Duration::from_secs(31)).await;
    assert!(code(&jwt, &replaced).await.starts_with("https"));
    // Forged tokens cannot fetch more often.
    for _ in 0..100 {
        assert_eq!(code(&jwt, &old).await, "401 invalid_token");
    }
    assert_eq!(count.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn an_emptied_key_set_refuses_every_token() {
    let pair = pair("k1", 1);
    let document = Arc::new(std::sync::Mutex::new(Some(jwks(&[&pair]))));
    let (jwt, _) = fetched(&document);
    let signed = token(&pair, &claims());
    assert!(code(&jwt, &signed).await.starts_with("https"));
    *document.lock().unwrap() = Some(r#"{"keys":[]}"#.into());
    tokio::time::advance(Duration::from_secs(601)).await;
    // This one starts the refresh.
    let _ = code(&jwt, &signed).await;
    tokio::task::yield_now().await;
    assert_eq!(code(&jwt, &signed).await, "401 invalid_token");
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_hangs_is_503_and_alone() {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let jwt = Jwt::fetched(ISSUER, "gateway", move || {
        counter.fetch_add(1, Ordering::Relaxed);
        std::future::pending()
    });
    let signed = token(&pair("k1", 1), &claims());
    let all = futures_util::future::join_all((0..10).map(|_| code(&jwt, &signed))).await;
    assert!(all.iter().all(|code| code == "503 overloaded"), "{all:?}");
    assert_eq!(count.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn an_invalid_key_beside_a_valid_token() {
    let pair = pair("k1", 1);
    let jwt = Jwt::fixed(ISSUER, "gateway", KeySet::parse(&jwks(&[&pair])).unwrap());
    let keys = ApiKeys::new().key("acme", "sk-good").unwrap();
    let auth = Auth::new(Credentials::new().api_keys(keys).tokens(jwt));
    let bearer = format!("Bearer {}", token(&pair, &claims()));
    let bearer = ("authorization", bearer.as_str());
    assert_eq!(
        decided(&auth, "/", &[bearer]).await,
        "https://issuer.example|user-1"
    );
    assert_eq!(
        decided(&auth, "/", &[bearer, ("x-api-key", "sk-bad")]).await,
        "invalid_api_key"
    );
    assert_eq!(
        decided(&auth, "/", &[bearer, ("x-api-key", "sk-good")]).await,
        "acme"
    );
}

/// A client that disconnects does not cancel the fetch that its token started, and the others do
/// not wait for the next fetch.
#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_does_not_lock_the_others_out() {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let pair = pair("k1", 1);
    let document = jwks(&[&pair]);
    let jwt = Jwt::fetched(ISSUER, "gateway", move || {
        counter.fetch_add(1, Ordering::Relaxed);
        let document = document.clone();
        async move {
            tokio::time::sleep(Duration::from_secs(2)).await;
            Ok(document)
        }
    });
    let signed = token(&pair, &claims());
    for _ in 0..3 {
        let leaves = tokio::time::timeout(Duration::from_millis(300), jwt.verify(&signed)).await;
        assert!(leaves.is_err());
    }
    assert!(code(&jwt, &signed).await.starts_with("https"));
    assert_eq!(count.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_panics_is_one_that_failed() {
    let jwt = Jwt::fetched(ISSUER, "gateway", || async {
        tokio::task::yield_now().await;
        if true {
            panic!("the fetcher panics on purpose");
        }
        Ok(String::new())
    });
    let signed = token(&pair("k1", 1), &claims());
    assert_eq!(code(&jwt, &signed).await, "503 overloaded");
    assert_eq!(code(&jwt, &signed).await, "503 overloaded");
}

#[tokio::test]
async fn keys_of_a_file() {
    let pair = pair("k1", 1);
    let path = std::env::temp_dir().join(format!("jwks-{}.json", std::process::id()));
    std::fs::write(&path, jwks(&[&pair])).unwrap();
    let keys = KeySet::file(&path).unwrap();
    assert_eq!(keys.len(), 1);
    let jwt = Jwt::fixed(ISSUER, "gateway", keys);
    assert!(
        code(&jwt, &token(&pair, &claims()))
            .await
            .starts_with("https")
    );
    std::fs::write(&path, r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#).unwrap();
    let refused = KeySet::file(&path).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::InvalidData);
    std::fs::remove_file(&path).unwrap();
    let missing = KeySet::file(&path).unwrap_err();
    assert_eq!(missing.kind(), std::io::ErrorKind::NotFound);
}
