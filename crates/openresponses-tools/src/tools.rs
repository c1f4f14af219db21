use std::future::Future;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::context::CallContext;
use crate::error::ToolError;
use crate::tool::Tool;

/// The tools of a [`ToolLoop`](crate::ToolLoop).
#[derive(Clone, Debug, Default)]
pub struct Tools {
    pub(crate) tools: Vec<Arc<Tool>>,
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
}
