//! `{"type":"mcp"}` as a client declares it in `tools`.

use http::{HeaderMap, HeaderName, HeaderValue};
use openresponses_tower::Error;
use openresponses_tower::service::HOP_BY_HOP;
use openresponses_types::json::RawJson;
use openresponses_types::tool::Tool as Declared;
use serde::Deserialize;
use std::collections::BTreeMap;

use crate::tool::Tool;

/// The declaration of a server.
#[derive(Deserialize)]
pub(super) struct Declaration {
    pub(super) server_label: String,
    #[serde(default)]
    pub(super) server_url: Option<String>,
    #[serde(default)]
    pub(super) connector_id: Option<String>,
    #[serde(default)]
    headers: Option<BTreeMap<String, String>>,
    #[serde(default)]
    authorization: Option<String>,
    #[serde(default)]
    allowed_tools: Option<AllowedNames>,
    #[serde(default)]
    require_approval: Option<RequireApproval>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum AllowedNames {
    Names(Vec<String>),
    Filter(ToolFilter),
}

/// Tools that all of its members select. A member that is not known could not be applied.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ToolFilter {
    #[serde(default)]
    tool_names: Option<Vec<String>>,
    #[serde(default)]
    read_only: Option<bool>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RequireApproval {
    Word(String),
    Filters(ApprovalFilters),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApprovalFilters {
    #[serde(default)]
    always: Option<ToolFilter>,
    #[serde(default)]
    never: Option<ToolFilter>,
}

impl ToolFilter {
    fn is_empty(&self) -> bool {
        self.tool_names.is_none() && self.read_only.is_none()
    }

    fn selects(&self, tool: &Tool) -> bool {
        let names = self.tool_names.as_ref();
        names.is_none_or(|names| names.contains(&tool.name))
            && self
                .read_only
                .is_none_or(|wanted| wanted == tool.is_read_only)
    }
}

/// Returns true for the declaration of an MCP server.
pub(crate) fn is_declaration(tool: &Declared) -> Option<&RawJson> {
    match tool {
        Declared::Unknown(raw) if raw.type_name() == "mcp" => Some(raw.json()),
        _ => None,
    }
}

impl Declaration {
    /// Reads the declaration at `path` in the request.
    pub(super) fn read(json: &RawJson, path: &str) -> Result<Self, Error> {
        json.read_as().map_err(|_| {
            Error::invalid_request(
                path,
                "An MCP server needs a 'server_label', and its other members must have the types that they are documented with.",
            )
        })
    }

    /// Returns whether the client wants the tool.
    pub(super) fn allows(&self, tool: &Tool) -> bool {
        match &self.allowed_tools {
            None => true,
            Some(AllowedNames::Names(names)) => names.contains(&tool.name),
            Some(AllowedNames::Filter(filter)) => filter.selects(tool),
        }
    }

    /// Returns whether the client wants to approve calls of the tool. `None` where it does not say. A filter
    /// that names nothing selects nothing.
    pub(super) fn requires_approval(&self, tool: &Tool) -> Option<bool> {
        let selects = |filter: &Option<ToolFilter>| {
            let filter = filter.as_ref().filter(|filter| !filter.is_empty());
            filter.is_some_and(|filter| filter.selects(tool))
        };
        match self.require_approval.as_ref()? {
            RequireApproval::Word(word) => Some(word != "never"),
            RequireApproval::Filters(filters) if selects(&filters.always) => Some(true),
            RequireApproval::Filters(filters) => Some(!selects(&filters.never)),
        }
    }

    /// The client's headers, for the server that it names and for no other.
    pub(super) fn headers(&self, path: &str) -> Result<HeaderMap, Error> {
        let mut all = HeaderMap::new();
        let refused = || {
            Error::invalid_request(
                format!("{path}.headers"),
                "A header of the MCP server cannot be sent.",
            )
        };
        for (name, value) in self.headers.iter().flatten() {
            let name: HeaderName = name.parse().map_err(|_| refused())?;
            if is_transports(&name) {
                return Err(refused());
            }
            let mut value: HeaderValue = value.parse().map_err(|_| refused())?;
            value.set_sensitive(true);
            all.insert(name, value);
        }
        if let Some(token) = &self.authorization {
            let mut value: HeaderValue =
                format!("Bearer {token}").parse().map_err(|_| refused())?;
            value.set_sensitive(true);
            all.insert(http::header::AUTHORIZATION, value);
        }
        Ok(all)
    }
}

/// Returns true for headers that say where a request goes, how it is framed, or what the protocol itself says
/// in it. RFC 9110, section 7.6.1.
fn is_transports(name: &HeaderName) -> bool {
    const NAMES: [&str; 6] = [
        "accept",
        "expect",
        "forwarded",
        "host",
        "http2-settings",
        "last-event-id",
    ];
    let name = name.as_str();
    HOP_BY_HOP.contains(&name)
        || NAMES.contains(&name)
        || ["content-", "mcp-", "x-forwarded-"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
}
