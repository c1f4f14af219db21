use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openresponses_tower::RequestContext;
use openresponses_types::json::RawJson;
use rmcp::ClientHandler;
use rmcp::model::{CallToolRequestParams, JsonObject, RequestMetaObject, ToolAnnotations};
use rmcp::service::{NotificationContext, RoleClient, RunningService};
use serde_json::Value;
use tokio::time::Instant;

use super::http_client::HttpClient;
use super::outage::Outage;
use super::result::output;
use super::server::McpServer;
use super::target::unreachable;
use crate::context::CallContext;
use crate::error::ToolError;
use crate::tool::{Tool, ToolOutput};

/// The tools of a server, as it listed them.
pub(crate) type Listing = Arc<[Arc<Tool>]>;

/// A server that is connected when it is needed.
pub(crate) struct Connection {
    pub(super) server: McpServer,
    client: HttpClient,
    state: Mutex<State>,
    /// Held while connecting and listing, so that many turns at once do it once.
    refreshing: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct State {
    /// Calls that run hold it as well: another takes its place without ending them.
    session: Option<Arc<Session>>,
    /// What the session has listed.
    listed: Option<Listed>,
    /// Set while the server cannot be reached or does not list its tools.
    outage: Option<Outage>,
}

/// A live connection.
struct Session {
    service: RunningService<RoleClient, Changes>,
    changes: Changes,
}

struct Listed {
    listing: Listing,
    at: Instant,
    /// The number of changes that were announced before the server was asked.
    changes: u64,
}

/// What is known of a server's tools without asking it.
enum Known {
    Fresh(Listing),
    /// There is no listing, or one that is too old.
    Stale,
    /// The server has failed; what it listed before, where the connection is still there.
    Failing(Outage, Option<Listing>),
}

/// How often the server has announced that its tools have changed.
#[derive(Clone, Default)]
pub(super) struct Changes(Arc<AtomicU64>);

impl Changes {
    fn get(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

impl ClientHandler for Changes {
    fn on_tool_list_changed(
        &self,
        _: NotificationContext<RoleClient>,
    ) -> impl Future<Output = ()> + Send + '_ {
        self.0.fetch_add(1, Ordering::Release);
        std::future::ready(())
    }
}

impl State {
    fn session(&self) -> Option<&Arc<Session>> {
        let session = self.session.as_ref();
        session.filter(|session| !session.service.is_transport_closed())
    }

    /// The listing of a session that is still there.
    fn listed(&self) -> Option<&Listed> {
        self.listed.as_ref().filter(|_| self.session().is_some())
    }

    fn fail(&mut self) {
        self.outage = Some(Outage::after(self.outage));
    }
}

impl Connection {
    pub(super) fn new(server: McpServer, client: HttpClient) -> Self {
        Self {
            server,
            client,
            state: Mutex::default(),
            refreshing: Arc::default(),
        }
    }

    pub(crate) fn label(&self) -> &str {
        &self.server.label
    }

    /// Never held while something is awaited.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server's tools: from the cache unless it announced a change, it was connected anew, or the
    /// listing is too old.
    ///
    /// Turns wait for a server that has not failed. One that has is tried again beside them, after
    /// pauses that grow; until then its last listing serves if its connection is still there.
    pub(crate) async fn listing(self: &Arc<Self>) -> Result<Listing, ToolError> {
        match self.known() {
            Known::Fresh(listing) => return Ok(listing),
            Known::Failing(outage, last) => {
                if !outage.is_pausing() {
                    self.recover();
                }
                return last.ok_or_else(failed_before);
            }
            Known::Stale => {}
        }
        let _refreshing = self.refreshing.lock().await;
        // What another turn has found meanwhile is news enough.
        match self.known() {
            Known::Fresh(listing) => Ok(listing),
            Known::Failing(_, last) => last.ok_or_else(failed_before),
            Known::Stale => self.refresh(false).await,
        }
    }

    fn known(&self) -> Known {
        let state = self.state();
        let listed = state.listed();
        if let (Some(listed), Some(session)) = (listed, state.session())
            && listed.changes == session.changes.get()
            && listed.at.elapsed() < self.server.options.listing_age
        {
            return Known::Fresh(Arc::clone(&listed.listing));
        }
        match state.outage {
            None => Known::Stale,
            Some(outage) => {
                let last = listed.map(|listed| Arc::clone(&listed.listing));
                Known::Failing(outage, last)
            }
        }
    }

    /// Tries the server again in a task of its own, unless another does.
    fn recover(self: &Arc<Self>) {
        let Ok(refreshing) = Arc::clone(&self.refreshing).try_lock_owned() else {
            return;
        };
        let connection = Arc::clone(self);
        tokio::spawn(async move {
            let _refreshing = refreshing;
            if let Err(error) = connection.refresh(true).await {
                let server = connection.label();
                tracing::debug!(server, %error, "an MCP server has not recovered");
            }
        });
    }

    /// Lists the tools, on a new connection where there is none or `anew` is set. Where that fails,
    /// the last listing stands if its connection is still there.
    async fn refresh(self: &Arc<Self>, anew: bool) -> Result<Listing, ToolError> {
        let listed = self.list(anew).await;
        let mut state = self.state();
        match listed {
            Ok((session, listed)) => {
                let listing = Arc::clone(&listed.listing);
                state.session = Some(session);
                state.listed = Some(listed);
                state.outage = None;
                Ok(listing)
            }
            Err(error) => {
                state.fail();
                let last = state.listed().map(|listed| Arc::clone(&listed.listing));
                last.ok_or(error)
            }
        }
    }

    async fn list(self: &Arc<Self>, anew: bool) -> Result<(Arc<Session>, Listed), ToolError> {
        let session = self.state().session().filter(|_| !anew).cloned();
        let session = match session {
            Some(session) => session,
            None => self.connect().await?,
        };
        let changes = session.changes.get();
        let time = self.server.options.connect_timeout;
        let listed = tokio::time::timeout(time, session.service.list_all_tools()).await;
        let listed = listed.map_err(not_listed)?.map_err(not_listed)?;
        let only = self.server.options.only.as_ref();
        let is_offered = |name: &str| only.is_none_or(|names| names.iter().any(|it| it == name));
        let tools = listed.into_iter().filter(|tool| is_offered(&tool.name));
        let listing: Listing = tools.map(|tool| Arc::new(self.tool(tool))).collect();
        let listed = Listed {
            listing,
            at: Instant::now(),
            changes,
        };
        Ok((session, listed))
    }

    /// The live session for a call; a new one where it was lost.
    async fn session(&self) -> Result<Arc<Session>, ToolError> {
        if let Some(session) = self.state().session() {
            return Ok(Arc::clone(session));
        }
        let _refreshing = self.refreshing.lock().await;
        {
            let state = self.state();
            if let Some(session) = state.session() {
                return Ok(Arc::clone(session));
            }
            if state.outage.is_some_and(Outage::is_pausing) {
                return Err(failed_before());
            }
        }
        let connected = self.connect().await;
        let mut state = self.state();
        match connected {
            Ok(session) => {
                state.session = Some(Arc::clone(&session));
                state.listed = None;
                state.outage = None;
                Ok(session)
            }
            Err(error) => {
                state.fail();
                Err(error)
            }
        }
    }

    async fn connect(&self) -> Result<Arc<Session>, ToolError> {
        let is_lost = {
            let state = self.state();
            state.session.is_some() && state.session().is_none()
        };
        if is_lost {
            let server = self.label();
            tracing::info!(server, "the connection to an MCP server was lost");
        }
        let changes = Changes::default();
        let time = self.server.options.connect_timeout;
        let connecting = self
            .server
            .target
            .connect(&self.client, changes.clone(), time);
        let service = connecting.await?;
        Ok(Arc::new(Session { service, changes }))
    }

    /// A tool that is called on this connection, or on the one that replaces it.
    fn tool(self: &Arc<Self>, listed: rmcp::model::Tool) -> Tool {
        let schema = Value::Object(JsonObject::clone(&listed.input_schema));
        let connection = Arc::clone(self);
        let name = listed.name.to_string();
        let mut tool = Tool::raw(listed.name, schema, move |arguments, call: CallContext| {
            let (connection, name) = (Arc::clone(&connection), name.clone());
            async move { connection.call(name, arguments, &call).await }
        })
        .timeout(self.server.options.timeout)
        .approval(self.server.options.approval.clone());
        tool.description = listed.description.map(Into::into);
        let hint = listed.annotations.as_ref().and_then(|it| it.read_only_hint);
        tool.is_read_only = hint == Some(true);
        tool.annotations = annotations(listed.annotations, listed.title);
        tool
    }

    async fn call(
        &self,
        name: String,
        arguments: Value,
        call: &CallContext,
    ) -> Result<ToolOutput, ToolError> {
        let arguments = match arguments {
            Value::Object(arguments) => Some(arguments),
            Value::Null => None,
            _ => return Err(ToolError::new("The arguments must be an object.")),
        };
        // Held to the end of the call: it ends when the last holder has gone.
        let session = self.session().await?;
        let mut params = CallToolRequestParams::new(name);
        if let Some(arguments) = arguments {
            params = params.with_arguments(arguments);
        }
        params.meta = trace(call);
        output(session.service.call_tool(params).await)
    }
}

/// What a server says about a tool, with its title.
fn annotations(stated: Option<ToolAnnotations>, title: Option<String>) -> Option<RawJson> {
    let mut annotations = match (stated, &title) {
        (None, None) => return None,
        (stated, _) => stated.unwrap_or_default(),
    };
    annotations.title = annotations.title.or(title);
    RawJson::from_serialize(&annotations).ok()
}

/// Returns the trace context of the call as metadata, which reaches servers over any transport. Spec
/// of MCP: SEP-414.
fn trace(call: &CallContext) -> Option<RequestMetaObject> {
    let context = RequestContext::from_extensions(&call.head().extensions)?;
    let context = context.trace_context()?;
    let mut meta = RequestMetaObject::new();
    meta.set_traceparent(context.traceparent());
    if let Some(state) = context.tracestate() {
        meta.set_tracestate(state);
    }
    Some(meta)
}

fn failed_before() -> ToolError {
    unreachable("it has failed before")
}

fn not_listed(error: impl Into<openresponses_tower::BoxError>) -> ToolError {
    ToolError::new("The tool's server did not list its tools.").with_source(error)
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connection").field(&self.server).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A server that takes connections and says nothing.
    async fn silent() -> (tokio::net::TcpListener, Arc<Connection>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let connection = McpServer::http("silent", url).connect(HttpClient::default());
        (listener, connection)
    }

    #[tokio::test(start_paused = true)]
    async fn turns_wait_once_for_a_server_that_does_not_answer() {
        let (_listener, connection) = silent().await;
        let start = Instant::now();
        // Those that come together wait together.
        let (one, other) = tokio::join!(connection.listing(), connection.listing());
        assert!(one.is_err() && other.is_err());
        assert_eq!(start.elapsed().as_secs(), 10);
        let start = Instant::now();
        for pause in [0, 6, 60] {
            tokio::time::advance(Duration::from_secs(pause)).await;
            assert!(connection.listing().await.is_err());
        }
        assert_eq!(start.elapsed().as_secs(), 66);
    }

    #[tokio::test(start_paused = true)]
    async fn calls_fail_together_where_the_server_does_not_answer() {
        let (_listener, connection) = silent().await;
        let start = Instant::now();
        let (one, two, three) = tokio::join!(
            connection.session(),
            connection.session(),
            connection.session()
        );
        assert!(one.is_err() && two.is_err() && three.is_err());
        assert_eq!(start.elapsed().as_secs(), 10);
    }
}
