//! A `redis-server` from the path.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The Redis server of one case, in its own directory. Stopped on drop.
pub(crate) struct Server {
    pub(crate) port: u16,
    directory: PathBuf,
    arguments: Vec<String>,
    process: Option<Child>,
}

impl Server {
    /// Starts a server without persistence.
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// Starts a server with further arguments.
    pub(crate) fn with(arguments: &[&str]) -> Self {
        for _ in 0..5 {
            let mut server = Self::prepared(arguments);
            if server.try_up() {
                return server;
            }
        }
        panic!("no redis-server could be started");
    }

    /// Prepares a server with a known port without starting it.
    pub(crate) fn prepared(arguments: &[&str]) -> Self {
        let directory = scratch();
        Self {
            port: free_port(),
            directory,
            arguments: arguments.iter().map(|&text| text.to_owned()).collect(),
            process: None,
        }
    }

    /// Starts it and waits until it is ready.
    pub(crate) fn up(&mut self) {
        assert!(self.try_up(), "redis-server could not be started again");
    }

    fn try_up(&mut self) -> bool {
        let path = self.directory.join("log");
        let mut child = Command::new("redis-server")
            .args(["--port", &self.port.to_string()])
            .args(["--bind", "127.0.0.1", "--save", "", "--dir"])
            .arg(&self.directory)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(fs::File::create(&path).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let start = Instant::now();
        loop {
            // Checks its log, since another process may answer at the port.
            let log = fs::read_to_string(&path).unwrap_or_default();
            if log.contains("Ready to accept connections") {
                self.process = Some(child);
                return true;
            }
            if child.try_wait().unwrap().is_some() {
                eprintln!("{log}");
                return false;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "{log}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Kills it, as a crash does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.process.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Suspends it with open connections.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Resumes it.
    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let process = self.process.as_ref().unwrap().id().to_string();
        let status = Command::new("kill").args([signal, &process]).status();
        assert!(status.unwrap().success());
    }

    /// What `redis-cli` prints.
    pub(crate) fn cli(&self, arguments: &[&str]) -> String {
        let output = Command::new("redis-cli")
            .args(["-p", &self.port.to_string()])
            .args(arguments)
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        String::from_utf8_lossy(&output.stdout).trim().to_owned() + &error
    }

    /// Returns all keys.
    pub(crate) fn keys(&self) -> Vec<String> {
        let keys = self.cli(&["--raw", "keys", "*"]);
        keys.lines().map(str::to_owned).collect()
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Returns a port that is free together with the one 10,000 above it, which servers of a cluster use
/// among themselves. Both are below the ports of outgoing connections.
pub(crate) fn free_port() -> u16 {
    let seed = RandomState::new();
    for attempt in 0_u32.. {
        let port = 12_000 + u16::try_from(seed.hash_one(attempt) % 10_000).unwrap();
        let free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if free(port) && free(port + 10_000) {
            return port;
        }
    }
    unreachable!("there are always more numbers")
}

/// An empty directory.
pub(crate) fn scratch() -> PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("openresponses-redis-{}-{number}", std::process::id());
    let directory = std::env::temp_dir().join(name);
    fs::create_dir_all(&directory).unwrap();
    directory
}

/// Returns true if a program runs and prints its version.
pub(crate) fn installed(program: &str, version: &str) -> bool {
    Command::new(program)
        .arg(version)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
