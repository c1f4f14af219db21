//! A provider in front of a model server.

mod address;
mod answer;
mod document;
mod peeked;
mod report;

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use openresponses_tower::output::RelayOptions;
use openresponses_tower::provider::{CallerCredentials, CompactedWindow, PreviousResponse};
use openresponses_tower::service::HOP_BY_HOP;
use openresponses_tower::{Error, ErrorKind, OutputStream, Provider, RequestContext};
use openresponses_types::Turn;
use openresponses_types::normalize::ContextWindow;
use tokio::time::timeout;

pub use address::{BaseUrl, InvalidBaseUrl};

#[cfg(feature = "websocket")]
use crate::client::{Asked, ClientError, WebSockets};
use crate::client::{HttpClient, Secret, UpstreamBody};
use crate::dialect::{Answer, Dialect};
use crate::error::{MessagePolicy, UpstreamError};
use crate::request::UpstreamRequest;
use answer::{Answered, HELD};
use peeked::{Looks, Peeked};

/// The media type of an event stream.
const EVENT_STREAM: &str = "text/event-stream";

/// The longest body of an error, and of a list of models, in bytes.
const ERROR_BODY: usize = 256 << 10;
const MODELS_BODY: usize = 16 << 20;

/// A model server as a [`Provider`].
///
/// ```no_run
/// use openresponses_tower::{Config, OpenResponses};
/// use openresponses_upstream::{BaseUrl, ClientOptions, HttpClient, Upstream, chat::Chat};
///
/// let client = HttpClient::new(ClientOptions::new())?;
/// let upstream = Upstream::new(Chat::new(), BaseUrl::parse("http://127.0.0.1:11434/v1")?, client);
/// let service = OpenResponses::new(upstream, Config::new());
/// # let _ = service;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Upstream {
    dialect: Arc<dyn Dialect>,
    base: BaseUrl,
    client: HttpClient,
    key: Option<Secret>,
    headers: HeaderMap,
    forward_key: bool,
    messages: MessagePolicy,
    report: bool,
    #[cfg(feature = "websocket")]
    sockets: Option<WebSockets>,
}

impl Upstream {
    /// Creates the provider of the server at `base`.
    #[must_use]
    pub fn new(dialect: impl Dialect, base: BaseUrl, client: HttpClient) -> Self {
        Self {
            dialect: Arc::new(dialect),
            base,
            client,
            key: None,
            headers: HeaderMap::new(),
            forward_key: false,
            messages: MessagePolicy::default(),
            report: false,
            #[cfg(feature = "websocket")]
            sockets: None,
        }
    }

    /// Sets the key that requests carry in the dialect's header. Default: none.
    #[must_use]
    pub fn key(mut self, key: impl Into<Secret>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Returns false for a header that the client sets itself: one that concerns one connection
    /// ([`HOP_BY_HOP`]), `content-length` and `host`.
    #[must_use]
    pub fn sends(name: &HeaderName) -> bool {
        !HOP_BY_HOP.contains(&name.as_str()) && !OWN.contains(&name.as_str())
    }

    /// Adds a header to every request. One that [is not sent](Self::sends) is dropped.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        if Self::sends(&name) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Sets whether a bearer token of the client is forwarded where there is no key. Default: false.
    ///
    /// A token that authenticates the client at the endpoint would be sent to the server: set it only
    /// where the endpoint's hook takes none.
    #[must_use]
    pub fn forward_client_key(mut self, forwarded: bool) -> Self {
        self.forward_key = forwarded;
        self
    }

    /// Sets whether messages of the server's errors reach the client. Default:
    /// [`MessagePolicy::Pass`].
    #[must_use]
    pub fn messages(mut self, policy: MessagePolicy) -> Self {
        self.messages = policy;
        self
    }

    /// Sets whether the response's member `upstream_report` lists what had no place on the way: some
    /// clients break on members that they do not know. Default: false.
    #[must_use]
    pub fn report(mut self, reported: bool) -> Self {
        self.report = reported;
        self
    }

    /// Asks a server of the protocol over WebSockets, which are used for one turn after the other, and
    /// over HTTP where it does not offer them. Other dialects have no WebSockets. Default: over HTTP.
    ///
    /// # Errors
    /// As for [`HttpClient::new`].
    #[cfg(feature = "websocket")]
    pub fn websocket(mut self) -> Result<Self, ClientError> {
        self.sockets = Some(self.client.websockets()?);
        Ok(self)
    }

    /// Asks the server for its models.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn models(&self) -> Result<Vec<String>, Error> {
        let builder = Request::get(self.base.join(self.dialect.models_path())?);
        let mut request = builder.body(Bytes::new()).map_err(Error::server)?;
        self.add_headers(request.headers_mut(), HeaderMap::new(), None)?;
        let response = self.client.send(request).await?;
        let response = self.accepted(response, None).await?;
        let body = response.into_body().read(MODELS_BODY).await?;
        Ok(self.dialect.read_models(&body))
    }

    async fn ask(&self, parts: &Parts, turn: &Turn) -> Result<Response<OutputStream>, Error> {
        let previous = parts.extensions.get::<PreviousResponse>();
        let continuation = previous.and_then(|it| self.dialect.continuation(turn, it.response()));
        if let Some(request) = continuation {
            match self.send(parts, turn, request?).await {
                Err(error) if is_refusal(&error) => tracing::debug!(
                    %error,
                    "an upstream refused to continue its response: it gets the whole conversation"
                ),
                answered => return answered,
            }
        }
        let request = self.dialect.request(turn)?;
        self.send(parts, turn, request).await
    }

    /// Sends a translated turn.
    async fn send(
        &self,
        parts: &Parts,
        turn: &Turn,
        request: UpstreamRequest,
    ) -> Result<Response<OutputStream>, Error> {
        let sent = self.http(parts, &request)?;
        let answer = self.dialect.answer(turn);
        #[cfg(feature = "websocket")]
        if let (Some(sockets), Answer::Relay(options)) = (&self.sockets, &answer)
            && let Some(output) = self.over(sockets, *options, &request, &sent).await?
        {
            return Ok(Response::new(output));
        }
        let response = self.client.send(sent).await?;
        let response = self.accepted(response, Some(&request)).await?;
        let output = match answer {
            Answer::Deltas(reader) => {
                let body = response.into_body();
                let answered = Answered::new(body, reader, self.messages, request, self.report);
                OutputStream::new(answered.primed().await?)
            }
            Answer::Relay(options) => self.relayed(response, options, &request).await?,
        };
        Ok(Response::new(output))
    }

    /// Relays the answer over WebSockets. `None` where the turn has to be asked over HTTP.
    #[cfg(feature = "websocket")]
    async fn over(
        &self,
        sockets: &WebSockets,
        options: RelayOptions,
        request: &UpstreamRequest,
        sent: &Request<Bytes>,
    ) -> Result<Option<OutputStream>, Error> {
        match sockets.ask(sent).await? {
            Asked::Answered(body) => Ok(Some(OutputStream::relay(body, options))),
            Asked::Refused(status, body) => {
                let error = UpstreamError::read(status, &HeaderMap::new(), &body);
                Err(error.to_error(&request.origins, self.messages))
            }
            Asked::NotOffered => Ok(None),
        }
    }

    /// Relays an event stream; a document is relayed as the stream of the event that ends its response.
    async fn relayed(
        &self,
        response: Response<UpstreamBody>,
        options: RelayOptions,
        request: &UpstreamRequest,
    ) -> Result<OutputStream, Error> {
        let (head, body) = response.into_parts();
        let kind = head.headers.get(header::CONTENT_TYPE);
        let kind = kind.and_then(|value| value.to_str().ok()).unwrap_or("");
        let is = |name: &str| {
            kind.get(..name.len())
                .is_some_and(|it| it.eq_ignore_ascii_case(name))
        };
        if is("text/html")
            || head.status == StatusCode::NO_CONTENT
            || head.headers.contains_key(header::CONTENT_ENCODING)
        {
            return Err(unreadable());
        }
        // Servers do not always say what they send.
        let mut body = Peeked::new(body);
        let is_stream = is(EVENT_STREAM);
        let looked = body.look();
        let looks = match is_stream {
            // The events of a slow model should not wait here.
            true => timeout(HELD, looked).await.unwrap_or(Ok(Looks::Events))?,
            false => looked.await?,
        };
        match looks {
            Looks::Document => {}
            Looks::Events => return Ok(OutputStream::relay(body, options)),
            Looks::Other if is_stream => return Ok(OutputStream::relay(body, options)),
            Looks::Other | Looks::Empty => return Err(unreadable()),
        }
        let body = body.read(MODELS_BODY).await?;
        match crate::responses::document(&body) {
            Some(stream) => Ok(OutputStream::relay(Full::new(Bytes::from(stream)), options)),
            None => {
                let error = UpstreamError::read(StatusCode::OK, &HeaderMap::new(), &body);
                Err(match error.message {
                    Some(_) => error.to_error(&request.origins, self.messages),
                    None => unreadable(),
                })
            }
        }
    }

    /// Builds the HTTP request of a translated one.
    fn http(&self, parts: &Parts, request: &UpstreamRequest) -> Result<Request<Bytes>, Error> {
        report::log_request(self.dialect.name(), request);
        let builder = Request::builder()
            .method(request.method.clone())
            .uri(self.base.join(&request.path)?);
        let body = request.body.clone();
        let mut http = builder.body(body).map_err(Error::server)?;
        let client_key = parts.headers.get(header::AUTHORIZATION);
        let client_key = client_key.filter(|_| self.forwards_key());
        self.add_headers(http.headers_mut(), request.headers.clone(), client_key)?;
        let context = RequestContext::from_extensions(&parts.extensions);
        if let Some(trace) = context.and_then(|context| context.trace_context()) {
            trace.write(http.headers_mut());
        }
        report::record_address(http.uri());
        Ok(http)
    }

    /// Returns whether requests carry the client's own key.
    fn forwards_key(&self) -> bool {
        self.forward_key && self.key.is_none()
    }

    /// Marks an outcome that the client's own key decides.
    fn by_key<T>(&self, answer: Result<Response<T>, Error>) -> Result<Response<T>, Error> {
        if !self.forwards_key() {
            return answer;
        }
        let mut answer = answer.map_err(|error| {
            if CallerCredentials::explain(&error) {
                error.of_caller()
            } else {
                error
            }
        })?;
        answer.extensions_mut().insert(CallerCredentials);
        Ok(answer)
    }

    fn add_headers(
        &self,
        headers: &mut HeaderMap,
        own: HeaderMap,
        client_key: Option<&HeaderValue>,
    ) -> Result<(), Error> {
        headers.extend(own);
        headers.extend(self.dialect.common_headers());
        headers.extend(self.headers.clone());
        if let Some(key) = &self.key {
            let value = key.header(self.dialect.key_prefix());
            headers.insert(self.dialect.key_header(), value.map_err(Error::server)?);
        } else if let Some(bearer) = client_key.and_then(|value| value.to_str().ok()) {
            let key = bearer.split_once(' ').map_or(bearer, |(_, key)| key);
            let value = Secret::new(key).header(self.dialect.key_prefix());
            headers.insert(self.dialect.key_header(), value.map_err(Error::server)?);
        }
        Ok(())
    }

    /// Returns an answer that is no error.
    async fn accepted(
        &self,
        response: Response<UpstreamBody>,
        request: Option<&UpstreamRequest>,
    ) -> Result<Response<UpstreamBody>, Error> {
        if response.status().is_success() {
            return Ok(response);
        }
        let (parts, body) = response.into_parts();
        // The status says enough where the body cannot be read.
        let body = body.read(ERROR_BODY).await.unwrap_or_default();
        let error = UpstreamError::read(parts.status, &parts.headers, &body);
        let origins = request.map(|request| request.origins.clone());
        let answered = error.to_error(&origins.unwrap_or_default(), self.messages);
        tracing::debug!(
            status = parts.status.as_u16(),
            code = error.code,
            "an upstream refused"
        );
        Err(answered)
    }
}

impl Provider for Upstream {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let (parts, turn) = turn.into_parts();
        self.by_key(self.ask(&parts, &turn).await)
    }

    async fn compact(
        &self,
        window: Request<ContextWindow>,
    ) -> Result<Response<CompactedWindow>, Error> {
        let (parts, window) = window.into_parts();
        self.by_key(self.ask_to_compact(&parts, &window).await)
    }

    async fn count_input_tokens(&self, turn: Request<Turn>) -> Result<Response<u64>, Error> {
        let (parts, turn) = turn.into_parts();
        self.by_key(self.ask_to_count(&parts, &turn).await)
    }
}

/// Returns whether a server may not have the response that a request continues, or not as the
/// endpoint has it. Servers report it as 404, or as 400 with or without the member. A 400 about
/// another member would be the same for the whole conversation.
fn is_refusal(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::NotFound => true,
        ErrorKind::InvalidRequest => {
            let payload = error.payload();
            let context = ["previous_response_id", "input"];
            let is_context = |param: &str| context.iter().any(|name| param.starts_with(name));
            payload.param.as_str().is_none_or(is_context)
        }
        _ => false,
    }
}

fn unreadable() -> Error {
    Error::new(
        ErrorKind::Upstream,
        "upstream_error",
        "The upstream's answer could not be read.",
    )
}

/// Headers of a request that the client sets itself, beside [`HOP_BY_HOP`].
const OWN: &[&str] = &["content-length", "host"];
