use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::connection::Connection;
use super::http_client::HttpClient;
use super::target::Target;
use crate::approval::Approval;
use crate::tool::Permit;

/// An MCP server of the host's: over streamable HTTP, or a child process that speaks over its standard
/// input and output.
///
/// Its tools are offered in every turn and the client sees nothing of them; a client that declares
/// `{"type":"mcp","server_label":LABEL}` sees them as `mcp_list_tools` and `mcp_call` items. The
/// connection is made when the first turn needs it, and made again after it was lost.
///
/// ```
/// use std::time::Duration;
/// use openresponses_tools::{McpServer, Tools};
///
/// let tools = Tools::new()
///     .mcp(McpServer::command("files", "mcp-server-filesystem").args(["/srv/public"]))
///     .mcp(
///         McpServer::http("wiki", "https://wiki.example.com/mcp")
///             .timeout(Duration::from_secs(20))
///             .only(["search", "read_page"]),
///     );
/// # let _ = tools;
/// ```
#[derive(Clone)]
pub struct McpServer {
    pub(super) label: String,
    pub(super) target: Target,
    pub(super) options: ServerOptions,
}

/// How a server is used.
#[derive(Clone)]
pub(super) struct ServerOptions {
    pub(super) is_hidden_offer: bool,
    pub(super) only: Option<Vec<String>>,
    pub(super) approval: Approval,
    pub(super) permit: Option<Permit>,
    pub(super) connect_timeout: Duration,
    pub(super) timeout: Duration,
    pub(super) listing_age: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            is_hidden_offer: true,
            only: None,
            approval: Approval::never(),
            permit: None,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
            listing_age: Duration::from_secs(300),
        }
    }
}

impl McpServer {
    /// Names a server that speaks streamable HTTP at `url`. Redirects are not followed.
    #[must_use]
    pub fn http(label: impl Into<String>, url: impl Into<String>) -> Self {
        Self::new(
            label.into(),
            Target::Http {
                url: url.into(),
                headers: HeaderMap::new(),
            },
        )
    }

    /// Names a server that is run as a child process, without a shell. Of the environment of this
    /// process it gets what programs need to run, such as `PATH` and `HOME`; the rest may hold secrets.
    /// [`env`](Self::env) adds to it.
    #[must_use]
    pub fn command(label: impl Into<String>, program: impl Into<OsString>) -> Self {
        Self::new(
            label.into(),
            Target::Command {
                program: program.into(),
                arguments: Vec::new(),
                environment: Vec::new(),
            },
        )
    }

    fn new(label: String, target: Target) -> Self {
        Self {
            label,
            target,
            options: ServerOptions::default(),
        }
    }

    /// Adds arguments of the child process. Does nothing for a server over HTTP.
    #[must_use]
    pub fn args<I>(mut self, arguments: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<OsString>,
    {
        if let Target::Command { arguments: all, .. } = &mut self.target {
            all.extend(arguments.into_iter().map(Into::into));
        }
        self
    }

    /// Sets a variable in the environment of the child process. Does nothing for a server over HTTP.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        if let Target::Command { environment, .. } = &mut self.target {
            environment.push((name.into(), value.into()));
        }
        self
    }

    /// Adds a header to each request, such as the host's authorization. Does nothing for a child
    /// process.
    #[must_use]
    pub fn header(mut self, name: HeaderName, mut value: HeaderValue) -> Self {
        if let Target::Http { headers, .. } = &mut self.target {
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        self
    }

    pub(super) fn headers(mut self, all: HeaderMap) -> Self {
        if let Target::Http { headers, .. } = &mut self.target {
            headers.extend(all);
        }
        self
    }

    /// Offers the tools only where the client declares the server. Default: in every turn.
    #[must_use]
    pub fn on_request(mut self) -> Self {
        self.options.is_hidden_offer = false;
        self
    }

    /// Offers only the tools of these names. Default: all that the server lists.
    #[must_use]
    pub fn only<I>(mut self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.options.only = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Sets which calls need the client's approval. A client may ask for approval of more calls, and
    /// not for less. Default: [`Approval::never`].
    #[must_use]
    pub fn approval(mut self, approval: Approval) -> Self {
        self.options.approval = approval;
        self
    }

    /// Sets who is offered the tools: `permit` gets the head of the client's request and the name of the
    /// model. For others the server does not exist. Default: all callers and models.
    #[must_use]
    pub fn permit(mut self, permit: impl Fn(&Parts, &str) -> bool + Send + Sync + 'static) -> Self {
        self.options.permit = Some(Arc::new(permit));
        self
    }

    /// Sets the time to connect, and the time to list the tools. Default: 10 s each.
    #[must_use]
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.options.connect_timeout = time;
        self
    }

    /// Sets the time of one call. Default: 60 s.
    #[must_use]
    pub fn timeout(mut self, time: Duration) -> Self {
        self.options.timeout = time;
        self
    }

    /// Sets how long a listing is used when the server sends no notification. Default: 300 s.
    #[must_use]
    pub fn listing_age(mut self, age: Duration) -> Self {
        self.options.listing_age = age;
        self
    }

    pub(crate) fn connect(self, client: HttpClient) -> Arc<Connection> {
        Arc::new(Connection::new(self, client))
    }
}

impl fmt::Debug for McpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("McpServer")
            .field("label", &self.label)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}
