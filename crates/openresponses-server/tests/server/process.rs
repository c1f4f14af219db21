//! The program, and a client on plain sockets.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

/// The running server, killed on drop.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) address: String,
    pub(crate) out: BufReader<ChildStdout>,
}

impl Server {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[])
    }

    /// Starts it with variables in its environment, and without a proxy that they do not name.
    pub(crate) fn start_with(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut program = program();
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
            program.env_remove(name).env_remove(name.to_lowercase());
        }
        let child = program
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .env("RUST_LOG", "error")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn();
        Self::of(child.unwrap())
    }

    /// A program that was started with a pipe for its standard output.
    pub(crate) fn of(mut child: Child) -> Self {
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("Listening on ").unwrap();
        let (_, address) = address.split_once("://").unwrap();
        Self {
            child,
            address: address.into(),
            out,
        }
    }

    pub(crate) fn connect(&self) -> Connection {
        let stream = TcpStream::connect(&self.address).unwrap();
        Connection(BufReader::new(stream))
    }

    /// Sends one request on its own connection.
    pub(crate) fn ask(&self, body: &str) -> Answer {
        let mut connection = self.connect();
        connection.send(&post(body));
        connection.answer()
    }

    /// Sends one request of a tenant on its own connection.
    pub(crate) fn request(&self, method: &str, path: &str, tenant: &str, body: &str) -> Answer {
        let head = head(body.len())
            .replace("POST /v1/responses", &format!("{method} {path}"))
            .replace("Bearer test", &format!("Bearer {tenant}"));
        let mut connection = self.connect();
        connection.send(&(head + body));
        connection.answer()
    }

    /// Sends one request with a key, or without.
    pub(crate) fn ask_as(&self, key: Option<&str>, body: &str) -> Answer {
        let mut connection = self.connect();
        let key = key.map_or_else(String::new, |key| {
            format!("authorization: Bearer {key}\r\n")
        });
        connection.send(&post(body).replace("authorization: Bearer test\r\n", &key));
        connection.answer()
    }

    /// Reads a path with a key, or without.
    pub(crate) fn get(&self, key: Option<&str>, path: &str) -> Answer {
        let mut connection = self.connect();
        let key = key.map_or_else(String::new, |key| {
            format!("authorization: Bearer {key}\r\n")
        });
        connection.send(&format!(
            "GET {path} HTTP/1.1\r\nhost: localhost\r\n{key}\r\n"
        ));
        connection.answer()
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_openresponses-server"))
}

/// Creates a file in a folder for tests. Each test uses unique names.
pub(crate) fn file(name: &str, content: &str) -> String {
    static FILES: AtomicUsize = AtomicUsize::new(0);
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(name);
    // Tests write the same file while servers of others read it, which must find it whole.
    let count = FILES.fetch_add(1, Ordering::Relaxed);
    let whole = folder.join(format!("{name}.{count}"));
    std::fs::write(&whole, content).unwrap();
    std::fs::rename(&whole, &path).unwrap();
    path.to_str().unwrap().into()
}

pub(crate) fn head(length: usize) -> String {
    format!(
        "POST /v1/responses HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer test\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
}

pub(crate) fn post(body: &str) -> String {
    head(body.len()) + body
}

/// A received answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.headers["content-type"], "application/json");
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The inside of an error envelope, all of whose members are there.
    #[track_caller]
    pub(crate) fn error(&self) -> Value {
        let body = self.json();
        let error = &body["error"];
        for member in ["message", "type", "param", "code"] {
            assert!(error.get(member).is_some(), "{body}");
        }
        error.clone()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

pub(crate) struct Connection(pub(crate) BufReader<TcpStream>);

impl Connection {
    pub(crate) fn send(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        assert!(line.ends_with("\r\n"), "closed in a head: {line:?}");
        line.trim_end().into()
    }

    /// The next answer's status and headers.
    pub(crate) fn head(&mut self) -> (u16, BTreeMap<String, String>) {
        let status = self.line();
        let status = status.split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = BTreeMap::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(": ") else {
                return (status, headers);
            };
            headers.insert(name.to_ascii_lowercase(), value.into());
        }
    }

    /// The next chunk of a chunked body; empty at its end.
    pub(crate) fn chunk(&mut self) -> Vec<u8> {
        let length = usize::from_str_radix(&self.line(), 16).unwrap();
        let mut chunk = vec![0; length];
        self.0.read_exact(&mut chunk).unwrap();
        assert_eq!(self.line(), "");
        chunk
    }

    pub(crate) fn answer(&mut self) -> Answer {
        let (status, headers) = self.head();
        let mut body = Vec::new();
        match headers.get("content-length") {
            Some(length) => {
                body.resize(length.parse().unwrap(), 0);
                self.0.read_exact(&mut body).unwrap();
            }
            None => loop {
                let chunk = self.chunk();
                if chunk.is_empty() {
                    break;
                }
                body.extend(chunk);
            },
        }
        Answer {
            status,
            headers,
            body,
        }
    }
}
