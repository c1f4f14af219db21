//! What servers with one store share.

use std::sync::Arc;

use openresponses_tools::ToolLoop;
use openresponses_tower::provider::DynProvider;

/// Adds to a loop of tools the requests for approval that servers with one store share.
pub(crate) type ShareApprovals =
    Arc<dyn Fn(ToolLoop<DynProvider>) -> ToolLoop<DynProvider> + Send + Sync>;
