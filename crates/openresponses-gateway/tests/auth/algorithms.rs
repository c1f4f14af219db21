//! Each algorithm with each key: a signature counts only under an allowed algorithm that fits its key.

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use openresponses_gateway::auth::{Jwt, JwtAlgorithm, KeySet, Verifier};
use serde_json::{Value, json};

use crate::rsa;

const ISSUER: &str = "https://issuer.example";

const ALL: [(Algorithm, JwtAlgorithm, &str); 9] = [
    (Algorithm::RS256, JwtAlgorithm::Rs256, "RS256"),
    (Algorithm::RS384, JwtAlgorithm::Rs384, "RS384"),
    (Algorithm::RS512, JwtAlgorithm::Rs512, "RS512"),
    (Algorithm::PS256, JwtAlgorithm::Ps256, "PS256"),
    (Algorithm::PS384, JwtAlgorithm::Ps384, "PS384"),
    (Algorithm::PS512, JwtAlgorithm::Ps512, "PS512"),
    (Algorithm::ES256, JwtAlgorithm::Es256, "ES256"),
    (Algorithm::ES384, JwtAlgorithm::Es384, "ES384"),
    (Algorithm::EdDSA, JwtAlgorithm::EdDsa, "EdDSA"),
];

/// The beginnings of private keys in PKCS #8, up to the secret number.
const P256: &[u8] = &[
    0x30, 0x41, 2, 1, 0, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 3, 1, 7, 4, 0x27, 0x30, 0x25, 2, 1, 1, 4, 0x20,
];
const P384: &[u8] = &[
    0x30, 0x4e, 2, 1, 0, 0x30, 0x10, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4,
    0, 0x22, 4, 0x37, 0x30, 0x35, 2, 1, 1, 4, 0x30,
];
const ED25519: &[u8] = &[
    0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
];

/// The key that an algorithm signs with here.
fn key(algorithm: Algorithm) -> EncodingKey {
    let der = |start: &[u8], length: usize| [start, &vec![7; length]].concat();
    match algorithm {
        Algorithm::ES256 => EncodingKey::from_ec_der(&der(P256, 32)),
        Algorithm::ES384 => EncodingKey::from_ec_der(&der(P384, 48)),
        Algorithm::EdDSA => EncodingKey::from_ed_der(&der(ED25519, 32)),
        _ => EncodingKey::from_rsa_der(&rsa::der()),
    }
}

/// The public key of an algorithm, without the optional members.
fn public(algorithm: Algorithm) -> Value {
    let jwk = Jwk::from_encoding_key(&key(algorithm), algorithm).unwrap();
    let mut jwk = serde_json::to_value(jwk).unwrap();
    jwk.as_object_mut().unwrap().remove("alg");
    jwk
}

fn with(mut jwk: Value, name: &str, value: &str) -> Value {
    jwk[name] = value.into();
    jwk
}

fn set(keys: &[Value]) -> Option<KeySet> {
    KeySet::parse(&json!({ "keys": keys }).to_string()).ok()
}

fn token(algorithm: Algorithm) -> String {
    // The year 2100.
    let claims = json!({"iss": ISSUER, "aud": "gateway", "sub": "user-1", "exp": 4_102_444_800u64});
    encode(&Header::new(algorithm), &claims, &key(algorithm)).unwrap()
}

#[tokio::test]
async fn a_token_counts_under_its_own_algorithm_only() {
    for (algorithm, own, name) in ALL {
        let keys = set(&[public(algorithm)]).unwrap();
        let token = token(algorithm);
        for (_, allowed, _) in ALL {
            let jwt = Jwt::fixed(ISSUER, "gateway", keys.clone()).algorithms([allowed]);
            let verified = jwt.verify(&token).await;
            assert_eq!(verified.is_ok(), allowed == own, "{name} {allowed:?}");
        }
    }
}

#[tokio::test]
async fn a_key_that_names_an_algorithm_is_for_no_other() {
    for (algorithm, own, name) in ALL {
        let token = token(algorithm);
        for (_, _, named) in ALL {
            let keys = set(&[with(public(algorithm), "alg", named)]);
            let is_valid = match keys {
                Some(keys) => {
                    let jwt = Jwt::fixed(ISSUER, "gateway", keys).algorithms([own]);
                    jwt.verify(&token).await.is_ok()
                }
                // The key is unusable with the algorithm that it names.
                None => false,
            };
            assert_eq!(is_valid, name == named, "{name} {named}");
        }
    }
}

#[test]
fn keys_that_sign_nothing_here_are_not_in_the_set() {
    let (rsa, ec, ed) = (
        public(Algorithm::RS256),
        public(Algorithm::ES256),
        public(Algorithm::EdDSA),
    );
    for unusable in [
        with(rsa.clone(), "use", "enc"),
        with(ec.clone(), "use", "other"),
        with(rsa.clone(), "alg", "ES256"),
        with(rsa.clone(), "alg", "HS256"),
        with(rsa.clone(), "alg", "RSA-OAEP"),
        with(ec.clone(), "alg", "EdDSA"),
        with(ec.clone(), "crv", "P-521"),
        json!({"kty": "oct", "k": "c2VjcmV0"}),
        json!({"kty": "new"}),
        json!("a string"),
    ] {
        assert!(set(std::slice::from_ref(&unusable)).is_none(), "{unusable}");
        // The others of the document are usable.
        let keys = set(&[ed.clone(), unusable, with(rsa.clone(), "use", "sig")]).unwrap();
        assert_eq!((keys.len(), keys.is_empty()), (2, false));
    }
}
