//! WebSocket connections to servers of the protocol. Spec: "WebSocket Transport".

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Sink as _, SinkExt as _, Stream as _, StreamExt as _};
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, header};
use http_body::{Body, Frame};
use hyper_util::rt::TokioIo;
use openresponses_types::event::EventFamily;
use openresponses_types::json::Document;
use tokio::time::{Instant, Sleep, timeout};
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::connect::{Connector, Io};
use super::error::ClientError;
use super::idle::{self, sweep_later};
use super::options::ClientOptions;
use crate::json::{Object, members, text};

/// How long a server that has refused WebSockets is not asked for one.
const REFUSED: Duration = Duration::from_secs(300);

/// How many connections are kept between turns.
const MAX_IDLE: usize = 16;

type Socket = WebSocketStream<TokioIo<Io>>;

/// Asks one server over WebSockets: a message for each turn, over connections that are used again.
#[derive(Clone)]
pub(crate) struct WebSockets(Arc<Inner>);

struct Inner {
    connector: Connector,
    options: ClientOptions,
    /// Connections that are not in use, with the headers that opened them.
    idle: Mutex<Vec<Idle>>,
    is_swept: AtomicBool,
    /// When the server refused a WebSocket.
    refused: Mutex<Option<Instant>>,
}

struct Idle {
    since: Instant,
    headers: HeaderMap,
    socket: Socket,
}

/// What came of a turn.
pub(crate) enum Asked {
    /// The events of the answer, as an event stream.
    Answered(Box<WebSocketBody>),
    /// The server refuses the turn with this error.
    Refused(StatusCode, Bytes),
    /// There is no WebSocket: the turn has to be asked over HTTP.
    NotOffered,
}

/// What came of opening a connection.
enum Opened {
    Socket(Box<Socket>),
    /// The server does not speak WebSocket.
    NotOffered,
    /// A request over HTTP tells why.
    Failed,
}

impl WebSockets {
    pub(super) fn new(options: &ClientOptions) -> Result<Self, ClientError> {
        // A WebSocket is opened with HTTP/1.1.
        let options = options.clone().http2(false);
        Ok(Self(Arc::new(Inner {
            connector: Connector::new(&options)?,
            options,
            idle: Mutex::default(),
            is_swept: AtomicBool::new(false),
            refused: Mutex::default(),
        })))
    }

    /// Sends what `request` would send over HTTP.
    ///
    /// # Errors
    /// When the connection breaks, or takes too long.
    pub(crate) async fn ask(&self, request: &Request<Bytes>) -> Result<Asked, ClientError> {
        let refused = *lock(&self.0.refused);
        if refused.is_some_and(|since| since.elapsed() < REFUSED) {
            return Ok(Asked::NotOffered);
        }
        let exchange = self.exchange(request);
        match self.0.options.first_byte {
            Some(limit) => timeout(limit, exchange)
                .await
                .map_err(|_| ClientError::Timeout("the first byte"))?,
            None => exchange.await,
        }
    }

    async fn exchange(&self, request: &Request<Bytes>) -> Result<Asked, ClientError> {
        let headers = own_headers(request.headers());
        let message = Utf8Bytes::from(create(request.body()));
        if let Some(socket) = self.0.idle(&headers) {
            match self.over(socket, &message, &headers).await? {
                Ok(asked) => return Ok(asked),
                Err(error) => tracing::debug!(%error, "a kept WebSocket is replaced"),
            }
        }
        let socket = match self.open(request.uri(), &headers).await {
            Opened::Socket(socket) => *socket,
            Opened::NotOffered => {
                *lock(&self.0.refused) = Some(Instant::now());
                return Ok(Asked::NotOffered);
            }
            Opened::Failed => return Ok(Asked::NotOffered),
        };
        self.over(socket, &message, &headers).await?
    }

    /// Asks over one connection. The inner error is that of a connection over which the server has
    /// not begun the turn, so that it can be asked over another one.
    async fn over(
        &self,
        mut socket: Socket,
        message: &Utf8Bytes,
        headers: &HeaderMap,
    ) -> Result<Result<Asked, ClientError>, ClientError> {
        // A message that was not sent to its end is not read.
        if let Err(error) = socket.send(Message::Text(message.clone())).await {
            return Ok(Err(broken(error)));
        }
        let first = loop {
            match socket.next().await {
                Some(Ok(Message::Text(first))) => break first,
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(broken(error)),
                None => return Err(ClientError::Closed),
            }
        };
        let Some(refusal) = Refusal::read(&first) else {
            return Ok(Ok(Asked::Answered(Box::new(WebSocketBody {
                first: Some(first),
                socket: Some(socket),
                home: Arc::clone(&self.0),
                headers: headers.clone(),
                timer: None,
            }))));
        };
        if refusal.is_connection_limit {
            return Ok(Err(ClientError::Closed));
        }
        self.0.keep(headers.clone(), socket);
        let body = Bytes::copy_from_slice(first.as_bytes());
        Ok(Ok(Asked::Refused(refusal.status, body)))
    }

    async fn open(&self, uri: &Uri, headers: &HeaderMap) -> Opened {
        let connecting = self.0.connector.io(uri.clone());
        let io = match self.0.options.connect {
            Some(limit) => timeout(limit, connecting).await.ok().and_then(Result::ok),
            None => connecting.await.ok(),
        };
        let (Some(io), Some(request)) = (io, handshake(uri, headers)) else {
            return Opened::Failed;
        };
        match client_async(request, TokioIo::new(io)).await {
            Ok((socket, _)) => Opened::Socket(Box::new(socket)),
            Err(error) => {
                tracing::debug!(%error, "an upstream refused a WebSocket: it is asked over HTTP");
                match is_transient(&error) {
                    true => Opened::Failed,
                    false => Opened::NotOffered,
                }
            }
        }
    }
}

fn handshake(uri: &Uri, headers: &HeaderMap) -> Option<Request<()>> {
    let mut request = Request::builder().uri(socket_uri(uri)?).body(()).ok()?;
    let all = request.headers_mut();
    all.extend(headers.clone());
    let host = HeaderValue::from_str(uri.authority()?.as_str()).ok()?;
    let key = HeaderValue::from_str(&generate_key()).ok()?;
    for (name, value) in [
        (header::HOST, host),
        (header::CONNECTION, HeaderValue::from_static("Upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (
            header::SEC_WEBSOCKET_VERSION,
            HeaderValue::from_static("13"),
        ),
        (header::SEC_WEBSOCKET_KEY, key),
    ] {
        all.insert(name, value);
    }
    Some(request)
}

/// Returns whether another handshake may succeed: this one failed for its caller, or for the
/// moment.
fn is_transient(error: &tungstenite::Error) -> bool {
    match error {
        tungstenite::Error::Io(_) => true,
        tungstenite::Error::Http(response) => match response.status() {
            StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::REQUEST_TIMEOUT
            | StatusCode::TOO_MANY_REQUESTS => true,
            StatusCode::NOT_IMPLEMENTED => false,
            status => status.is_server_error(),
        },
        _ => false,
    }
}

impl Inner {
    /// Takes a connection that these headers opened and that is still there.
    fn idle(&self, headers: &HeaderMap) -> Option<Socket> {
        let mut cx = Context::from_waker(Waker::noop());
        let mut idle = lock(&self.idle);
        loop {
            let at = idle.iter().rposition(|idle| idle.headers == *headers)?;
            let mut found = idle.swap_remove(at);
            let is_young = found.since.elapsed() < self.options.idle_connection;
            // Something to read is a close, or what nothing has asked for.
            if is_young && Pin::new(&mut found.socket).poll_next(&mut cx).is_pending() {
                return Some(found.socket);
            }
        }
    }

    fn keep(self: &Arc<Self>, headers: HeaderMap, socket: Socket) {
        let mut idle = lock(&self.idle);
        idle.retain(|idle| idle.since.elapsed() < self.options.idle_connection);
        if idle.len() < MAX_IDLE {
            idle.push(Idle {
                since: Instant::now(),
                headers,
                socket,
            });
        }
        drop(idle);
        sweep_later(self);
    }
}

impl idle::Idle for Inner {
    fn is_swept(&self) -> &AtomicBool {
        &self.is_swept
    }

    fn time(&self) -> Duration {
        self.options.idle_connection
    }

    fn sweep(&self) -> bool {
        let mut idle = lock(&self.idle);
        idle.retain(|idle| idle.since.elapsed() < self.time());
        !idle.is_empty()
    }
}

/// The headers that belong to the connection and not to one request. A connection serves requests of
/// many traces.
fn own_headers(headers: &HeaderMap) -> HeaderMap {
    let mut own = headers.clone();
    for name in [header::CONTENT_TYPE, header::ACCEPT, header::CONTENT_LENGTH] {
        own.remove(name);
    }
    for name in ["traceparent", "tracestate"] {
        own.remove(name);
    }
    own
}

fn socket_uri(uri: &Uri) -> Option<Uri> {
    let rest = uri.to_string();
    format!("ws{}", rest.strip_prefix("http")?).parse().ok()
}

/// The message that creates what a request's body asks for. The transport streams in any case.
fn create(body: &[u8]) -> String {
    let mut message = String::with_capacity(body.len() + 32);
    let mut out = Object::begin(&mut message);
    out.string("type", "response.create");
    if let Ok(document) = Document::parse(body) {
        for (name, mut value) in members(document.reader()) {
            if name != "stream" {
                out.raw(&name, value.raw());
            }
        }
    }
    drop(out);
    message
}

/// An `error` message.
struct Refusal {
    status: StatusCode,
    /// The connection is too old, and its turn may begin on another one. Spec: "WebSocket
    /// Reconnects".
    is_connection_limit: bool,
}

impl Refusal {
    fn read(message: &str) -> Option<Self> {
        if family(message) != EventFamily::Error {
            return None;
        }
        let document = Document::parse(message.as_bytes()).ok()?;
        let reader = document.reader();
        let stated = reader.member("status").and_then(crate::json::count);
        let status = stated.and_then(|status| u16::try_from(status).ok());
        let status = status.and_then(|status| StatusCode::from_u16(status).ok());
        let error = reader.member("error");
        let code = error.and_then(|error| error.member("code").and_then(text));
        Some(Self {
            status: status.unwrap_or(StatusCode::BAD_GATEWAY),
            is_connection_limit: code.as_deref() == Some("websocket_connection_limit_reached"),
        })
    }
}

/// Returns whether a message is the last of its response.
fn is_last(message: &str) -> bool {
    let family = family(message);
    family.is_terminal() || family == EventFamily::Error
}

/// The family of a message's event. The relay parses each message, so the type is read without that
/// where it comes first, as servers print it.
fn family(message: &str) -> EventFamily {
    let first = message.strip_prefix("{\"type\":");
    let first = first.and_then(|rest| rest.trim_start().strip_prefix('"'));
    match first.and_then(|rest| rest.split_once('"')) {
        Some((kind, _)) if !kind.contains('\\') => EventFamily::of_type(kind),
        _ => {
            let document = Document::parse(message.as_bytes()).ok();
            let kind = document.and_then(|it| it.reader().member("type").and_then(text));
            EventFamily::of_type(kind.as_deref().unwrap_or_default())
        }
    }
}

/// The message as an event. A line break in JSON is white space, so it may begin another `data` line.
fn framed(message: &str) -> Bytes {
    let mut frame = String::with_capacity(message.len() + 8);
    for line in message.split(['\r', '\n']) {
        frame.push_str("data: ");
        frame.push_str(line);
        frame.push('\n');
    }
    frame.push('\n');
    frame.into()
}

fn broken(error: tungstenite::Error) -> ClientError {
    ClientError::WebSocket(error.into())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The messages of one response as an event stream. Dropping it before its end closes the connection.
pub(crate) struct WebSocketBody {
    first: Option<Utf8Bytes>,
    /// Gone once the response is over.
    socket: Option<Socket>,
    home: Arc<Inner>,
    headers: HeaderMap,
    /// Runs while nothing arrives.
    timer: Option<Pin<Box<Sleep>>>,
}

impl WebSocketBody {
    /// The frame of a message; the last gives the connection back.
    fn frame(&mut self, message: &str) -> Frame<Bytes> {
        if is_last(message)
            && let Some(socket) = self.socket.take()
        {
            self.home.keep(std::mem::take(&mut self.headers), socket);
        }
        self.timer = None;
        Frame::data(framed(message))
    }

    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(idle) = self.home.options.idle else {
            return Poll::Pending;
        };
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(idle)));
        timer.as_mut().poll(cx)
    }
}

impl Body for WebSocketBody {
    type Data = Bytes;
    type Error = ClientError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ClientError>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(self.frame(&first))));
        }
        loop {
            let Some(socket) = &mut self.socket else {
                return Poll::Ready(None);
            };
            // Answers to pings go out here.
            let _ = Pin::new(&mut *socket).poll_flush(cx);
            let error = match Pin::new(socket).poll_next(cx) {
                Poll::Ready(Some(Ok(Message::Text(message)))) => {
                    // The limit is this connection's and says nothing to the client's.
                    match Refusal::read(&message) {
                        Some(refusal) if refusal.is_connection_limit => ClientError::Closed,
                        _ => return Poll::Ready(Some(Ok(self.frame(&message)))),
                    }
                }
                Poll::Ready(Some(Ok(_))) => continue,
                Poll::Ready(Some(Err(error))) => broken(error),
                Poll::Ready(None) => ClientError::Closed,
                Poll::Pending => match self.poll_idle(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(()) => ClientError::Timeout("the next message"),
                },
            };
            self.socket = None;
            return Poll::Ready(Some(Err(error)));
        }
    }
}

impl fmt::Debug for WebSockets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSockets").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_break_of_a_message_begins_a_data_line() {
        let framed = framed("{\"a\":1,\r\"b\":2,\n\"c\":3}");
        assert_eq!(
            &framed[..],
            b"data: {\"a\":1,\ndata: \"b\":2,\ndata: \"c\":3}\n\n"
        );
    }

    #[test]
    fn terminal_events_and_errors_are_the_last() {
        for (kind, last) in [
            ("response.completed", true),
            ("response.incomplete", true),
            ("response.failed", true),
            ("error", true),
            ("response.in_progress", false),
            ("response.output_text.delta", false),
            ("acme:done", false),
        ] {
            for message in [
                format!("{{\"type\":\"{kind}\",\"sequence_number\":1}}"),
                format!("{{\"type\": \"{kind}\"}}"),
                format!(" {{\"sequence_number\":1, \"type\" : \"{kind}\"}}"),
                format!("{{\"type\":\"{}\"}}", kind.replace('e', "\\u0065")),
            ] {
                assert_eq!(is_last(&message), last, "{message}");
            }
        }
        assert!(!is_last("no JSON"));
    }
}
