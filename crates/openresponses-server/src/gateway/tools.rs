//! Wraps the provider with the tools of the file.

use http::request::Parts;
use http::{HeaderValue, Uri};

use openresponses_tools::{
    Approval, CallContext, Limits, McpServer, Tool, ToolLoop, ToolOutput, Tools,
};
use openresponses_tower::provider::DynProvider;
use openresponses_tower::{Provider, Scope};
use openresponses_types::wire::ExtensionType;
use serde_json::Value;
use toml::Spanned;

use super::access::is_match;
use crate::file::{
    Fault, Faults, File, NeedsApproval, OfferTo, Source, ToolEntry, ToolKind, Wait, quoted,
};
use crate::kept::Kept;
use crate::share::ShareApprovals;

/// The type of the sample tool's items.
const SAMPLE: &str = "sample:temperature";

/// The sample tool alone.
pub(crate) fn with_sample(provider: impl Provider) -> Result<DynProvider, Fault> {
    let tools = Tools::new().tool(sample()?);
    Ok(DynProvider::new(ToolLoop::new(provider, tools)))
}

/// Returns the provider with tools; the provider itself without.
pub(super) fn around(
    provider: DynProvider,
    tools: Option<(Tools, Limits)>,
    kept: &Kept,
    share: Option<ShareApprovals>,
) -> DynProvider {
    let Some((tools, limits)) = tools else {
        return provider;
    };
    let tools = ToolLoop::new(provider, tools).limits(limits);
    DynProvider::new(match share {
        Some(share) => share(tools),
        None => tools.approval_key(kept.approvals.clone()),
    })
}

/// Returns the tools of the file, `None` where it has none.
pub(super) fn tools(file: &File, source: &Source, faults: &mut Faults) -> Option<(Tools, Limits)> {
    let settings = &file.tool_loop;
    if file.tools.is_empty() && settings.client_servers.is_none() {
        return None;
    }
    let mut tools = Tools::new();
    for (name, entry) in &file.tools {
        if let Some(more) = faults.take(add(tools.clone(), name, entry, source)) {
            tools = more;
        }
    }
    if let Some(urls) = &settings.client_servers {
        for (at, url) in urls.as_ref().0.iter().enumerate() {
            // Those that clients name have their credentials in headers.
            let has_user = |uri: &Uri| uri.authority().is_some_and(|it| it.as_str().contains('@'));
            let checked = match checked_url(url) {
                Ok(uri) if has_user(&uri) => {
                    Err("it must have no user info: clients send 'authorization' or 'headers'")
                }
                checked => checked,
            };
            let field = format!("tool_loop.client_servers[{at}]");
            let checked =
                checked.map_err(|message| source.fault(Some(urls.span()), &field, message));
            if faults.take(checked).is_some() {
                tools = tools.allow_mcp_url(url);
            }
        }
    }
    let mut limits = Limits::new();
    if let Some(rounds) = settings.rounds {
        limits = limits.rounds(rounds.get());
    }
    if let Some(Wait(time)) = settings.time {
        limits = limits.time(time);
    }
    if let Some(calls) = settings.calls_at_once {
        limits = limits.concurrent_calls(calls.get());
    }
    if let Some(size) = settings.result {
        limits = limits.result_bytes(size.in_memory());
    }
    Some((tools, limits))
}

fn add(
    tools: Tools,
    name: &str,
    spanned: &Spanned<ToolEntry>,
    source: &Source,
) -> Result<Tools, Fault> {
    let entry = spanned.as_ref();
    let field = format!("tools.{}", quoted(name));
    let fault = |message: &str| source.fault(Some(spanned.span()), &field, message);
    let approval = match entry.approval {
        NeedsApproval::Never => Approval::never(),
        NeedsApproval::Always => Approval::always(),
    };
    let permit = permit(entry);
    let server = match (entry.kind, &entry.url, &entry.command) {
        (ToolKind::Sample, None, None) => {
            let mut tool = sample()?.approval(approval).permit(permit);
            if let Some(Wait(time)) = entry.timeout {
                tool = tool.timeout(time);
            }
            return Ok(tools.tool(tool));
        }
        (ToolKind::Sample, ..) => return Err(fault("a sample has neither 'url' nor 'command'")),
        (ToolKind::Mcp, Some(url), None) => http(name, url, entry, source, &field)?,
        (ToolKind::Mcp, None, Some(command)) => match command.as_ref().split_first() {
            Some((program, arguments)) => {
                let server = McpServer::command(name, program).args(arguments);
                let variables = entry.env.iter();
                variables.fold(server, |server, (name, value)| server.env(name, value))
            }
            None => return Err(fault("'command' must name a program")),
        },
        (ToolKind::Mcp, ..) => return Err(fault("an MCP server has one of 'url' and 'command'")),
    };
    let mut server = server.approval(approval).permit(permit);
    if entry.offer == OfferTo::OnRequest {
        server = server.on_request();
    }
    if let Some(names) = &entry.only {
        server = server.only(names.0.iter().cloned());
    }
    if let Some(Wait(time)) = entry.timeout {
        server = server.timeout(time);
    }
    Ok(tools.mcp(server))
}

fn http(
    name: &str,
    url: &Spanned<String>,
    entry: &ToolEntry,
    source: &Source,
    field: &str,
) -> Result<McpServer, Fault> {
    checked_url(url.as_ref())
        .map_err(|message| source.fault(Some(url.span()), &format!("{field}.url"), message))?;
    let server = McpServer::http(name, url.as_ref());
    let Some(variable) = &entry.token_env else {
        return Ok(server);
    };
    let value = std::env::var(variable.as_ref())
        .ok()
        .and_then(|token| HeaderValue::try_from(format!("Bearer {token}")).ok());
    match value {
        Some(value) => Ok(server.header(http::header::AUTHORIZATION, value)),
        None => {
            let field = format!("{field}.token_env");
            let message = "the variable is not set, or cannot be sent in a header";
            Err(source.fault(Some(variable.span()), &field, message))
        }
    }
}

/// Checks the URL of an MCP server.
///
/// # Errors
/// What is to be changed. The URL may have a key in it, so it is not repeated.
fn checked_url(url: &str) -> Result<Uri, &'static str> {
    if !(url.starts_with("http://") || url.starts_with("https://")) {
        return Err("it must begin with http:// or https://");
    }
    let has_host = |uri: &Uri| uri.host().is_some_and(|host| !host.is_empty());
    let parsed = url.parse().ok().filter(has_host);
    let parsed = parsed.filter(|_| !url.contains('#'));
    parsed.ok_or("it must be of the form https://HOST/PATH")
}

/// Tenants and models that may use a tool.
fn permit(entry: &ToolEntry) -> impl Fn(&Parts, &str) -> bool + Send + Sync + 'static {
    let tenants = entry.tenants.as_ref().map(|names| names.0.clone());
    let models = entry.models.as_ref().map(|names| names.0.clone());
    move |head, model| {
        let scope = head.extensions.get::<Scope>();
        let is_tenant = tenants.as_ref().is_none_or(|tenants| {
            scope.is_some_and(|scope| tenants.iter().any(|tenant| tenant == scope.as_str()))
        });
        let mut patterns = models.iter().flatten();
        is_tenant && (models.is_none() || patterns.any(|pattern| is_match(pattern, model)))
    }
}

/// The built-in tool. Its result depends on its argument alone.
fn sample() -> Result<Tool, Fault> {
    let item_type = ExtensionType::new(SAMPLE).map_err(|error| Fault::new(error.to_string()))?;
    let schema = serde_json::json!({
        "type": "object",
        "properties": {"city": {"type": "string", "description": "The city's name."}},
        "required": ["city"],
        "additionalProperties": false,
    });
    let tool = Tool::raw(
        "temperature",
        schema,
        |arguments: Value, _: CallContext| async move {
            let city = arguments
                .get("city")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let degrees = city.bytes().map(usize::from).sum::<usize>() % 40;
            Ok(ToolOutput::new(format!("{degrees} degrees in {city}")))
        },
    );
    Ok(tool
        .description("Returns the temperature in a city. Made up, the same each time.")
        .shown_as(item_type))
}
