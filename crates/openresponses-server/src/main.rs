//! A server for `/v1/responses`. Without arguments it serves the embedded model of
//! `openresponses_testing`: deterministic, without keys or network. With a file it is a gateway:
//! keys, tenants, models, providers.
//!
//! ```text
//! cargo run -p openresponses-server
//! cargo run -p openresponses-server -- --config crates/openresponses-server/gateway.toml
//! ```
#![forbid(unsafe_code)]

mod active_calls;
mod arguments;
mod connection;
mod endpoint;
mod file;
mod gateway;
mod lingering_close;
mod log;
mod plan;
mod serve;
mod settings;
mod shutdown;
mod store;
mod watched_socket;

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;

use openresponses_tower::{AllowedHosts, OpenResponses, Shutdown};
use tokio::net::TcpListener;

use arguments::{Arguments, HELP, Wanted};
use endpoint::{Endpoint, Metrics};
use gateway::Upstreams;
use plan::Plan;
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
    // Some stores need a runtime.
    let within = runtime.enter();
    let plan = match Plan::new(&arguments) {
        Ok(plan) => plan,
        Err(fault) => {
            let _ = writeln!(std::io::stderr(), "openresponses-server: {fault}");
            return Ok(ExitCode::from(2));
        }
    };
    drop(within);
    if arguments.check_upstreams {
        return Ok(runtime.block_on(check_upstreams(&plan.upstreams)));
    }
    if arguments.check {
        say("The file is good.");
        return Ok(ExitCode::SUCCESS);
    }
    let ended = match runtime.block_on(run(plan)) {
        Ok(ended) => ended,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "openresponses-server: {error}");
            return Ok(ExitCode::FAILURE);
        }
    };
    // Tasks that outlast the grace period are not awaited.
    runtime.shutdown_background();
    Ok(match ended {
        Ended::Drained => ExitCode::SUCCESS,
        Ended::Cut => ExitCode::FAILURE,
    })
}

/// Asks each model server for its models, and fails if one does not answer.
async fn check_upstreams(upstreams: &Upstreams) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    if upstreams.is_empty() {
        say("There are no model servers.");
    }
    for (name, models) in upstreams.ask().await {
        match models {
            Ok(models) if models.is_empty() => say(&format!("{name}: answers, lists no model")),
            Ok(models) => say(&format!("{name}: {}", models.join(", "))),
            Err(error) => {
                code = ExitCode::FAILURE;
                say(&format!("{name}: FAILED: {error}"));
            }
        }
    }
    code
}

async fn run(plan: Plan) -> Result<Ended, Box<dyn Error>> {
    let settings = plan.settings;
    if let Some(path) = &settings.log {
        log::to_file(path).map_err(|error| format!("cannot log to {}: {error}", path.display()))?;
    }
    let metrics = settings.metrics.then(Metrics::record).transpose()?;
    let listener = TcpListener::bind(&settings.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", settings.listen))?;
    let address = listener.local_addr()?;
    let hosts = match &settings.hosts {
        Some(hosts) => hosts.clone(),
        // A web page must not reach the server under the page's own name.
        None if address.ip().is_loopback() => AllowedHosts::local(),
        None => AllowedHosts::any(),
    };
    let shutdown = Shutdown::new();
    let config = plan.config.shutdown(&shutdown).allowed_hosts(hosts.clone());
    let responses = OpenResponses::new(plan.provider, config);
    // From here on signals cause an orderly shutdown.
    let signals = shutdown::Signals::new()?;
    let (prefix, key, model) = (&settings.prefix, plan.key, plan.model);
    say(&format!(
        "Listening on http://{address}\n\n\
         Try it:\n  \
         curl http://{address}{prefix}/responses -H 'Authorization: Bearer {key}' \
         -H 'Content-Type: application/json' -d '{{\"model\":\"{model}\",\"input\":\"Hello\"}}'"
    ));
    let service = Endpoint::new(responses, plan.models, prefix, hosts, plan.active, metrics);
    Ok(serve::serve(
        listener,
        service,
        signals,
        settings.drain,
        settings.grace,
        shutdown,
    )
    .await)
}

/// Prints to standard output and ignores errors.
fn say(text: &str) {
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{text}");
    let _ = out.flush();
}
