use std::sync::{Arc, Mutex};

use futures_util::StreamExt;
use http::Request;
use openresponses_tower::output::Output;
use openresponses_tower::{Error, OutputStream, Provider};
use openresponses_types::normalize::Normalizer;
use openresponses_types::sequence::Delta;
use openresponses_types::{CreateRequest, Profile, Turn};
use openresponses_upstream::anthropic::Anthropic;
use openresponses_upstream::chat::Chat;
use openresponses_upstream::gemini::Gemini;
use openresponses_upstream::responses::Responses;
use openresponses_upstream::{BaseUrl, ClientOptions, HttpClient, Upstream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// What a server saw.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    /// The heads of the requests, in lower case.
    pub(crate) heads: Arc<Mutex<Vec<String>>>,
    pub(crate) bodies: Arc<Mutex<Vec<String>>>,
    pub(crate) connections: Arc<Mutex<usize>>,
}

/// A server that answers each request with the same bytes, and reports connections that close.
pub(crate) struct Server {
    pub(crate) base: BaseUrl,
    pub(crate) seen: Seen,
    pub(crate) closed: mpsc::UnboundedReceiver<()>,
}

pub(crate) async fn serve(answer: impl Into<String>) -> Server {
    let answer = answer.into();
    serve_with(move |_| answer.clone()).await
}

/// A server that answers each body.
pub(crate) async fn serve_with(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Seen::default();
    let answer: Arc<dyn Fn(&str) -> String + Send + Sync> = Arc::new(answer);
    let (tell, closed) = mpsc::unbounded_channel();
    let server = Server {
        base: BaseUrl::parse(&format!("http://{address}/v1")).unwrap(),
        seen: seen.clone(),
        closed,
    };
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            *seen.connections.lock().unwrap() += 1;
            tokio::spawn(connection(
                stream,
                seen.clone(),
                Arc::clone(&answer),
                tell.clone(),
            ));
        }
    });
    server
}

async fn connection(
    mut stream: TcpStream,
    seen: Seen,
    answer: Arc<dyn Fn(&str) -> String + Send + Sync>,
    closed: mpsc::UnboundedSender<()>,
) {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => break,
            Ok(read) => bytes.extend_from_slice(&chunk[..read]),
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let head = head.to_lowercase();
        let length = head.split("content-length: ").nth(1).map_or(0, |rest| {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().unwrap()
        });
        if body.len() < length {
            continue;
        }
        let answer = answer(body);
        seen.bodies.lock().unwrap().push(body.to_owned());
        seen.heads.lock().unwrap().push(head);
        bytes.clear();
        if stream.write_all(answer.as_bytes()).await.is_err() {
            break;
        }
        if answer.contains("connection: close") {
            break;
        }
    }
    let _ = closed.send(());
}

/// An answer with a chunked body.
pub(crate) fn chunked(kind: &str, body: &str) -> String {
    format!("{}{:x}\r\n{body}\r\n0\r\n\r\n", head(kind), body.len())
}

/// An answer whose body does not end.
pub(crate) fn endless(kind: &str, body: &str) -> String {
    format!("{}{:x}\r\n{body}\r\n", head(kind), body.len())
}

fn head(kind: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n")
}

/// An answer of a status.
pub(crate) fn status(line: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {line}\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

pub(crate) const SSE: &str = "text/event-stream";

pub(crate) fn options() -> ClientOptions {
    ClientOptions::new().proxy_from_env(false)
}

pub(crate) fn upstream(server: &Server) -> Upstream {
    with_options(server, options())
}

pub(crate) fn with_options(server: &Server, options: ClientOptions) -> Upstream {
    let client = HttpClient::new(options).unwrap();
    Upstream::new(Chat::new(), server.base.clone(), client)
}

/// A provider of each kind before the same server.
pub(crate) fn every_dialect(server: &Server) -> [Upstream; 4] {
    let base = || server.base.clone();
    let client = HttpClient::new(options()).unwrap();
    [
        Upstream::new(Chat::new(), base(), client.clone()),
        Upstream::new(Anthropic::new(), base(), client.clone()),
        Upstream::new(Gemini::new(), base(), client.clone()),
        Upstream::new(Responses::new(), base(), client),
    ]
}

pub(crate) fn turn(body: &str) -> Request<Turn> {
    let request = CreateRequest::from_json(body.as_bytes()).unwrap();
    let turn = Normalizer::new(Profile::Compatible).turn(request);
    Request::new(turn.unwrap())
}

pub(crate) async fn ask(upstream: &Upstream, body: &str) -> Result<OutputStream, Error> {
    let response = upstream.respond(turn(body)).await?;
    Ok(response.into_body())
}

pub(crate) const HELLO: &str = r#"{"model":"m","input":"Hello","stream":true}"#;

/// All deltas of an answer, and the error that ended it.
pub(crate) async fn all(mut output: OutputStream) -> (Vec<Delta>, Option<Error>) {
    let mut deltas = Vec::new();
    while let Some(piece) = output.next().await {
        match piece {
            Ok(Output::Delta(delta)) => deltas.push(delta),
            Ok(other) => panic!("{other:?}"),
            Err(error) => return (deltas, Some(error)),
        }
    }
    (deltas, None)
}

/// All deltas of an answer, and the error that ended it, which may have come before the answer.
pub(crate) async fn outcome(answer: Result<OutputStream, Error>) -> (Vec<Delta>, Option<Error>) {
    match answer {
        Ok(output) => all(output).await,
        Err(error) => (Vec::new(), Some(error)),
    }
}
