//! Starts an example and talks plain HTTP/1.1 to it, for the tests of the examples.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running example. It is stopped when this is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    // Kept open: a program that prints into a closed pipe would end.
    output: BufReader<ChildStdout>,
    address: String,
}

impl Server {
    /// Starts `program` on a free port and waits until it has printed its address.
    ///
    /// # Errors
    /// When it does not start, or ends without an address.
    pub fn start(program: &str, arguments: &[&str]) -> io::Result<Self> {
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().ok_or_else(|| other("no output"))?;
        // Made at once, so that the child is stopped whatever happens next.
        let mut server = Self {
            child,
            output: BufReader::new(output),
            address: String::new(),
        };
        let mut line = String::new();
        while server.output.read_line(&mut line)? > 0 {
            if let Some((_, rest)) = line.split_once("http://") {
                let address = rest.split(|c: char| c.is_whitespace() || c == '/').next();
                server.address = address.unwrap_or_default().to_owned();
                return Ok(server);
            }
            line.clear();
        }
        Err(other("the example ended without printing its address"))
    }

    /// Its address as `host:port`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Sends a GET.
    ///
    /// # Errors
    /// Returns the errors of the connection.
    pub fn get(&self, path: &str) -> io::Result<Answer> {
        self.send(&format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
            self.address
        ))
    }

    /// Sends a POST of JSON.
    ///
    /// # Errors
    /// Returns the errors of the connection.
    pub fn post(&self, path: &str, body: &str) -> io::Result<Answer> {
        self.send(&format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        ))
    }

    /// Opens a WebSocket, sends one message of at most 125 bytes, and gives what came until `end`
    /// was in it, the answer's head and the heads of frames included.
    ///
    /// # Errors
    /// Those of the connection, and its end before `end`.
    pub fn websocket(&self, path: &str, message: &str, end: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect(&self.address)?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            self.address
        );
        stream.write_all(request.as_bytes())?;
        let mut came = Vec::new();
        read_until(&mut stream, &mut came, "\r\n\r\n")?;
        // One text frame, masked with zeros, which leaves the text as it is.
        let length = u8::try_from(message.len()).map_err(io::Error::other)?;
        if length > 125 {
            return Err(other("the message is too long"));
        }
        stream.write_all(&[0x81, 0x80 | length, 0, 0, 0, 0])?;
        stream.write_all(message.as_bytes())?;
        read_until(&mut stream, &mut came, end)?;
        Ok(String::from_utf8_lossy(&came).into_owned())
    }

    fn send(&self, request: &str) -> io::Result<Answer> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Answer::parse(&String::from_utf8_lossy(&answer)).ok_or_else(|| other("no HTTP answer"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, one per line, names in lower case.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Answer {
    fn parse(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let head = head.to_ascii_lowercase();
        let status = head.split_whitespace().nth(1)?.parse().ok()?;
        let body = if head.contains("transfer-encoding: chunked") {
            joined(body)?
        } else {
            body.to_owned()
        };
        Some(Self { status, head, body })
    }
}

/// Reads until `end` is in what came.
fn read_until(stream: &mut TcpStream, came: &mut Vec<u8>, end: &str) -> io::Result<()> {
    let mut buffer = [0; 4096];
    while !String::from_utf8_lossy(came).contains(end) {
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        came.extend_from_slice(buffer.get(..read).unwrap_or_default());
    }
    Ok(())
}

/// A chunked body in one piece.
fn joined(mut rest: &str) -> Option<String> {
    let mut body = String::new();
    loop {
        let (size, after) = rest.split_once("\r\n")?;
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.push_str(after.get(..size)?);
        rest = after.get(size..)?.strip_prefix("\r\n")?;
    }
}

fn other(message: &str) -> io::Error {
    io::Error::other(message)
}
