//! Where a server is, and how it is reached.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::process::Stdio;
use std::time::Duration;

use http::HeaderMap;
use rmcp::ServiceExt;
use rmcp::service::{RoleClient, RunningService};
use rmcp::transport::TokioChildProcess;
use rmcp::transport::streamable_http_client::{
    StreamableHttpClientTransport, StreamableHttpClientTransportConfig,
};

use super::connection::Changes;
use super::http_client::HttpClient;
use crate::causes::without_secrets;
use crate::error::ToolError;

/// The most bytes of one message of a server's.
const MESSAGE_BYTES: usize = 8 << 20;

/// What a child process gets of this process's environment. The rest may hold secrets.
const INHERITED: [&str; 14] = [
    "APPDATA",
    "HOME",
    "HOMEDRIVE",
    "HOMEPATH",
    "LANG",
    "LOCALAPPDATA",
    "PATH",
    "PROGRAMFILES",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "TMPDIR",
    "USER",
    "USERPROFILE",
];

#[derive(Clone)]
pub(super) enum Target {
    Http {
        url: String,
        headers: HeaderMap,
    },
    Command {
        program: OsString,
        arguments: Vec<OsString>,
        environment: Vec<(OsString, OsString)>,
    },
}

impl Target {
    /// Connects and agrees on the protocol.
    pub(super) async fn connect(
        &self,
        client: &HttpClient,
        changes: Changes,
        time: Duration,
    ) -> Result<RunningService<RoleClient, Changes>, ToolError> {
        let connecting = async {
            match self {
                Self::Http { url, headers } => {
                    let transport = http_transport(client.get().await?, url, headers);
                    changes.serve(transport).await.map_err(unreachable)
                }
                Self::Command {
                    program,
                    arguments,
                    environment,
                } => {
                    let mut command = tokio::process::Command::new(program);
                    command.args(arguments).env_clear();
                    let inherited = INHERITED.iter().filter_map(|name| {
                        std::env::var_os(name).map(|value| (OsString::from(name), value))
                    });
                    command.envs(inherited).envs(environment.iter().cloned());
                    command.kill_on_drop(true);
                    let spawned = TokioChildProcess::builder(command)
                        .stderr(Stdio::null())
                        .spawn();
                    let (transport, _) = spawned.map_err(unreachable)?;
                    changes.serve(transport).await.map_err(unreachable)
                }
            }
        };
        match tokio::time::timeout(time, connecting).await {
            Ok(connected) => connected,
            Err(elapsed) => Err(unreachable(elapsed)),
        }
    }
}

fn http_transport(
    client: reqwest::Client,
    url: &str,
    headers: &HeaderMap,
) -> StreamableHttpClientTransport<reqwest::Client> {
    let headers: HashMap<_, _> = headers
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let config = StreamableHttpClientTransportConfig::with_uri(url)
        .custom_headers(headers)
        .max_sse_event_size(MESSAGE_BYTES)
        .max_json_response_size(MESSAGE_BYTES);
    StreamableHttpClientTransport::with_client(client, config)
}

/// The cause may tell of the host's network: it is for the log.
pub(super) fn unreachable(error: impl Into<openresponses_tower::BoxError>) -> ToolError {
    ToolError::new("The tool's server cannot be reached.").with_source(error)
}

/// Headers, arguments and parts of the URL may be secrets.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http { url, .. } => write!(f, "Http({:?}, ..)", without_secrets(url)),
            Self::Command { program, .. } => write!(f, "Command({program:?}, ..)"),
        }
    }
}
