use std::process::Command;
use std::time::{Duration, Instant};

use openresponses_store_redis::{RedisStore, RedisStoreOptions};

use super::Server;

/// Three masters on 127.0.0.1.
pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Server>,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        let node = || {
            Server::with(&[
                "--cluster-enabled",
                "yes",
                "--cluster-node-timeout",
                "2000",
                "--appendfsync",
                "always",
                "--appendonly",
                "yes",
            ])
        };
        let nodes: Vec<Server> = std::iter::repeat_with(node).take(3).collect();
        let addresses = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port));
        manage(["create".to_owned()].into_iter().chain(addresses));
        let cluster = Self { nodes };
        cluster.wait();
        cluster
    }

    /// Waits until all nodes report the cluster as ok.
    pub(crate) fn wait(&self) {
        let start = Instant::now();
        let works = |node: &Server| node.cli(&["cluster", "info"]).contains("cluster_state:ok");
        while !self.nodes.iter().all(works) {
            assert!(start.elapsed() < Duration::from_secs(30), "no cluster");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub(crate) fn store(&self) -> RedisStore {
        self.store_with(RedisStoreOptions::new())
    }

    pub(crate) fn store_with(&self, options: RedisStoreOptions) -> RedisStore {
        let urls: Vec<String> = self.nodes.iter().map(Server::url).collect();
        RedisStore::connect_cluster(urls.iter().map(String::as_str), options).unwrap()
    }

    /// Moves slots and their keys from the first server to the second.
    pub(crate) fn move_slots(&self, count: u32) {
        let id = |node: &Server| node.cli(&["cluster", "myid"]);
        manage([
            "reshard".to_owned(),
            format!("127.0.0.1:{}", self.nodes[0].port),
            "--cluster-from".to_owned(),
            id(&self.nodes[0]),
            "--cluster-to".to_owned(),
            id(&self.nodes[1]),
            "--cluster-slots".to_owned(),
            count.to_string(),
        ]);
    }
}

fn manage(arguments: impl IntoIterator<Item = String>) {
    let output = Command::new("redis-cli")
        .arg("--cluster")
        .args(arguments)
        .arg("--cluster-yes")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
}
