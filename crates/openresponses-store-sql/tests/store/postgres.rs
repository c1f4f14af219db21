//! A PostgreSQL server in a directory of its own.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The server of one case. Stopped on drop.
pub(crate) struct Server {
    port: u16,
    directory: Directory,
    process: Option<Child>,
}

/// Finds a program of PostgreSQL in the path or where Debian puts it.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        places.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    places
        .into_iter()
        .map(|place| place.join(name))
        .find(|file| file.is_file())
}

/// Returns a command as a user that PostgreSQL accepts: it refuses to run as root.
fn command(name: &str) -> Command {
    let program = program(name).unwrap();
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]);
    command.arg(program);
    command
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout.starts_with(b"0\n"))
}

fn owned(directory: &Path) {
    if is_root() {
        let status = Command::new("chown")
            .arg("nobody:nogroup")
            .arg(directory)
            .status();
        assert!(status.unwrap().success());
    }
}

/// Returns true if a server can be started.
pub(crate) fn installed() -> bool {
    program("postgres").is_some() && program("initdb").is_some()
}

/// A directory of its own, removed on drop.
pub(crate) struct Directory(pub(crate) PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("openresponses-sql-{}-{number}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir_all(&directory).unwrap();
        Self(directory)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Server {
    pub(crate) fn start() -> Self {
        let directory = Directory::new();
        owned(&directory.0);
        let made = command("initdb")
            .args([
                "--auth=trust",
                "--username=app",
                "--no-sync",
                "--encoding=UTF8",
                "-D",
            ])
            .arg(directory.0.join("data"))
            .current_dir(&directory.0)
            .stdout(Stdio::null())
            .status();
        assert!(made.unwrap().success(), "initdb");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let mut server = Self {
            port,
            directory,
            process: None,
        };
        server.up();
        server
    }

    /// Starts it, also after it was killed.
    pub(crate) fn up(&mut self) {
        let log = self.directory.0.join("log");
        let child = command("postgres")
            .arg("-D")
            .arg(self.directory.0.join("data"))
            .args(["-p", &self.port.to_string(), "-h", "127.0.0.1", "-k"])
            .arg(&self.directory.0)
            .args(["-c", "fsync=off"])
            .current_dir(&self.directory.0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        self.process = Some(child);
        let start = Instant::now();
        while !fs::read_to_string(&log)
            .unwrap()
            .contains("ready to accept connections")
        {
            let text = fs::read_to_string(&log).unwrap();
            assert!(start.elapsed() < Duration::from_secs(60), "{text}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stops it at once, without finishing anything.
    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.process.take() {
            let signal = Command::new("kill")
                .args(["-QUIT", &child.id().to_string()])
                .status();
            assert!(signal.unwrap().success());
            child.wait().unwrap();
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        self.url_at(self.port)
    }

    /// Returns the address of the database at the port of a proxy.
    pub(crate) fn url_at(&self, port: u16) -> String {
        format!("postgres://app@127.0.0.1:{port}/postgres")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
