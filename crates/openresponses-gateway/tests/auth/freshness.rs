//! The age of fetched keys, to the millisecond.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::advance;

use crate::tokens::{claims, code, fetched, jwks, pair, token};

const MOMENT: Duration = Duration::from_millis(1);

#[tokio::test(start_paused = true)]
async fn keys_are_fetched_again_after_10_minutes() {
    let pair = pair("k1", 1);
    let (jwt, count) = fetched(&Arc::new(Mutex::new(Some(jwks(&[&pair])))));
    let signed = token(&pair, &claims());
    for fetches in 1..4 {
        assert!(code(&jwt, &signed).await.starts_with("https"));
        assert_eq!(count.load(Ordering::Relaxed), fetches);
        // The fetch that this token started stores its keys now.
        tokio::task::yield_now().await;
        advance(Duration::from_secs(600) - MOMENT).await;
        assert!(code(&jwt, &signed).await.starts_with("https"));
        assert_eq!(count.load(Ordering::Relaxed), fetches);
        advance(MOMENT).await;
    }
}

#[tokio::test(start_paused = true)]
async fn unknown_keys_and_forged_signatures_fetch_once_in_30_seconds() {
    let known = pair("k1", 1);
    let (jwt, count) = fetched(&Arc::new(Mutex::new(Some(jwks(&[&known])))));
    assert!(
        code(&jwt, &token(&known, &claims()))
            .await
            .starts_with("https")
    );
    for (fetches, other) in (2..).zip([pair("k2", 2), pair("k1", 2)]) {
        let signed = token(&other, &claims());
        advance(Duration::from_secs(30) - MOMENT).await;
        assert_eq!(code(&jwt, &signed).await, "401 invalid_token");
        assert_eq!(count.load(Ordering::Relaxed), fetches - 1);
        advance(MOMENT).await;
        assert_eq!(code(&jwt, &signed).await, "401 invalid_token");
        assert_eq!(count.load(Ordering::Relaxed), fetches);
    }
}

#[tokio::test(start_paused = true)]
async fn keys_are_used_for_one_day_while_fetching_fails() {
    let pair = pair("k1", 1);
    let document = Arc::new(Mutex::new(Some(jwks(&[&pair]))));
    let (jwt, _) = fetched(&document);
    let signed = token(&pair, &claims());
    assert!(code(&jwt, &signed).await.starts_with("https"));
    *document.lock().unwrap() = None;
    advance(Duration::from_secs(86_400) - MOMENT).await;
    assert!(code(&jwt, &signed).await.starts_with("https"));
    advance(MOMENT).await;
    assert_eq!(code(&jwt, &signed).await, "503 overloaded");
}
