use std::future::Future;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::context::CallContext;
use crate::error::ToolError;
#[cfg(feature = "mcp")]
use crate::mcp::{AllowedServers, McpServer};
use crate::tool::Tool;

/// The tools of a [`ToolLoop`](crate::ToolLoop).
///
/// ```
/// use openresponses_tools::{CallContext, ToolError, Tools};
///
/// let tools = Tools::new()
///     .function("now", |(): (), _: CallContext| async { Ok::<_, ToolError>("noon") })
///     .function("here", |(): (), _: CallContext| async { Ok::<_, ToolError>("Paris") });
/// # let _ = tools;
/// ```
#[derive(Clone, Debug, Default)]
pub struct Tools {
    pub(crate) tools: Vec<Arc<Tool>>,
    #[cfg(feature = "mcp")]
    pub(crate) servers: Vec<McpServer>,
    #[cfg(feature = "mcp")]
    pub(crate) allowed: AllowedServers,
}

impl Tools {
    /// Creates an empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds [`Tool::function`].
    #[must_use]
    pub fn function<A, T, F, Fut>(self, name: impl Into<String>, function: F) -> Self
    where
        A: DeserializeOwned + JsonSchema + Send + 'static,
        T: Serialize,
        F: Fn(A, CallContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, ToolError>> + Send + 'static,
    {
        self.tool(Tool::function(name, function))
    }

    /// Adds a tool. Of two tools with one name the model is offered the first.
    #[must_use]
    pub fn tool(mut self, tool: Tool) -> Self {
        self.tools.push(Arc::new(tool));
        self
    }

    /// Adds the tools of an MCP server. A name that another tool has is prefixed with the server's
    /// label.
    #[cfg(feature = "mcp")]
    #[must_use]
    pub fn mcp(mut self, server: McpServer) -> Self {
        self.servers.push(server);
        self
    }

    /// Lets clients name the MCP server at `url` in `{"type":"mcp","server_url":..}`, with headers and
    /// an authorization of their own. Each call needs the client's approval unless its declaration
    /// sets `require_approval` otherwise. Scheme, host, port, path and query must be the same.
    /// Default: no URL is allowed.
    #[cfg(feature = "mcp")]
    #[must_use]
    pub fn allow_mcp_url(mut self, url: &str) -> Self {
        self.allowed.add(url);
        self
    }
}
