use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use openresponses_types::json::RawJson;
use tokio::sync::mpsc;

/// What a tool knows of the call that it answers, besides the arguments.
///
/// ```
/// use openresponses_tools::{CallContext, ToolError, Tools};
///
/// let tools = Tools::new().function("who", |(): (), context: CallContext| async move {
///     let plan = context.head().headers.get("x-plan");
///     Ok::<_, ToolError>(plan.is_some())
/// });
/// # let _ = tools;
/// ```
#[derive(Clone)]
pub struct CallContext {
    pub(crate) call_id: String,
    pub(crate) head: Arc<Parts>,
    pub(crate) declaration: Option<RawJson>,
    pub(crate) progress: mpsc::Sender<RawJson>,
}

/// The most progress reports of a call that wait to be sent.
pub(crate) const PROGRESS: usize = 16;

impl CallContext {
    /// Returns the id that ties the call to its result.
    #[must_use]
    pub fn call_id(&self) -> &str {
        &self.call_id
    }

    /// Returns the head of the client's request. Its extensions hold the
    /// [`Scope`](openresponses_tower::Scope) and what else the host's hook knows of the caller.
    #[must_use]
    pub fn head(&self) -> &Parts {
        &self.head
    }

    /// Returns the tool as the client declared it in `tools`, with its settings. `None` for a tool
    /// that the client did not declare.
    #[must_use]
    pub fn declaration(&self) -> Option<&RawJson> {
        self.declaration.as_ref()
    }

    /// Reports progress: the members of `report`, an object, are sent in an event
    /// `slug:name.progress` where the call is shown as an item `slug:name`. Reports are dropped where
    /// the call is not shown, while the item of an earlier call is open, and while 16 others wait.
    pub fn progress(&self, report: RawJson) {
        let _ = self.progress.try_send(report);
    }
}

impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("call_id", &self.call_id)
            .field("declaration", &self.declaration)
            .finish_non_exhaustive()
    }
}
