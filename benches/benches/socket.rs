//! End to end: a client on one thread, a server on another, a socket between them.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http::{Request, Response};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use openresponses_benches::sample;
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::Turn;
use tokio::net::TcpListener;

/// Sends the sample's deltas, all ready at once.
struct Sample;

impl Provider for Sample {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        Ok(Response::new(OutputStream::from_deltas(sample::deltas())))
    }
}

/// A server on a thread of its own, for as long as the process lives.
fn serve() -> io::Result<SocketAddr> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    thread::spawn(move || {
        runtime.block_on(async move {
            let service = TowerToHyperService::new(OpenResponses::new(Sample, Config::new()));
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
struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
    answer: Vec<u8>,
}

impl Client {
    fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: vec![0; 64 * 1024],
            answer: Vec::new(),
        })
    }

    /// Sends a request and reads its answer, a body of chunks or of a known length.
    fn call(&mut self, request: &[u8]) -> io::Result<usize> {
        self.stream.write_all(request)?;
        self.answer.clear();
        let mut end = None;
        loop {
            let read = self.stream.read(&mut self.buffer)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let news = self.buffer.get(..read).unwrap_or_default();
            self.answer.extend_from_slice(news);
            let end = *end.get_or_insert_with(|| end_of_known_length(&self.answer));
            let over = match end {
                Some(length) => self.answer.len() >= length,
                None => self.answer.ends_with(b"\r\n0\r\n\r\n"),
            };
            if over {
                return Ok(self.answer.len());
            }
        }
    }
}

/// Where the answer ends, if its head says so. The head comes in one piece here.
fn end_of_known_length(answer: &[u8]) -> Option<usize> {
    let text = String::from_utf8_lossy(answer);
    let (head, _) = text.split_once("\r\n\r\n")?;
    let length = head.split_once("content-length: ")?.1.lines().next()?;
    Some(head.len() + 4 + length.parse::<usize>().ok()?)
}

fn request(body: &str) -> Vec<u8> {
    format!(
        "POST /v1/responses HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn end_to_end(criterion: &mut Criterion) {
    let Ok(mut client) = serve().and_then(Client::connect) else {
        eprintln!("no socket to measure over");
        return;
    };
    let mut group = criterion.benchmark_group("end_to_end");
    group.throughput(Throughput::Elements(sample::events().len() as u64));
    let stream = request(&sample::short_request());
    group.bench_function("stream of 500 deltas", |bencher| {
        bencher.iter(|| client.call(&stream));
    });
    let whole = request(&sample::short_request().replace(r#""stream":true"#, r#""stream":false"#));
    group.bench_function("response of 500 deltas", |bencher| {
        bencher.iter(|| client.call(&whole));
    });
    group.finish();
}

criterion_group!(benches, end_to_end);
criterion_main!(benches);
