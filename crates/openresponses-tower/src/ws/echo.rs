//! A host that sends every message back, on the real handshake and the real driver, for suites that
//! test WebSocket servers: see `tests/autobahn/run`.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::env;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use openresponses_types::Profile;
use openresponses_types::json::JsonLimits;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::connection::{Authorizing, MessageReading};
use super::machine::Machine;
use super::message::Refused;
use super::step::{Refusal, Step};
use super::{Accepted, Beginning, Connection, Create, Host, Reading, WebSocketConfig, accept};
use crate::access_log::AccessLine;
use crate::body_time::BodyTime;
use crate::bounds::{BoundedResource, Bounds};
use crate::error::Error;
use crate::scope::Scope;
use crate::shutdown::Shutdown;

/// The largest message, in bytes. The largest of the suite has 16 MiB.
const MESSAGE_LIMIT: usize = 32 << 20;

/// Sends messages back.
#[derive(Default)]
struct Echo {
    waiting: VecDeque<Message>,
}

impl Machine for Echo {
    fn text(&mut self, text: Utf8Bytes) {
        self.waiting.push_back(Message::Text(text));
    }

    fn binary(&mut self, data: Bytes) {
        self.waiting.push_back(Message::Binary(data));
    }

    fn waiting_bytes(&self) -> usize {
        self.waiting.iter().map(Message::len).sum()
    }

    fn heard(&mut self, _: Duration) {}

    fn shut_down(&mut self) {}

    fn authorized(&mut self, _: Result<(), Error>) {}

    fn was_read(&mut self, _: Result<Create, Refused>) {}

    fn refused(&mut self, _: &Error, _: Duration) -> String {
        String::new()
    }

    fn ended(&mut self, _: bool, _: Duration) {}

    fn next(&mut self, _: Duration) -> Step {
        match self.waiting.pop_front() {
            Some(message) => Step::Echo(message),
            None => Step::Wait(Duration::MAX),
        }
    }
}

/// Has no turns.
struct Nothing;

impl Host for Nothing {
    fn authorize(self: Arc<Self>) -> Authorizing {
        Box::pin(ready(Ok(())))
    }

    fn read(self: Arc<Self>, _: Utf8Bytes, _: Reading) -> MessageReading {
        Box::pin(ready(Err(Error::overloaded().into())))
    }

    fn begin(self: Arc<Self>, _: Box<Create>) -> (Beginning, Option<Box<AccessLine>>) {
        (Box::pin(ready(Err(Error::overloaded()))), None)
    }

    fn refused(&self, _: &Refusal) {}
}

async fn answer(request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, Infallible> {
    let (mut head, _) = request.into_parts();
    let accepted = accept(&mut head, &WebSocketConfig::new()).ok().flatten();
    let mut response = Response::new(Empty::new());
    let Some(Accepted {
        upgrade,
        status,
        headers,
    }) = accepted
    else {
        *response.status_mut() = http::StatusCode::BAD_REQUEST;
        return Ok(response);
    };
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    tokio::spawn(async move {
        let io = TokioIo::new(upgrade.await.unwrap());
        let reading = Reading {
            profile: Profile::Compatible,
            limits: JsonLimits::default(),
            message_limit: MESSAGE_LIMIT,
            message_time: BodyTime {
                base: Some(Duration::from_secs(30)),
                rate: 64 * 1024,
            },
            stall_limit: Some(Duration::from_secs(60)),
        };
        let tenant = Bounds::new().tenant(&Scope::anonymous());
        let memory = tenant.nothing(BoundedResource::Memory);
        let shutdown = Shutdown::new().watch();
        Connection::driving(
            Echo::default(),
            io,
            reading,
            memory,
            Arc::new(Nothing),
            shutdown,
        )
        .await
        .run()
        .await;
    });
    Ok(response)
}

async fn serve(stream: TcpStream) {
    let connection =
        http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
    let _ = connection.with_upgrades().await;
}

/// Text, binary and fragments come back as they were sent.
#[tokio::test]
async fn the_driver_echoes() {
    use futures_util::{SinkExt, StreamExt};

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { serve(listener.accept().await.unwrap().0).await });
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut client, _) = tokio_tungstenite::client_async(format!("ws://{address}/"), stream)
        .await
        .unwrap();
    for message in [
        Message::text("Grüße"),
        Message::binary(vec![0xFF; 100_000]),
        Message::text(""),
    ] {
        client.send(message.clone()).await.unwrap();
        assert_eq!(client.next().await.unwrap().unwrap(), message);
    }
}

/// Serves the address in `ECHO_ADDRESS` until it is killed.
#[tokio::test]
#[ignore = "a server, which tests/autobahn/run starts"]
async fn echo_host() {
    let address = env::var("ECHO_ADDRESS").unwrap();
    let listener = TcpListener::bind(address).await.unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        tokio::spawn(serve(stream));
    }
}
