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
    /// Returns whether the client declared the server and has not seen its tools in the conversation. A
    /// listing that failed is shown each time: neither it nor one before it tells what there is.
    pub(crate) fn is_new(&self, items: &[Arc<Item>]) -> bool {
        let Some(declared) = &self.declared else {
            return false;
        };
        let is_listing = |item: &Item| match item {
            Item::Unknown(raw) => {
                raw.type_name() == "mcp_list_tools"
                    && raw.string_member("server_label").as_ref() == Some(&self.label)
                    && raw.string_member("error").is_none()
            }
            _ => false,
        };
        declared.error.is_some() || !items.iter().any(|item| is_listing(item))
    }

    /// Returns whether the client declared the server and it cannot be reached.
    pub(crate) fn has_failed(&self) -> bool {
        let declared = self.declared.as_ref();
        declared.is_some_and(|declared| declared.error.is_some())
    }
}

/// A server as the client declared it.
#[derive(Clone, Debug)]
pub(crate) struct DeclaredServer {
    pub(crate) json: RawJson,
    /// Why there are no tools.
    pub(crate) error: Option<String>,
}
