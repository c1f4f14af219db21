//! Tokens that are signed with RSA, and tokens that only claim to be.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use openresponses_gateway::auth::{Jwt, JwtAlgorithm, KeySet, Verifier};
use serde_json::{Value, json};

/// A key that was made for this test and signs nothing else.
const KEY: &[&str] = &[
    "MIIEowIBAAKCAQEAj7jv22+i+ibwh4OKLwhtUfTtWMzsHaqRBLr5izEuOLiRTJZ+jUOiylJuWdsQLukvThqdeNTN",
    "ACmkqfvUFGNEc4L0OTyqYd4q+5xM92xkjtnLkC+Ld+5k8AJ94BiG4BqUxAlPjnYEWHEJS2g4K6XhRV5Zfmg/t/1o",
    "o+QVEAw7iXGuTj67DFhNcrJ4QlH4P9Is97sI9FLmq17XxqAKOtHwpvysuLPnN9/bS9KSmS4I+DOHUh+w+0BLSw8f",
    "dqdHCa6NkKeE2Y2WVF6nlJq1ONV+ulOGS3OSYtWl4kMqLP3Kh7VqaH+o97q5VvWzGca/gi6yZQSkRaHWK49gPyoB",
    "2bgoKwIDAQABAoIBACopnOQJGgy8w69dnXoyxK9YZRC5/UKuuSBkIbT91ot5SdboB3Q1tVoZWJovs82vRtto322F",
    "MCauEMp1QEBC5t/kOPVZoLpZTM7HiaTEPbPSnO9No2Kpox7t/DNzvo2b/qyL9rTaVmgDsTBYALJ9VVreVO7Kcnbt",
    "dncuACfXDthA+rjMyxXeP+31gWdHYOoppfK6puyvkYioJne4Sc+MG9u1D5uzMDsgzEuA7Oy3ravUqUaIcT2Nmx3U",
    "naaLU41pRygOOcq5jBM4aA37UJ/8XmxcUR6sLCnw985BJRgsqFnYavMJ+cIHXSWEPl42P2xTi7LyYyhJGJ0F7AVs",
    "pKLyonECgYEAx79AGm7U0hSuefKCxKqhg+8zvhgmrR4PKEs0GkwAFR03kgsdMvhLK8weyAHWAI4kcHsLYYG45bGW",
    "UhX8OCTAutj6WY3/gXoRhr2aVaxL4QePwEpeVYJ0EOsu7n1lld5l2IA8RAoTsGmQbDh0kG2NxWXqg0ZadcFmqO0t",
    "2gt+KF8CgYEAuDKXyBKydgL/7Wrh3fHiO09pQfloFmWHg89Fdlb5HnacPD/HtJBPo9t0gugGzenUAf/GT/sTVO+t",
    "wDTmrs0cNMDs7MD6Z3NeGgRqP5n/2bbGruAtTPyKkdwW7ndaoPYabmp5fz1DV0NJlSQ1eyFD55xNJtjSIwC/fBNr",
    "vKZDg7UCgYEAhdGpHoxV5BCa+3PvC9bMslkUryv67UwQF4yacWutOngCfMMZYsZZhhQQIyqntmOEIh8s9rwzpR6e",
    "eIvmF673t7YZstmg7ZtcFor71J3DkBTCx66LGHp3S8ZkAL7dydPfI3Z16ZderXdrnDUOUpwyuKaYwC3n+LADGPUd",
    "HNFKSb0CgYBc/b2+1iGejnkiJTmOURVDmB2tnvo7hFpb4wJQciwmgv7xM8ngkJKESMCTbgwxXIEZ2UUHD9x8ntv7",
    "Ezn6ubYps9Ro2iwQmh/BxsTVAyw1f57inm6AVWanqJMzJLJuXJCPedWItScQIPo+/x644NxlS3VvzTqZTUFepHdZ",
    "sB6ZmQKBgDo60vDiRpYh7lAEoC17fT47ypEXCAld0mhr3bvtL+01GmOfoCJsOmsHYSqtzHWfgvUcy+xSH6/aIkvf",
    "86ckxRSQ8aHHuJjdhz9mg15wD3p4Sd+0ngiX8r7xM6V5k3nwEwAM3GuZ6CvqJu5nhOj+kafLo+3/y5UyF6CDrA4S",
    "uKJT",
];

const ISSUER: &str = "https://issuer.example";

pub(crate) fn der() -> Vec<u8> {
    BASE64_STANDARD.decode(KEY.concat()).unwrap()
}

fn claims() -> Value {
    // The year 2100.
    json!({"iss": ISSUER, "aud": "gateway", "sub": "user-1", "exp": 4_102_444_800u64})
}

fn public(algorithm: Option<&str>) -> Value {
    let key = EncodingKey::from_rsa_der(&der());
    let jwk = Jwk::from_encoding_key(&key, Algorithm::RS256).unwrap();
    let mut jwk = serde_json::to_value(jwk).unwrap();
    jwk["kid"] = "rsa".into();
    match algorithm {
        Some(algorithm) => jwk["alg"] = algorithm.into(),
        None => drop(jwk.as_object_mut().unwrap().remove("alg")),
    }
    jwk
}

fn jwt(jwk: &Value) -> Jwt {
    let document = json!({ "keys": [jwk] }).to_string();
    Jwt::fixed(ISSUER, "gateway", KeySet::parse(&document).unwrap())
}

fn signed(algorithm: Algorithm, kid: Option<&str>, key: &EncodingKey) -> String {
    let mut header = Header::new(algorithm);
    header.kid = kid.map(Into::into);
    encode(&header, &claims(), key).unwrap()
}

#[tokio::test]
async fn rsa_signatures() {
    let key = EncodingKey::from_rsa_der(&der());
    for (algorithm, jwk_algorithm, is_valid) in [
        (Algorithm::RS256, None, true),
        (Algorithm::PS256, None, true),
        (Algorithm::RS256, Some("RS256"), true),
        // A key for one algorithm is for no other.
        (Algorithm::PS256, Some("RS256"), false),
        // Not among those that are allowed by default.
        (Algorithm::RS512, None, false),
    ] {
        let jwt = jwt(&public(jwk_algorithm));
        for (kid, has_key) in [(Some("rsa"), true), (None, true), (Some("other"), false)] {
            let token = signed(algorithm, kid, &key);
            let verified = jwt.verify(&token).await;
            assert_eq!(
                verified.is_ok(),
                is_valid && has_key,
                "{algorithm:?} {kid:?}"
            );
        }
    }
    let strong = jwt(&public(None)).algorithms([JwtAlgorithm::Rs512]);
    let token = signed(Algorithm::RS512, Some("rsa"), &key);
    assert!(strong.verify(&token).await.is_ok());
}

/// A token signed with the public key as a shared secret is refused.
#[tokio::test]
async fn a_public_key_is_no_shared_secret() {
    let jwk = public(None);
    let jwt = jwt(&jwk);
    let modulus = jwk["n"].as_str().unwrap();
    let raw = BASE64_URL_SAFE_NO_PAD.decode(modulus).unwrap();
    let document = json!({ "keys": [&jwk] }).to_string();
    for secret in [
        modulus.as_bytes(),
        &raw,
        jwk.to_string().as_bytes(),
        document.as_bytes(),
        b"",
    ] {
        let secret = EncodingKey::from_secret(secret);
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let token = signed(algorithm, Some("rsa"), &secret);
            assert!(jwt.verify(&token).await.is_err());
            // The header may lie about it.
            let header = json!({"alg": "RS256", "typ": "JWT", "kid": "rsa"}).to_string();
            let header = BASE64_URL_SAFE_NO_PAD.encode(header);
            let (_, rest) = token.split_once('.').unwrap();
            assert!(jwt.verify(&format!("{header}.{rest}")).await.is_err());
        }
    }
    for algorithm in [
        "none", "None", "NONE", "nOnE", "", "RS256 ", "rs256", "HS256",
    ] {
        let header = json!({"alg": algorithm, "kid": "rsa"}).to_string();
        let header = BASE64_URL_SAFE_NO_PAD.encode(header);
        let body = BASE64_URL_SAFE_NO_PAD.encode(claims().to_string());
        for signature in ["", "AA", "c2ln"] {
            let token = format!("{header}.{body}.{signature}");
            assert!(jwt.verify(&token).await.is_err(), "{algorithm}");
        }
    }
}

/// RFC 7518, 3.3: 2,048 bits or more.
#[test]
fn short_keys_are_no_keys() {
    let whole = public(None);
    let modulus = whole["n"].as_str().unwrap();
    // 1,032, 2,040 and 2,048 bits.
    for (digits, is_key) in [(172, false), (340, false), (342, true)] {
        let mut jwk = whole.clone();
        jwk["n"] = modulus[..digits].into();
        let set = KeySet::parse(&json!({ "keys": [jwk] }).to_string());
        assert_eq!(set.is_ok(), is_key, "{digits}");
    }
}
