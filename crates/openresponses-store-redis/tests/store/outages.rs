//! Redis is away, full, read-only or slow for a while.

use std::time::Duration;

use libtest_mimic::Trial;
use openresponses_store_redis::{RedisStore, RedisStoreOptions};
use openresponses_testing::database_conformance::{self, Disturbance, TestDatabase};

use crate::support::*;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("conformance_of_the_database", async || {
            let mut server = Server::with(&DURABLE);
            let seen = database_conformance::run(&mut server).await;
            assert_eq!(seen, Disturbance::ALL);
        }),
        #[cfg(feature = "cluster")]
        trial("cluster_conformance_of_the_database", async || {
            let seen = database_conformance::run(&mut Cluster::start()).await;
            assert_eq!(seen, Disturbance::ALL);
        }),
    ]
}

/// What was acknowledged outlives the process.
const DURABLE: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];

/// For a server that does not answer at all.
fn impatient() -> RedisStoreOptions {
    RedisStoreOptions::new().timeout(Duration::from_millis(300))
}

fn begin(server: &mut Server, disturbance: Disturbance) {
    match disturbance {
        Disturbance::Away => server.kill(),
        Disturbance::Full => drop(server.cli(&["config", "set", "maxmemory", "1"])),
        // Without a replica it refuses to write.
        Disturbance::ReadOnly => drop(server.cli(&["config", "set", "min-replicas-to-write", "1"])),
        Disturbance::Slow => server.freeze(),
    }
}

/// The store that is asked meanwhile: the one from before, or one that gives up soon.
fn during(
    disturbance: Disturbance,
    before: &RedisStore,
    store_with: impl FnOnce(RedisStoreOptions) -> RedisStore,
) -> RedisStore {
    match disturbance {
        Disturbance::Slow => store_with(impatient()),
        Disturbance::Away | Disturbance::Full | Disturbance::ReadOnly => before.clone(),
    }
}

fn end(server: &mut Server, disturbance: Disturbance) {
    match disturbance {
        Disturbance::Away => server.up(),
        Disturbance::Full => drop(server.cli(&["config", "set", "maxmemory", "0"])),
        Disturbance::ReadOnly => drop(server.cli(&["config", "set", "min-replicas-to-write", "0"])),
        Disturbance::Slow => server.thaw(),
    }
}

impl TestDatabase for Server {
    type Store = RedisStore;

    async fn connect(&mut self) -> RedisStore {
        self.store()
    }

    async fn disturb(
        &mut self,
        disturbance: Disturbance,
        before: &RedisStore,
    ) -> Option<RedisStore> {
        begin(self, disturbance);
        Some(during(disturbance, before, |options| {
            self.store_with(options)
        }))
    }

    async fn restore(&mut self, disturbance: Disturbance) {
        end(self, disturbance);
    }
}

#[cfg(feature = "cluster")]
impl TestDatabase for Cluster {
    type Store = RedisStore;

    async fn connect(&mut self) -> RedisStore {
        self.store()
    }

    async fn disturb(
        &mut self,
        disturbance: Disturbance,
        before: &RedisStore,
    ) -> Option<RedisStore> {
        for node in &mut self.nodes {
            begin(node, disturbance);
        }
        Some(during(disturbance, before, |options| {
            self.store_with(options)
        }))
    }

    async fn restore(&mut self, disturbance: Disturbance) {
        for node in &mut self.nodes {
            end(node, disturbance);
        }
        self.wait();
    }
}
