//! Servers, stores and services for the cases.

#[cfg(feature = "cluster")]
mod cluster;
mod records;
mod server;
mod service;

#[cfg(feature = "cluster")]
pub(crate) use cluster::*;
pub(crate) use records::*;
pub(crate) use server::*;
pub(crate) use service::*;

use std::future::Future;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use openresponses_store_redis::{RedisStore, RedisStoreOptions};

impl Server {
    pub(crate) fn store(&self) -> RedisStore {
        self.store_with(RedisStoreOptions::new())
    }

    pub(crate) fn store_with(&self, options: RedisStoreOptions) -> RedisStore {
        RedisStore::connect(&self.url(), options).unwrap()
    }
}

/// A case with its own runtime.
pub(crate) fn trial<F: Future<Output = ()>>(
    name: &str,
    case: impl FnOnce() -> F + Send + 'static,
) -> Trial {
    Trial::test(name, move || {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?
            .block_on(case());
        Ok(())
    })
}

/// Polls until the condition is true.
///
/// # Panics
/// After 20 seconds.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut is: impl FnMut() -> F) {
    let start = Instant::now();
    while !is().await {
        assert!(start.elapsed() < Duration::from_secs(20), "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Connects a store on a runtime that then ends.
pub(crate) fn ping_elsewhere(store: &RedisStore) {
    let store = store.clone();
    let ping = move || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(store.ping())
            .unwrap();
    };
    std::thread::spawn(ping).join().unwrap();
}
