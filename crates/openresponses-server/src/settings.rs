//! Settings of the server: command line before file before defaults.

use std::path::PathBuf;
use std::time::Duration;

use openresponses_tower::bounds::Bounds;
use openresponses_tower::store::InterruptedAction;
use openresponses_tower::{AllowedHosts, Config, WebSocketConfig};
use openresponses_types::json::JsonLimits;
use openresponses_types::sequence::ForbiddenCallAction;
use toml::Spanned;

use crate::arguments::{ADDRESS, Arguments, is_address};
use crate::endpoint::Stopping;
use crate::file::{
    self, Amount, Fault, Faults, File, Forbidden, Interrupted, Limits, Origins, Source, Time,
    WebSocket,
};
use crate::kept::Kept;
use crate::log::LogSettings;
use crate::open_connections::ConnectionLimits;
use crate::probe::Probe;
use crate::store::{self, Stored};
use crate::telemetry::TelemetrySettings;

/// The longest silence of a provider that has none of its own.
pub(crate) const IDLE: Duration = Duration::from_secs(60);

/// The longest time to the first output of a response. Default of `[limits] first_output`.
pub(crate) const FIRST_OUTPUT: Duration = Duration::from_secs(300);

/// How long a client may take nothing of what is sent to it. Default of `[limits] stall`.
const STALL: Duration = Duration::from_secs(45);

/// How often a background response is run that is restarted. Default of `background_attempts`.
const ATTEMPTS: u32 = 3;

/// How often files are looked at for changes. Default of the setting `watch`.
const WATCH: Duration = Duration::from_secs(2);

/// Settings outside of the endpoint.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) listen: String,
    /// Where operational routes are answered, if not where all others are.
    pub(crate) admin: Option<String>,
    pub(crate) prefix: String,
    /// `None` where the address decides.
    pub(crate) hosts: Option<AllowedHosts>,
    pub(crate) stopping: Stopping,
    /// How long a client may take nothing of what is sent to it.
    pub(crate) stall: Option<Duration>,
    pub(crate) metrics: bool,
    pub(crate) playground: bool,
    /// How often the files are looked at; `None` for never.
    pub(crate) watch: Option<Duration>,
    pub(crate) log: LogSettings,
    pub(crate) telemetry: TelemetrySettings,
    /// Where a line of JSON for each model call goes.
    pub(crate) usage: Option<PathBuf>,
    pub(crate) bounds: Bounds,
    /// Whether the admin listener has the certificate of the other one.
    pub(crate) is_tls_for_admin: bool,
    /// Of each listener.
    pub(crate) open_connections: ConnectionLimits,
    /// Without the kind where the command line decides.
    store: file::Store,
}

impl Settings {
    /// Reports invalid values in the file.
    pub(crate) fn new(
        arguments: &Arguments,
        file: &File,
        source: Option<&Source>,
        faults: &mut Faults,
    ) -> Self {
        let server = &file.server;
        let time = |flag: Option<Duration>, file: Option<crate::file::Time>, default| {
            let file = file.map(|time| time.0);
            flag.or(file).unwrap_or(Duration::from_secs(default))
        };
        let mut settings = Self {
            stall: stall_limit(file),
            bounds: bounds(&file.limits),
            open_connections: ConnectionLimits::new(file.limits.open_connections),
            listen: "127.0.0.1:8080".into(),
            admin: None,
            prefix: "/v1".into(),
            hosts: None,
            stopping: Stopping {
                drain: time(arguments.drain, server.drain, 0),
                grace: time(arguments.grace, server.grace, 25),
            },
            is_tls_for_admin: file.tls.is_for_admin(),
            metrics: server.metrics.unwrap_or(true),
            playground: !arguments.no_playground && server.playground.unwrap_or(true),
            watch: Some(server.watch.map_or(WATCH, |time| time.0)).filter(|time| !time.is_zero()),
            log: LogSettings {
                filter: arguments.log.clone().or_else(|| file.log.filter.clone()),
                format: arguments.log_format.or(file.log.format).unwrap_or_default(),
                file: arguments.log_file.clone(),
                is_flag: arguments.log.is_some(),
            },
            telemetry: TelemetrySettings {
                otlp: arguments.otlp || file.telemetry.otlp.unwrap_or(false),
                trace_context: arguments
                    .trace_context
                    .or(file.telemetry.trace_context)
                    .unwrap_or_default(),
            },
            usage: None,
            store: file.store.clone(),
        };
        if arguments.store.is_some() {
            settings.store.kind = None;
        }
        if let Some(source) = source {
            let listen = address(server.listen.as_ref(), "server.listen", source);
            if let Some(listen) = faults.take(listen).flatten() {
                settings.listen = listen;
            }
            let admin = address(server.admin.as_ref(), "server.admin", source);
            settings.admin = faults.take(admin).flatten();
            if let Some(names) = &server.hosts {
                let hosts = hosts(&names.as_ref().0)
                    .map_err(|message| source.fault(Some(names.span()), "server.hosts", message));
                settings.hosts = faults.take(hosts);
            }
            if let Some(prefix) = &server.prefix {
                let is_path = |text: &str| {
                    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
                    text.starts_with('/') && !text.ends_with('/') && text.bytes().all(plain)
                };
                if !prefix.as_ref().is_empty() && !is_path(prefix.as_ref()) {
                    let message = "it must be a path such as \"/v1\", or empty";
                    faults.push(source.fault(Some(prefix.span()), "server.prefix", message));
                } else {
                    settings.prefix.clone_from(prefix.as_ref());
                }
            }
            report_unused(arguments, file, source, faults);
            let log = file.log.file.as_deref().map(|path| source.beside(path));
            settings.log.file = settings.log.file.or(log);
            settings.usage = file.usage.file.as_deref().map(|path| source.beside(path));
        }
        if let Some(listen) = &arguments.listen {
            settings.listen.clone_from(listen);
        }
        settings.admin = arguments.admin.clone().or(settings.admin);
        settings
    }

    /// Returns the names of settings that differ and are only read at the start.
    pub(crate) fn fixed_differences(&self, other: &Self) -> impl Iterator<Item = &'static str> {
        let all = [
            ("server.listen", self.listen != other.listen),
            ("server.admin", self.admin != other.admin),
            ("server.prefix", self.prefix != other.prefix),
            ("server.metrics", self.metrics != other.metrics),
            ("server.playground", self.playground != other.playground),
            ("server.watch", self.watch != other.watch),
            ("tls.admin", self.is_tls_for_admin != other.is_tls_for_admin),
            ("log", self.log != other.log),
            ("store", self.store != other.store),
            ("telemetry", self.telemetry != other.telemetry),
            (
                "limits.memory, requests, connections or background",
                amounts(&self.bounds) != amounts(&other.bounds),
            ),
            (
                "limits.open_connections",
                self.open_connections != other.open_connections,
            ),
        ];
        all.into_iter()
            .filter_map(|(name, differs)| differs.then_some(name))
    }

    /// Returns the configuration of the endpoint, without authorization.
    ///
    /// # Errors
    /// An unusable store.
    pub(crate) fn endpoint(
        &self,
        arguments: &Arguments,
        file: &File,
        kept: &Kept,
        source: Option<&Source>,
        probes: &mut Vec<Probe>,
    ) -> Result<Stored, Fault> {
        let server = &file.server;
        let mut config = limited(
            Config::new().prefix(&self.prefix).bounds(&self.bounds),
            file,
        )
        .profile(arguments.profile.or(server.profile).unwrap_or_default())
        // Without keys the tenant is the bearer token itself.
        .log_tenant(file.has_callers())
        .websocket(websocket(arguments.ws_limit, &file.websocket));
        let heartbeat = arguments.heartbeat.or(server.heartbeat.map(|time| time.0));
        if let Some(interval) = heartbeat {
            config = config.heartbeat(interval);
        }
        config = config.report_leniencies(server.report_leniencies.unwrap_or(true));
        if let Some(pad) = server.obfuscation {
            config = config.obfuscation_default(pad);
        }
        if server.background.unwrap_or(true) {
            config = config.background(|task| drop(tokio::spawn(task)));
        }
        if let Some(store) = server.store_default {
            config = config.store_default(store);
        }
        if let Some(time) = server.background_lease {
            config = config.background_lease(time.0);
        }
        config = config.interrupted(match server.background_interrupted {
            Interrupted::Fail => InterruptedAction::Fail,
            Interrupted::Restart => InterruptedAction::Restart {
                attempts: server
                    .background_attempts
                    .as_ref()
                    .map_or(ATTEMPTS, |attempts| attempts.as_ref().get()),
            },
        });
        if let Some(time) = &server.resume_streams {
            config = config.resume_streams(time.as_ref().0, |task| drop(tokio::spawn(task)));
        }
        if let Some(abandoned) = server.finish_abandoned {
            let (time, at_once) = (abandoned.within.0, abandoned.at_once.get());
            config = config.drain_on_disconnect(time, at_once, |task| drop(tokio::spawn(task)));
        }
        if let Some(model) = &file.gateway.default_model {
            config = config.default_model(model.as_ref());
        }
        if let Some(Forbidden::Fail) = file.gateway.forbidden_calls {
            config = config.forbidden_calls(ForbiddenCallAction::Fail);
        }
        store::add_to(
            config,
            arguments.store.as_ref(),
            kept.store(&file.store),
            source,
            probes,
        )
    }
}

/// Reports settings that have no effect, alone or beside the others.
fn report_unused(arguments: &Arguments, file: &File, source: &Source, faults: &mut Faults) {
    if let Some(attempts) = &file.server.background_attempts {
        let (at, field) = (Some(attempts.span()), "server.background_attempts");
        if matches!(file.server.background_interrupted, Interrupted::Fail) {
            let message = "it needs background_interrupted = \"restart\": set that, or remove it";
            faults.push(source.fault(at, field, message));
        } else if attempts.as_ref().get() > InterruptedAction::MAX_ATTEMPTS {
            let most = InterruptedAction::MAX_ATTEMPTS;
            faults.push(source.fault(at, field, format_args!("it must be 1 to {most}")));
        }
    }
    if let Some(time) = &file.server.resume_streams
        && !store::is_chosen(arguments.store.as_ref(), &file.store)
    {
        let message = "it needs a store: choose another kind, or remove it";
        faults.push(source.fault(Some(time.span()), "server.resume_streams", message));
    }
    for (at, field) in file.tls.unused() {
        let message = "it needs `certificate` and `key`: set them, or remove it";
        faults.push(source.fault(Some(at), field, message));
    }
}

/// An address to listen on.
fn address(
    value: Option<&Spanned<String>>,
    field: &str,
    source: &Source,
) -> Result<Option<String>, Fault> {
    let Some(value) = value else {
        return Ok(None);
    };
    if is_address(value.as_ref()) {
        return Ok(Some(value.as_ref().clone()));
    }
    let message = format!("it must be {ADDRESS}");
    Err(source.fault(Some(value.span()), field, message))
}

/// `any` allows every host.
fn hosts(names: &[String]) -> Result<AllowedHosts, &'static str> {
    if let [any] = names
        && any == "any"
    {
        return Ok(AllowedHosts::any());
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let is_name = |name: &String| !name.is_empty() && name.bytes().all(is_plain);
    if !names.iter().all(is_name) {
        return Err("they must be names without scheme, port and path, or \"any\" alone");
    }
    let local = AllowedHosts::local();
    Ok(names.iter().fold(local, |all, name| all.allow(name)))
}

/// Zero is no limit.
fn limited_time(time: Time) -> Option<Duration> {
    (!time.0.is_zero()).then_some(time.0)
}

fn stall_limit(file: &File) -> Option<Duration> {
    file.limits.stall.map_or(Some(STALL), limited_time)
}

fn limited(mut config: Config, file: &File) -> Config {
    let limits = &file.limits;
    if let Some(size) = limits.body {
        config = config.body_limit(size.0);
    }
    if let Some(limit) = limits.first_output {
        config = config.first_output_limit(limited_time(limit));
    }
    if let Some(limit) = idle_limit(file) {
        config = config.idle_limit(limit);
    }
    config = config.stall_limit(stall_limit(file));
    if let Some(time) = limits.body_timeout {
        // Zero removes the limit.
        config = config.body_timeout((!time.0.is_zero()).then_some(time.0));
    }
    if let Some(size) = limits.body_rate {
        config = config.body_rate(size.0);
    }
    let mut json = JsonLimits::default();
    if let Some(levels) = limits.json_depth {
        json = json.depth(levels.0);
    }
    if let Some(values) = limits.json_values {
        json = json.values(values.get());
    }
    config.json_limits(json)
}

/// Returns the longest silence that any provider may keep; `None` for the default.
fn idle_limit(file: &File) -> Option<Option<Duration>> {
    let of_providers = file.providers.values();
    let of_providers = of_providers.filter_map(|one| one.as_ref().idle_timeout);
    let longest = of_providers.map(|wait| wait.0).max();
    match (file.limits.idle, longest) {
        (None, None) => None,
        (Some(all), _) if all.0.is_zero() => Some(None),
        (all, longest) => {
            let all = all.map_or(IDLE, |time| time.0);
            Some(longest.max(Some(all)))
        }
    }
}

/// Totals and shares.
fn amounts(bounds: &Bounds) -> Vec<(u64, u64)> {
    let usage = bounds.usage().into_iter();
    usage.map(|usage| (usage.total, usage.share)).collect()
}

fn bounds(limits: &Limits) -> Bounds {
    let mut bounds = Bounds::new();
    if let Some((total, share)) = limits.memory.map(Amount::both) {
        bounds = bounds.memory(total, share);
    }
    if let Some((total, share)) = limits.requests.map(Amount::both) {
        bounds = bounds.requests(total, share);
    }
    if let Some((total, share)) = limits.connections.map(Amount::both) {
        bounds = bounds.connections(total, share);
    }
    if let Some((total, share)) = limits.background.map(Amount::both) {
        bounds = bounds.background(total, share);
    }
    bounds
}

fn websocket(limit: Option<Duration>, file: &WebSocket) -> Option<WebSocketConfig> {
    if file.enabled == Some(false) {
        return None;
    }
    let mut sockets = WebSocketConfig::new();
    if let Some(time) = limit.or(file.connection_limit.map(|wait| wait.0)) {
        sockets = sockets.connection_limit(time);
    }
    if let Some(wait) = file.idle_limit {
        sockets = sockets.idle_limit(wait.0);
    }
    if let Some(wait) = file.ping_interval {
        sockets = sockets.ping_interval(wait.0);
    }
    if let Some(wait) = file.silence_limit {
        sockets = sockets.silence_limit(wait.0);
    }
    if let Some(messages) = file.queue {
        sockets = sockets.queue(messages);
    }
    if let Some(size) = file.message_limit {
        sockets = sockets.message_limit(size.in_memory());
    }
    if let Some(names) = &file.subprotocols {
        sockets = sockets.subprotocols(names.iter().map(|name| name.0.as_str()));
    }
    match &file.origins {
        Some(Origins::Any) => sockets = sockets.allow_any_origin(),
        Some(Origins::Listed(origins)) => {
            sockets = sockets.allow_origins(origins.iter().map(|origin| &*origin.0))
        }
        None => {}
    }
    Some(sockets)
}
