//! The servers of one turn, with their tools.

use std::sync::Arc;

use futures_util::future::join_all;
use http::request::Parts;
use openresponses_tower::Error;
use openresponses_types::Turn;
use openresponses_types::json::RawJson;
use openresponses_types::tool::{ToolChoice, ToolChoiceMode};

use super::allowed::AllowedServers;
use super::connection::Connection;
use super::declared::{Declaration, is_declaration};
use super::http_client::HttpClient;
use super::server::McpServer;
use crate::approval::Approval;
use crate::causes::causes;
use crate::error::ToolError;
use crate::offer::{DeclaredServer, Source};
use crate::tool::Tool;

/// A server, and how the turn uses it.
struct Planned {
    connection: Arc<Connection>,
    declared: Option<(Declaration, RawJson)>,
    /// Named by the client, so that approval is the default.
    is_clients: bool,
}

/// The most servers that a client may declare in one turn.
const DECLARED: usize = 16;

/// The servers of a host, and those that clients may name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Servers<'a> {
    pub(crate) of_host: &'a [Arc<Connection>],
    pub(crate) allowed: &'a AllowedServers,
    pub(crate) client: &'a HttpClient,
}

/// The servers that `turn` uses: those that the host offers in every turn, and those that the client
/// declares. A server of the host's that cannot be reached is left out.
///
/// # Errors
/// When the client declares a server that it may not.
pub(crate) async fn sources(
    servers: Servers<'_>,
    head: &Parts,
    turn: &Turn,
) -> Result<Vec<Source>, Error> {
    // Without servers of its own, such declarations are the provider's matter.
    if servers.of_host.is_empty() && servers.allowed.is_empty() {
        return Ok(Vec::new());
    }
    let permitted = servers.of_host.iter().filter(|connection| {
        let permit = connection.server.options.permit.as_ref();
        permit.is_none_or(|permit| permit(head, &turn.model))
    });
    let permitted: Vec<_> = permitted.map(Arc::clone).collect();
    let servers = Servers {
        of_host: &permitted,
        ..servers
    };
    let planned = plan(servers, turn)?;
    let sources = join_all(planned.into_iter().map(source)).await;
    Ok(sources.into_iter().flatten().collect())
}

fn plan(servers: Servers<'_>, turn: &Turn) -> Result<Vec<Planned>, Error> {
    let mut planned: Vec<Planned> = Vec::new();
    for (at, tool) in turn.tools.iter().enumerate() {
        let Some(json) = is_declaration(tool) else {
            continue;
        };
        let path = format!("tools[{at}]");
        if planned.len() >= DECLARED {
            return Err(Error::invalid_request(
                path,
                format!("At most {DECLARED} MCP servers can be declared."),
            ));
        }
        let declaration = Declaration::read(json, &path)?;
        let label = &declaration.server_label;
        if planned.iter().any(|it| it.connection.label() == label) {
            return Err(Error::invalid_request(
                format!("{path}.server_label"),
                "Two MCP servers have the same label.",
            ));
        }
        let (connection, is_clients) = servers.find(&declaration, &path)?;
        planned.push(Planned {
            connection,
            declared: Some((declaration, json.clone())),
            is_clients,
        });
    }
    if forbids_calls(&turn.tool_choice) {
        return Ok(planned);
    }
    for server in servers.of_host {
        let is_declared = planned
            .iter()
            .any(|it| it.connection.label() == server.label());
        if server.server.options.is_hidden_offer && !is_declared {
            planned.push(Planned {
                connection: Arc::clone(server),
                declared: None,
                is_clients: false,
            });
        }
    }
    Ok(planned)
}

impl Servers<'_> {
    /// The server that a client declares, and whether the client names its URL.
    fn find(
        &self,
        declaration: &Declaration,
        path: &str,
    ) -> Result<(Arc<Connection>, bool), Error> {
        let label = &declaration.server_label;
        let mut of_host = self.of_host.iter();
        let of_host = of_host.find(|server| server.label() == label);
        match (&declaration.server_url, of_host) {
            (None, Some(server)) => Ok((Arc::clone(server), false)),
            (Some(url), _) if self.allowed.has(url) => {
                let headers = declaration.headers(path)?;
                let server = McpServer::http(label.as_str(), url.as_str()).headers(headers);
                Ok((server.connect(self.client.clone()), true))
            }
            (Some(_), _) => Err(Error::invalid_request(
                format!("{path}.server_url"),
                "This MCP server is not one that the host allows.",
            )),
            (None, None) => {
                let member = match declaration.connector_id {
                    Some(_) => "connector_id",
                    None => "server_label",
                };
                Err(Error::invalid_request(
                    format!("{path}.{member}"),
                    "There is no MCP server of this name.",
                ))
            }
        }
    }
}

/// Returns true where no tool may be called: those that the client did not declare need not be known.
fn forbids_calls(choice: &ToolChoice) -> bool {
    match choice {
        ToolChoice::Mode(mode) => *mode == ToolChoiceMode::None,
        ToolChoice::AllowedTools(set) => set.mode.value() == Some(&ToolChoiceMode::None),
        _ => false,
    }
}

async fn source(planned: Planned) -> Option<Source> {
    let Planned {
        connection,
        declared,
        is_clients,
    } = planned;
    let listed = connection.listing().await;
    let label = connection.label().to_owned();
    let Some((declaration, json)) = declared else {
        let tools = listed.inspect_err(|error| report(&label, error)).ok()?;
        return Some(Source {
            label,
            tools: tools.to_vec(),
            declared: None,
        });
    };
    let (tools, error) = match listed {
        Ok(tools) => (tools.to_vec(), None),
        Err(error) => {
            report(&label, &error);
            (Vec::new(), Some(error.message().to_owned()))
        }
    };
    let wanted = tools.into_iter().filter(|tool| declaration.allows(tool));
    let tools = wanted.map(|tool| {
        let tool = match is_clients {
            true => Arc::new(Tool::clone(&tool).metric("client_mcp")),
            false => tool,
        };
        match declaration.requires_approval(&tool) {
            Some(true) => approved(&tool),
            None if is_clients => approved(&tool),
            Some(false) | None => tool,
        }
    });
    Some(Source {
        label,
        tools: tools.collect(),
        declared: Some(DeclaredServer { json, error }),
    })
}

fn approved(tool: &Arc<Tool>) -> Arc<Tool> {
    Arc::new(Tool::clone(tool).approval(Approval::always()))
}

fn report(label: &str, error: &ToolError) {
    let source = causes(error).map(tracing::field::display);
    tracing::warn!(server = label, %error, source, "an MCP server is left out");
}
