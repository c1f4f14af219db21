//! A server of `/v1/responses` with the embedded model behind it: deterministic answers, no key, no
//! network. What it answers to what is in the documentation of `openresponses_tower::testing`.
//!
//! ```text
//! cargo run -p openresponses-server
//! ```
#![forbid(unsafe_code)]

mod arguments;
mod connection;
mod counted;
mod linger;
mod log;
mod probe;
mod serve;
mod shared;
mod shutdown;
mod store;

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;

use openresponses_tower::testing::{EmbeddedModel, TestKeys};
use openresponses_tower::{AllowedHosts, Config, OpenResponses, Shutdown, WebSocketConfig};
use tokio::net::TcpListener;

use arguments::{Arguments, HELP, Wanted};
use counted::{Active, Counted};
use probe::Endpoint;
use serve::Ended;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(Wanted::Serve(arguments)) => arguments,
        Ok(Wanted::Help) => {
            say(HELP);
            return Ok(ExitCode::SUCCESS);
        }
        Err(fault) => {
            let _ = writeln!(std::io::stderr(), "{fault}\n\n{HELP}");
            return Ok(ExitCode::from(2));
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let ended = match runtime.block_on(run(arguments)) {
        Ok(ended) => ended,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "openresponses-server: {error}");
            return Ok(ExitCode::FAILURE);
        }
    };
    // What is still running after the grace is not waited for.
    runtime.shutdown_background();
    Ok(match ended {
        Ended::Drained => ExitCode::SUCCESS,
        Ended::Cut => ExitCode::FAILURE,
    })
}

async fn run(arguments: Arguments) -> Result<Ended, Box<dyn Error>> {
    if let Some(path) = &arguments.log {
        log::to_file(path).map_err(|error| format!("cannot log to {path}: {error}"))?;
    }
    let listener = TcpListener::bind(&arguments.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", arguments.listen))?;
    let address = listener.local_addr()?;
    // A page in a browser of this machine must not reach it under the page's own name.
    let hosts = match address.ip().is_loopback() {
        true => AllowedHosts::local(),
        false => AllowedHosts::any(),
    };
    let shutdown = Shutdown::new();
    let sockets = WebSocketConfig::new().connection_limit(arguments.ws_limit);
    let config = Config::new()
        .shutdown(&shutdown)
        .websocket(sockets)
        .allowed_hosts(hosts)
        .profile(arguments.profile)
        .authorize(TestKeys::new())
        .heartbeat(arguments.heartbeat)
        .background(|task| drop(tokio::spawn(task)));
    let config = arguments.store.add_to(config)?;
    let active = Active::default();
    let model = Counted::new(EmbeddedModel::new(), active.clone());
    let service = OpenResponses::new(model, config);
    // Signals that come from now on are orderly shutdowns.
    let signals = shutdown::Signals::new()?;
    say(&format!(
        "Listening on http://{address}\n\n\
         Try it:\n  \
         curl http://{address}/v1/responses -H 'Authorization: Bearer test' \
         -H 'Content-Type: application/json' -d '{{\"model\":\"any\",\"input\":\"Hello\"}}'"
    ));
    let service = Endpoint::new(service, active);
    Ok(serve::serve(listener, service, signals, arguments.grace, shutdown).await)
}

/// Prints, whether or not anybody reads it.
fn say(text: &str) {
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{text}");
    let _ = out.flush();
}
