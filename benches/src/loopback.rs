//! A server on a thread of its own and a client with one kept connection, with a socket between them.

use std::convert::Infallible;
use std::future::Future;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// Serves HTTP/1.1 on a thread of its own, for as long as the process lives.
///
/// # Errors
/// When no socket can be opened.
pub fn serve<S, B>(service: S) -> io::Result<SocketAddr>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Future + Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    thread::spawn(move || {
        runtime.block_on(async move {
            let listener = TcpListener::from_std(listener)?;
            loop {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                let connection = http1::Builder::new();
                let connection = connection.serve_connection(TokioIo::new(stream), service.clone());
                tokio::spawn(connection);
            }
            #[allow(unreachable_code)]
            io::Result::Ok(())
        })
    });
    Ok(address)
}

/// One kept connection.
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
    answer: Vec<u8>,
}

impl Client {
    /// Connects to a server.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        Self::with_buffer(address, 64 * 1024)
    }

    /// Connects with a buffer of `size` bytes.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn with_buffer(address: SocketAddr, size: usize) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: vec![0; size],
            answer: Vec::new(),
        })
    }

    /// Sends a request and reads its answer, a body of chunks or of a known length.
    ///
    /// # Errors
    /// When the connection breaks.
    pub fn call(&mut self, request: &[u8]) -> io::Result<usize> {
        self.send(request)?;
        self.read()?;
        self.rest()
    }

    /// Sends a request and waits for the first event of its answer.
    ///
    /// # Errors
    /// When the connection breaks.
    pub fn first_event(&mut self, request: &[u8]) -> io::Result<()> {
        self.send(request)?;
        let has_event = |answer: &[u8]| answer.windows(2).any(|two| two == b"\n\n");
        while !has_event(&self.answer) {
            self.read()?;
        }
        Ok(())
    }

    /// Reads the rest of an answer of which something was read, and returns the length of the whole.
    ///
    /// # Errors
    /// When the connection breaks.
    pub fn rest(&mut self) -> io::Result<usize> {
        let end = end_of_known_length(&self.answer);
        loop {
            let over = match end {
                Some(length) => self.answer.len() >= length,
                None => self.answer.ends_with(b"\r\n0\r\n\r\n"),
            };
            if over {
                return Ok(self.answer.len());
            }
            self.read()?;
        }
    }

    fn send(&mut self, request: &[u8]) -> io::Result<()> {
        self.answer.clear();
        self.stream.write_all(request)
    }

    fn read(&mut self) -> io::Result<()> {
        let read = self.stream.read(&mut self.buffer)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let news = self.buffer.get(..read).unwrap_or_default();
        self.answer.extend_from_slice(news);
        Ok(())
    }
}

/// Where the answer ends, if its head says so. The head comes in one piece here.
fn end_of_known_length(answer: &[u8]) -> Option<usize> {
    let text = String::from_utf8_lossy(answer);
    let (head, _) = text.split_once("\r\n\r\n")?;
    let length = head.split_once("content-length: ")?.1.lines().next()?;
    Some(head.len() + 4 + length.parse::<usize>().ok()?)
}

/// The bytes of a request with this body, and the key of the gateway.
#[must_use]
pub fn request(body: &str) -> Vec<u8> {
    format!(
        "POST /v1/responses HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n\
         authorization: Bearer sk-bench-0123456789\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
