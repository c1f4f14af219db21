//! An axum service with `/v1/responses` in front of a Chat Completions server. The HTTP client is the
//! service's own; the translation is that of `openresponses-upstream`, which does no I/O.
//!
//! Usage: `example-upstream http://127.0.0.1:11434/v1`

use axum::{Router, routing::get, serve::ListenerExt};
use futures_util::stream;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_upstream::chat::Chat;
use openresponses_upstream::{Answer, Dialect, MessagePolicy, UpstreamError};

/// The largest error that is read, in bytes.
const MAX_ERROR_BYTES: usize = 1 << 20;

struct ChatServer {
    client: Client<HttpConnector, Full<axum::body::Bytes>>,
    base: String,
    dialect: Chat,
}

impl Provider for ChatServer {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let turn = turn.into_body();
        // What the dialect cannot express is refused with the client's member.
        let asked = self.dialect.request(&turn)?;
        for warning in &asked.warnings {
            eprintln!("{warning}");
        }
        let mut request = Request::post(format!("{}{}", self.base, asked.path))
            .body(Full::new(asked.body.clone()))
            .map_err(Error::server)?;
        *request.headers_mut() = asked.headers.clone();
        let response = self.client.request(request).await.map_err(Error::server)?;
        let (parts, body) = response.into_parts();
        if !parts.status.is_success() {
            // Of a body that is too long or cut, only the status is used.
            let body = Limited::new(body, MAX_ERROR_BYTES).collect().await;
            let body = body.map(|body| body.to_bytes()).unwrap_or_default();
            let error = UpstreamError::read(parts.status, &parts.headers, &body);
            return Err(error.to_error(&asked.origins, MessagePolicy::Pass));
        }
        let Answer::Deltas(reader) = self.dialect.answer(&turn) else {
            return Err(Error::server("the dialect relays its answers"));
        };
        let deltas = stream::try_unfold((body, reader), |(mut body, mut reader)| async move {
            loop {
                if let Some(delta) = reader.pop() {
                    return Ok(Some((delta, (body, reader))));
                }
                if reader.is_finished() {
                    return Ok(None);
                }
                match body.frame().await {
                    Some(frame) => {
                        if let Ok(data) = frame.map_err(Error::server)?.into_data() {
                            reader.push(&data);
                        }
                    }
                    // The last delta comes of it.
                    None => reader.end(),
                }
            }
        });
        Ok(Response::new(OutputStream::new(deltas)))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base = std::env::args()
        .nth(1)
        .ok_or("usage: example-upstream URL")?;
    let provider = ChatServer {
        client: Client::builder(TokioExecutor::new()).build_http(),
        base: base.trim_end_matches('/').to_owned(),
        dialect: Chat::new(),
    };
    let app = Router::new()
        .route("/health", get(|| async { "well" }))
        .nest_service(
            "/v1",
            OpenResponses::new(provider, Config::new().prefix("")),
        );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/v1/responses", listener.local_addr()?);
    // Events are small and should leave at once.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    Ok(axum::serve(listener, app).await?)
}
