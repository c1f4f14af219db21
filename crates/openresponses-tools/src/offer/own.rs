use std::sync::Arc;

use openresponses_types::Item;
use openresponses_types::json::RawJson;

use crate::tool::Tool;

/// Which items only the loop understands: of MCP servers, and of the slugs of its tools.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnItems<'a> {
    pub(crate) tools: &'a [Arc<Tool>],
    /// Whether MCP servers are the loop's matter. Else their items are the provider's.
    pub(crate) has_servers: bool,
}

impl OwnItems<'_> {
    pub(super) fn has(&self, item: &Item) -> bool {
        match item {
            Item::Unknown(raw) => self.has_servers && raw.type_name().starts_with("mcp_"),
            Item::Extension(raw) => {
                let slug = raw.type_name().split_once(':').map(|(slug, _)| slug);
                let mut types = self
                    .tools
                    .iter()
                    .filter_map(|tool| tool.exposure.item_type());
                types.any(|item_type| Some(item_type.slug()) == slug)
            }
            _ => false,
        }
    }

    /// The JSON of an item of the loop's.
    pub(super) fn json<'i>(&self, item: &'i Item) -> Option<&'i RawJson> {
        let json = match item {
            Item::Extension(raw) => raw.json(),
            Item::Unknown(raw) => raw.json(),
            _ => return None,
        };
        self.has(item).then_some(json)
    }

    /// Returns true for the type of the items of a tool's calls.
    pub(super) fn is_of_tool(&self, type_name: &str) -> bool {
        let mut types = self
            .tools
            .iter()
            .filter_map(|tool| tool.exposure.item_type());
        types.any(|item_type| item_type.as_str() == type_name)
    }
}
