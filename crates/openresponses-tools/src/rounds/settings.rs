use std::sync::Arc;

use http::request::Parts;
use openresponses_tower::Scope;
use openresponses_types::Turn;

use super::call::Outcome;
use crate::approval::Approver;
use crate::error::ToolError;
use crate::limits::Limits;

/// What a response's request says of its calls.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(super) limits: Limits,
    pub(super) max_calls: Option<u64>,
    pub(super) is_parallel: bool,
    pub(super) is_stored: bool,
    pub(super) head: Arc<Parts>,
    pub(super) approver: Arc<Approver>,
    pub(super) scope: Scope,
}

impl Settings {
    pub(crate) fn new(
        limits: Limits,
        head: Arc<Parts>,
        approver: Arc<Approver>,
        turn: &Turn,
    ) -> Self {
        Self {
            scope: scope(&head),
            head,
            approver,
            limits,
            max_calls: turn.max_tool_calls,
            is_parallel: turn.parallel_tool_calls,
            is_stored: turn.store,
        }
    }
}

/// The caller.
pub(crate) fn scope(head: &Parts) -> Scope {
    let scope = head.extensions.get::<Scope>();
    scope.cloned().unwrap_or_else(Scope::anonymous)
}

impl Settings {
    /// The outcome, unless it is too large.
    pub(super) fn bounded(&self, outcome: Outcome) -> Outcome {
        let most = self.limits.result_bytes;
        let bytes = outcome.bytes();
        if bytes <= most {
            return outcome;
        }
        Outcome::Failed(ToolError::new(format!(
            "The result has {bytes} bytes; at most {most} are passed on."
        )))
    }
}
