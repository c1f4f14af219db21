use std::sync::Arc;

use openresponses_types::Item;
use openresponses_types::json::RawJson;

use crate::tool::Tool;

/// A server whose tools a turn offers.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) label: String,
    pub(crate) tools: Vec<Arc<Tool>>,
    /// Set where the client declared the server, and so sees its calls.
    pub(crate) declared: Option<DeclaredServer>,
}

impl Source {
    /// Returns whether the client declared the server and has not seen its listing in the
    /// conversation.
    pub(crate) fn is_new(&self, items: &[Arc<Item>]) -> bool {
        let is_listing = |item: &Item| match item {
            Item::Unknown(raw) => {
                raw.type_name() == "mcp_list_tools"
                    && raw.string_member("server_label").as_ref() == Some(&self.label)
            }
            _ => false,
        };
        self.declared.is_some() && !items.iter().any(|item| is_listing(item))
    }
}

/// A server as the client declared it.
#[derive(Clone, Debug)]
pub(crate) struct DeclaredServer {
    pub(crate) json: RawJson,
    /// Why there are no tools.
    pub(crate) error: Option<String>,
}
