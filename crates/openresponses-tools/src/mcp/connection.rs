use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use openresponses_tower::RequestContext;
use rmcp::ClientHandler;
use rmcp::model::{CallToolRequestParams, JsonObject, RequestMetaObject};
use rmcp::service::{NotificationContext, Peer, RoleClient, RunningService};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::result::output;
use super::server::McpServer;
use super::target::unreachable;
use crate::context::CallContext;
use crate::error::ToolError;
use crate::tool::{Tool, ToolOutput};

/// How long a server that could not be reached is not asked again: turns would wait for it.
const PAUSE: Duration = Duration::from_secs(5);

/// The tools of a server, as it listed them.
pub(crate) type Listing = Arc<[Arc<Tool>]>;

/// A server that is connected when it is needed.
pub(crate) struct Connection {
    pub(super) server: McpServer,
    /// Held while connecting and listing, so that many turns at once do it once.
    slot: Mutex<Slot>,
}

#[derive(Default)]
struct Slot {
    session: Option<Session>,
    /// When connecting or listing failed last.
    failed: Option<Instant>,
}

/// A live connection, and what was listed on it.
struct Session {
    service: RunningService<RoleClient, Changes>,
    listed: Option<Listed>,
    changes: Changes,
}

struct Listed {
    listing: Listing,
    at: Instant,
    /// The number of changes that were announced before the server was asked.
    changes: u64,
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

impl Connection {
    pub(super) fn new(server: McpServer) -> Self {
        Self {
            server,
            slot: Mutex::default(),
        }
    }

    pub(crate) fn label(&self) -> &str {
        &self.server.label
    }

    /// The server's tools: from the cache unless it announced a change, it was connected anew, or the
    /// listing is too old.
    pub(crate) async fn listing(self: &Arc<Self>) -> Result<Listing, ToolError> {
        let mut slot = self.slot.lock().await;
        let listed = self.listed(&mut slot).await;
        if listed.is_err() {
            slot.session = None;
            slot.failed.get_or_insert_with(Instant::now);
        }
        listed
    }

    async fn listed(self: &Arc<Self>, slot: &mut Slot) -> Result<Listing, ToolError> {
        let session = self.connected(slot).await?;
        let changes = session.changes.get();
        if let Some(listed) = &session.listed
            && listed.changes == changes
            && listed.at.elapsed() < self.server.options.listing_age
        {
            return Ok(Arc::clone(&listed.listing));
        }
        let time = self.server.options.connect_timeout;
        let listed = tokio::time::timeout(time, session.service.list_all_tools()).await;
        let listed = listed.map_err(not_listed)?.map_err(not_listed)?;
        let only = self.server.options.only.as_ref();
        let is_offered = |name: &str| only.is_none_or(|names| names.iter().any(|it| it == name));
        let tools = listed.into_iter().filter(|tool| is_offered(&tool.name));
        let listing: Listing = tools.map(|tool| Arc::new(self.tool(tool))).collect();
        session.listed = Some(Listed {
            listing: Arc::clone(&listing),
            at: Instant::now(),
            changes,
        });
        Ok(listing)
    }

    /// The live session; a new one where there is none, or where it was lost.
    async fn connected<'s>(&self, slot: &'s mut Slot) -> Result<&'s mut Session, ToolError> {
        let session = slot.session.as_ref();
        if session.is_some_and(|session| session.service.is_transport_closed()) {
            let server = &self.server.label;
            tracing::info!(server, "the connection to an MCP server was lost");
            slot.session = None;
        }
        if slot.session.is_none() {
            if slot.failed.is_some_and(|at| at.elapsed() < PAUSE) {
                return Err(unreachable("it could not be reached a moment ago"));
            }
            slot.failed = None;
            let changes = Changes::default();
            let time = self.server.options.connect_timeout;
            let service = self.server.target.connect(changes.clone(), time).await?;
            slot.session = Some(Session {
                service,
                listed: None,
                changes,
            });
        }
        let session = slot.session.as_mut();
        session.ok_or_else(|| ToolError::internal("a session that is not there"))
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
        tool
    }

    async fn call(
        &self,
        name: String,
        arguments: Value,
        call: &CallContext,
    ) -> Result<ToolOutput, ToolError> {
        let peer: Peer<RoleClient> = {
            let mut slot = self.slot.lock().await;
            self.connected(&mut slot).await?.service.peer().clone()
        };
        let mut params = CallToolRequestParams::new(name);
        if let Value::Object(arguments) = arguments {
            params = params.with_arguments(arguments);
        }
        params.meta = trace(call);
        output(peer.call_tool(params).await)
    }
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

fn not_listed(error: impl Into<openresponses_tower::BoxError>) -> ToolError {
    ToolError::new("The tool's server did not list its tools.").with_source(error)
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connection").field(&self.server).finish()
    }
}
