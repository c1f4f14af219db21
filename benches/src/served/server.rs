use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::util::BoxCloneService;

/// What a server answers with.
pub type Answering = BoxCloneService<Request<Incoming>, Response<Body>, Infallible>;

/// A server on a thread of its own, for as long as the process lives.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where the kernel counts the time of its thread.
    schedule: PathBuf,
}

impl Server {
    /// Starts a server, which makes its service in its runtime.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn start(service: fn() -> Option<Answering>) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (started, thread) = mpsc::channel();
        thread::spawn(move || {
            let _ = started.send(std::fs::read_link("/proc/thread-self"));
            runtime.block_on(serve(listener, service))
        });
        let thread = thread.recv().map_err(io::Error::other)??;
        let schedule = PathBuf::from("/proc").join(thread).join("schedstat");
        Ok(Self { address, schedule })
    }

    /// The processor time that the server has taken.
    ///
    /// # Errors
    /// Where the kernel does not count it.
    pub fn processor_time(&self) -> io::Result<Duration> {
        let counted = std::fs::read_to_string(&self.schedule)?;
        let nanoseconds = counted.split(' ').next().and_then(|text| text.parse().ok());
        let nanoseconds = nanoseconds.ok_or(io::ErrorKind::InvalidData)?;
        Ok(Duration::from_nanos(nanoseconds))
    }
}

async fn serve(
    listener: std::net::TcpListener,
    service: fn() -> Option<Answering>,
) -> io::Result<()> {
    let service = service().ok_or(io::ErrorKind::Unsupported)?;
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let service = TowerToHyperService::new(service.clone());
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(connection);
    }
}
