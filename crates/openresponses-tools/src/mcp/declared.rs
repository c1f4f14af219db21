//! `{"type":"mcp"}` as a client declares it in `tools`.

use http::{HeaderMap, HeaderName, HeaderValue};
use openresponses_tower::Error;
use openresponses_types::json::RawJson;
use openresponses_types::tool::Tool;
use serde::Deserialize;
use std::collections::BTreeMap;

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
    Filter(NameFilter),
}

#[derive(Default, Deserialize)]
struct NameFilter {
    #[serde(default)]
    tool_names: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RequireApproval {
    Word(String),
    Filters {
        #[serde(default)]
        always: Option<NameFilter>,
        #[serde(default)]
        never: Option<NameFilter>,
    },
}

/// Returns true for the declaration of an MCP server.
pub(crate) fn is_declaration(tool: &Tool) -> Option<&RawJson> {
    match tool {
        Tool::Unknown(raw) if raw.type_name() == "mcp" => Some(raw.json()),
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
    pub(super) fn allows(&self, name: &str) -> bool {
        let names = match &self.allowed_tools {
            None => return true,
            Some(AllowedNames::Names(names)) => Some(names),
            Some(AllowedNames::Filter(filter)) => filter.tool_names.as_ref(),
        };
        names.is_none_or(|names| names.iter().any(|it| it == name))
    }

    /// Returns whether the client wants to approve calls of the tool. `None` where it does not say.
    pub(super) fn requires_approval(&self, name: &str) -> Option<bool> {
        let has = |filter: &Option<NameFilter>| {
            let names = filter
                .as_ref()
                .and_then(|filter| filter.tool_names.as_ref());
            names.is_some_and(|names| names.iter().any(|it| it == name))
        };
        match self.require_approval.as_ref()? {
            RequireApproval::Word(word) => Some(word != "never"),
            RequireApproval::Filters { always, .. } if has(always) => Some(true),
            RequireApproval::Filters { never, .. } if has(never) => Some(false),
            RequireApproval::Filters { .. } => Some(true),
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
