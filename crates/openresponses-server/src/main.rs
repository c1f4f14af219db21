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
mod by_key;
mod check;
mod concurrency_limits;
mod connection;
mod cors;
mod endpoint;
mod file;
mod gateway;
mod kept;
mod log;
mod measured_store;
mod open_connections;
mod plan;
mod probe;
mod rate_limits;
mod refused_connection;
mod refused_head;
mod reload;
mod seen;
mod serve;
mod settings;
mod share;
mod shared_answer;
mod shutdown;
mod store;
mod telemetry;
mod tls;
mod unsent;
mod upstream_models;
mod usage_file;
mod watched_socket;

use std::error::Error;
use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use openresponses_tower::Shutdown;
use tokio::net::TcpListener;

use arguments::{Arguments, HELP, Wanted};
use endpoint::{Endpoint, Held, Hosts, Metrics, Playground, Served};
use kept::Kept;
use open_connections::OpenConnections;
use plan::Plan;
use reload::Reload;
use seen::Seen;
use serve::{Ended, Listener};
use shutdown::{Hangup, Signals};
use telemetry::Telemetry;
use tls::Tls;

// In a build without optimization it takes twice the memory for a stream.
#[cfg(all(feature = "jemalloc", not(debug_assertions), not(target_env = "msvc")))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(Wanted::Serve(arguments)) => arguments,
        Ok(Wanted::Help) => {
            say(HELP);
            return Ok(ExitCode::SUCCESS);
        }
        Ok(Wanted::Version) => {
            say(concat!("openresponses-server ", env!("CARGO_PKG_VERSION")));
            return Ok(ExitCode::SUCCESS);
        }
        Err(fault) => {
            complain(fault);
            complain("--help lists all options");
            return Ok(ExitCode::from(2));
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    // Signals and some stores need a runtime.
    let within = runtime.enter();
    // From here on signals do not kill the process.
    let signals = (Signals::new()?, Hangup::new()?);
    let kept = Kept::new()?;
    // Before they are read, so that no later change is missed.
    let files = plan::files(&arguments);
    let plan = match Plan::new(&arguments, &kept) {
        Ok(plan) => plan,
        Err(faults) => return Ok(refuse(faults.iter())),
    };
    drop(within);
    if arguments.check || arguments.check_upstreams {
        return Ok(runtime.block_on(check::run(plan, arguments.check_upstreams, signals)));
    }
    let usage = kept.usage.clone();
    let ended = match runtime.block_on(run(plan, files, arguments, kept, signals)) {
        Ok(ended) => ended,
        Err(error) => {
            complain(&error);
            return Ok(ExitCode::FAILURE);
        }
    };
    // Tasks that outlast the grace period are not awaited.
    runtime.shutdown_background();
    usage.flush(ended.flush());
    Ok(match ended {
        Ended::Drained => ExitCode::SUCCESS,
        Ended::Cut => ExitCode::FAILURE,
    })
}

async fn run(
    plan: Plan,
    files: Vec<Seen>,
    arguments: Arguments,
    kept: Kept,
    (signals, hangup): (Signals, Hangup),
) -> Result<Ended, Box<dyn Error>> {
    let settings = plan.settings;
    let telemetry = Telemetry::start(&settings.telemetry)?;
    log::start(&settings.log, telemetry.layer())?;
    kept.usage.open(settings.usage.as_deref())?;
    let connections = OpenConnections::new(settings.open_connections);
    let metrics = (settings.metrics || telemetry::exports_metrics())
        .then(|| {
            let held = Held::new(settings.bounds.clone(), &connections);
            Metrics::record(held, &telemetry, settings.metrics)
        })
        .transpose()?;
    let listener = bind(&settings.listen).await?;
    let address = listener.local_addr()?;
    let admin = match &settings.admin {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    let of_admin = admin.as_ref().map(TcpListener::local_addr).transpose()?;
    let default_hosts = Hosts::of(address, of_admin.unwrap_or(address));
    let hosts = default_hosts.clone().named(settings.hosts.clone());
    let shutdown = Shutdown::new();
    let config = plan.config.shutdown(&shutdown);
    let config = config.allowed_hosts(hosts.clients.clone());
    let (prefix, key, model) = (settings.prefix.clone(), plan.key, plan.model);
    let served = Served::new(plan.provider, config.clone(), plan.models, &prefix, hosts)
        .stall_limit(settings.stall)
        .stopping(settings.stopping)
        .registry(plan.registry)
        .callers(plan.callers)
        .cors(plan.cors);
    let page = settings.playground.then(|| Playground::new(&prefix));
    let tls = plan.tls.map(Tls::new);
    let mut endpoint = Endpoint::new(served, &prefix, kept.active.clone(), metrics, page)
        .at(address)
        .trace_propagation(telemetry.propagation.clone());
    if telemetry::exports_metrics() {
        drop(tokio::spawn(endpoint.clone().record_gauges()));
    }
    if let Some(admin) = admin {
        let tls = tls.clone().filter(|_| settings.is_tls_for_admin);
        // Its own, so that clients cannot keep operators out.
        let connections = OpenConnections::new(settings.open_connections);
        serve_admin(admin, tls, connections, endpoint.split_admin())?;
    }
    let scheme = if tls.is_some() { "https" } else { "http" };
    greet(&format!("{scheme}://{address}"), &prefix, key, &model);
    let reload = Reload {
        arguments,
        kept,
        endpoint: endpoint.clone(),
        tls: tls.clone(),
        config,
        settings,
        hosts: default_hosts,
        files,
    };
    drop(tokio::spawn(reload.run(hangup)));
    let listener = Listener {
        listener,
        tls,
        connections,
    };
    let ended = serve::serve(listener, endpoint, signals, shutdown).await;
    telemetry.flush(ended.flush()).await;
    Ok(ended)
}

/// Binds an address.
async fn bind(address: &str) -> Result<TcpListener, String> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|error| format!("cannot listen on {address}: {error}"))
}

/// Answers operational routes at an address of their own.
fn serve_admin(
    listener: TcpListener,
    tls: Option<Tls>,
    connections: Arc<OpenConnections>,
    endpoint: Endpoint,
) -> Result<(), Box<dyn Error>> {
    tracing::info!(address = %listener.local_addr()?, "operational routes");
    let listener = Listener {
        listener,
        tls,
        connections,
    };
    drop(tokio::spawn(serve::admin(listener, endpoint)));
    Ok(())
}

/// Prints the address and a command that tries it.
fn greet(url: &str, prefix: &str, key: &str, model: &str) {
    say(&format!(
        "Listening on {url}\n\n\
         Try it:\n  \
         curl {url}{prefix}/responses -H 'Authorization: Bearer {key}' \
         -H 'Content-Type: application/json' -d '{{\"model\":\"{model}\",\"input\":\"Hello\"}}'"
    ));
}

/// Prints why the server does not start.
fn refuse(faults: impl IntoIterator<Item = impl Display>) -> ExitCode {
    faults.into_iter().for_each(complain);
    ExitCode::from(2)
}

fn complain(fault: impl Display) {
    let _ = writeln!(std::io::stderr(), "openresponses-server: {fault}");
}

/// Prints to standard output and ignores errors.
fn say(text: &str) {
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{text}");
    let _ = out.flush();
}
