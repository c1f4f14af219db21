use openresponses_gateway::auth::{Auth, Credentials, Principal, Verifier};
use openresponses_tower::{Error, Scope};
use proptest::prelude::*;

use crate::common::{Only, decided};

const KEY: &str = "sk-good";
const TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.e30.c2ln";

fn auth() -> Auth {
    Auth::new(
        Credentials::new()
            .api_keys(Only(KEY, "by key"))
            .tokens(Only(TOKEN, "by token")),
    )
}

/// Every pair of values of the two headers.
#[tokio::test]
async fn no_credential_falls_through() {
    let auth = auth();
    let unsigned = "Bearer eyJhbGciOiJub25lIn0.e30.";
    let good_token = format!("Bearer {TOKEN}");
    for (key, bearer, expected) in [
        (None, None, "missing_api_key"),
        (None, Some("Bearer sk-good"), "by key"),
        (None, Some("bearer   sk-good "), "by key"),
        (None, Some("Bearer sk-bad"), "invalid_api_key"),
        (None, Some(good_token.as_str()), "by token"),
        (None, Some(unsigned), "invalid_api_key"),
        (None, Some("Basic c2stZ29vZA=="), "invalid_api_key"),
        (None, Some("Bearersk-good"), "invalid_api_key"),
        (None, Some("Bearer"), "invalid_api_key"),
        (None, Some("Bearer sk-good sk-good"), "invalid_api_key"),
        (None, Some("sk-good"), "invalid_api_key"),
        (Some("sk-good"), None, "by key"),
        (Some("sk-bad"), None, "invalid_api_key"),
        (Some(""), None, "invalid_api_key"),
        (Some("sk-good"), Some("Bearer sk-good"), "by key"),
        (
            Some("sk-good"),
            Some("Bearer sk-other"),
            "ambiguous_credentials",
        ),
        (
            Some("sk-bad"),
            Some("Bearer sk-good"),
            "ambiguous_credentials",
        ),
        (Some("sk-good"), Some(unsigned), "by key"),
        (Some("sk-good"), Some("Basic eA=="), "by key"),
        // An invalid key beside a valid token: the key decides.
        (Some("sk-bad"), Some(good_token.as_str()), "invalid_api_key"),
        (Some(""), Some(good_token.as_str()), "invalid_api_key"),
        // A token is no key, and a key no token.
        (Some(TOKEN), None, "invalid_api_key"),
        (Some(TOKEN), Some(good_token.as_str()), "invalid_api_key"),
    ] {
        let mut headers = Vec::new();
        headers.extend(key.map(|key| ("x-api-key", key)));
        headers.extend(bearer.map(|bearer| ("authorization", bearer)));
        assert_eq!(
            decided(&auth, "/v1/responses", &headers).await,
            expected,
            "{headers:?}"
        );
    }
}

#[tokio::test]
async fn two_headers_of_a_kind_are_refused() {
    for name in ["authorization", "x-api-key"] {
        let value = if name == "authorization" {
            "Bearer sk-good"
        } else {
            KEY
        };
        let headers = [(name, value), (name, value)];
        assert_eq!(
            decided(&auth(), "/", &headers).await,
            "ambiguous_credentials"
        );
    }
}

/// An almost correct key is refused in every position, and no other header compensates for it.
#[tokio::test]
async fn near_misses() {
    let auth = auth();
    let long = "k".repeat(64 * 1024);
    let long_token = format!("eyJh.{}.c2ln", "e30".repeat(32 * 1024));
    for key in [
        "",
        " ",
        "sk-goo",
        "sk-goodd",
        "SK-GOOD",
        " sk-good",
        "sk-good ",
        "sk-good\t",
        "sk good",
        "sk-good,sk-good",
        "sk-good, Bearer sk-good",
        "\"sk-good\"",
        "sk-g%6Fod",
        "Bearer sk-good",
        "sk-good;",
        "sk-good\u{e9}",
        &long,
        TOKEN,
        &long_token,
    ] {
        assert_eq!(
            decided(&auth, "/", &[("x-api-key", key)]).await,
            "invalid_api_key",
            "{key:.40}"
        );
        // A bearer may have space around it.
        if !matches!(key.trim(), "sk-good" | TOKEN) {
            let bearer = format!("Bearer {key}");
            assert_eq!(
                decided(&auth, "/", &[("authorization", &bearer)]).await,
                "invalid_api_key",
                "{key:.40}"
            );
        }
    }
    for scheme in [
        "", "Basic", "Token", "Bearer:", "Bearer=", "Bear", "Bearerr", "DPoP", "Bearer\t",
    ] {
        let value = format!("{scheme} sk-good");
        let decided = decided(&auth, "/", &[("authorization", &value)]).await;
        assert_eq!(decided, "invalid_api_key", "{scheme}");
    }
    // Other headers, and cookies, are no credentials.
    for name in [
        "api-key",
        "x-apikey",
        "proxy-authorization",
        "x-authorization",
        "cookie",
        "x-goog-api-key",
    ] {
        for value in ["sk-good", "Bearer sk-good"] {
            assert_eq!(
                decided(&auth, "/", &[(name, value)]).await,
                "missing_api_key",
                "{name}"
            );
        }
    }
    for scheme in ["bearer", "BEARER", "bEaReR"] {
        let value = format!("{scheme} sk-good");
        assert_eq!(
            decided(&auth, "/", &[("authorization", &value)]).await,
            "by key"
        );
    }
}

/// Accepts every key as one tenant and every token as another.
struct Any(&'static str);

impl Verifier for Any {
    async fn verify(&self, _: &str) -> Result<Principal, Error> {
        Ok(Principal::new(Scope::new(self.0)))
    }
}

#[tokio::test]
async fn a_credential_has_at_most_16_kib() {
    let auth = Auth::new(Credentials::new().api_keys(Any("by key")));
    for (length, expected) in [(16_384, "by key"), (16_385, "invalid_api_key")] {
        let key = "k".repeat(length);
        assert_eq!(decided(&auth, "/", &[("x-api-key", &key)]).await, expected);
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str())];
        assert_eq!(decided(&auth, "/", &headers).await, expected);
    }
}

#[tokio::test]
async fn keys_with_dots_are_not_tokens() {
    let both = Credentials::new()
        .api_keys(Any("by key"))
        .tokens(Any("by token"));
    let auth = Auth::new(both);
    for (bearer, expected) in [
        ("eyJh.e30.c2ln", "by token"),
        ("ewo.e30.c2-_", "by token"),
        ("eyJh.e30.", "by token"),
        // The first segment does not start like an object, or is too short to tell.
        ("sk.e30.c2ln", "by key"),
        ("evJh.e30.c2ln", "by key"),
        ("e.e30.c2ln", "by key"),
        // No claims, and too few or too many segments.
        ("eyJh..c2ln", "by key"),
        ("eyJh.e30", "by key"),
        ("eyJh.e30.c2ln.c2ln", "by key"),
        // Not base64url, in each segment.
        ("eyJ+.e30.c2ln", "by key"),
        ("eyJh.e3/.c2ln", "by key"),
        ("eyJh.e30.c2=", "by key"),
    ] {
        let header = format!("Bearer {bearer}");
        let headers = [("authorization", header.as_str())];
        assert_eq!(decided(&auth, "/", &headers).await, expected, "{bearer}");
    }
}

/// Repeated headers are refused, even if one of them is valid.
#[tokio::test]
async fn several_headers_in_any_order() {
    let token = format!("Bearer {TOKEN}");
    let values = ["Bearer sk-good", "Bearer sk-bad", &token, "Basic eA==", ""];
    for one in values {
        for two in values {
            let headers = [("authorization", one), ("authorization", two)];
            assert_eq!(
                decided(&auth(), "/", &headers).await,
                "ambiguous_credentials"
            );
            let headers = [
                ("x-api-key", KEY),
                ("authorization", one),
                ("authorization", two),
            ];
            assert_eq!(
                decided(&auth(), "/", &headers).await,
                "ambiguous_credentials"
            );
        }
        let headers = [
            ("x-api-key", KEY),
            ("x-api-key", "sk-bad"),
            ("authorization", one),
        ];
        assert_eq!(
            decided(&auth(), "/", &headers).await,
            "ambiguous_credentials"
        );
    }
}

#[tokio::test]
async fn a_key_in_the_query_is_refused_even_beside_a_good_one() {
    for uri in [
        "/v1/models?api_key=sk-good",
        "/v1/models?limit=1&Access%5FToken=x",
        "/v1/models?x-api-key=sk-good",
        "/v1/models?key=sk-good",
        "/v1/models?a=&apikey",
    ] {
        for headers in [&[][..], &[("x-api-key", KEY)]] {
            assert_eq!(decided(&auth(), uri, headers).await, "api_key_in_query");
        }
    }
    assert_eq!(
        decided(&auth(), "/v1/models?limit=1", &[("x-api-key", KEY)]).await,
        "by key"
    );
}

#[tokio::test]
async fn a_credential_without_a_verifier_is_refused() {
    let closed = Auth::new(Credentials::new());
    let token = format!("Bearer {TOKEN}");
    for bearer in ["Bearer sk-good", &token] {
        assert_eq!(
            decided(&closed, "/", &[("authorization", bearer)]).await,
            "invalid_api_key"
        );
    }
    // Without a token verifier, a bearer in the form of a JWT is a key.
    let keys = Auth::new(Credentials::new().api_keys(Only(TOKEN, "by key")));
    assert_eq!(
        decided(&keys, "/", &[("authorization", &token)]).await,
        "by key"
    );
}

fn credential() -> impl Strategy<Value = String> {
    let near = [
        KEY,
        "sk-bad",
        "",
        TOKEN,
        "eyJhbGciOiJub25lIn0.e30.",
        "eyJh.e30",
        "sk-good sk-good",
    ];
    prop_oneof![
        6 => proptest::sample::select(near.to_vec()).prop_map(str::to_owned),
        1 => "[ -~]{0,20}",
    ]
}

fn authorization() -> impl Strategy<Value = String> {
    let scheme = prop_oneof![
        6 => proptest::sample::select(vec!["Bearer ", "bearer ", "BEARER   "]).prop_map(str::to_owned),
        1 => proptest::sample::select(vec!["", "Basic ", "Bearer", "Bearer:", "Bearer\t"]).prop_map(str::to_owned),
    ];
    (scheme, credential()).prop_map(|(scheme, credential)| scheme + &credential)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// An accepted request has one valid credential and no invalid key beside it.
    #[test]
    fn a_second_credential_never_admits_a_request(
        keys in proptest::collection::vec(credential(), 0..3),
        bearers in proptest::collection::vec(authorization(), 0..3),
        query in proptest::sample::select(vec!["", "?limit=1", "?api_key=sk-good", "?a=1&Key=x"]),
    ) {
        let headers: Vec<(&str, &str)> = keys
            .iter()
            .map(|key| ("x-api-key", key.as_str()))
            .chain(bearers.iter().map(|bearer| ("authorization", bearer.as_str())))
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let path = format!("/v1/responses{query}");
        let outcome = runtime.block_on(decided(&auth(), &path, &headers));
        let bearer = |credential: &str| {
            bearers.len() == 1
                && bearers[0].len() > 7
                && bearers[0][..7].eq_ignore_ascii_case("bearer ")
                && bearers[0][7..].trim_matches([' ', '\t']) == credential
        };
        let good = match outcome.as_str() {
            "by key" => match &keys[..] {
                [] => bearer(KEY),
                [key] => key == KEY && bearers.len() < 2,
                _ => false,
            },
            "by token" => keys.is_empty() && bearer(TOKEN),
            _ => true,
        };
        prop_assert!(good, "{outcome}");
        if outcome.starts_with("by") {
            prop_assert!(!query.contains("ey="), "{query}");
        }
        // A request with one valid credential alone is accepted.
        if !query.contains("ey=") && keys.is_empty() && (bearer(KEY) || bearer(TOKEN)) {
            prop_assert!(outcome.starts_with("by"), "{outcome}");
        }
    }
}
