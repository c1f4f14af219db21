//! The command line.

use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use openresponses_types::Profile;

use crate::file::UpstreamKind;
use crate::log::{LogFilter, LogFormat};
use crate::store::Store;
use crate::telemetry::TraceContextMode;

pub(crate) const HELP: &str = "\
Serves /v1/responses: a deterministic model, a model server, or a gateway configured by a file.

Usage: openresponses-server [OPTIONS]

  --config FILE        configuration file, for example crates/openresponses-server/gateway.toml;
                       options on the command line take precedence
  --check              list all faults of the file, try to reach its store, and exit
  --check-upstreams    the same, and ask each model server for its models
  --listen HOST:PORT   address to listen on; port 0 selects a free port [default: 127.0.0.1:8080]
  --admin HOST:PORT    answer /healthz, /metrics, /probe and /stored at this address only; no key is
                       needed there: keep it private
  --allow-anonymous    listen on an address that other machines can reach, without keys: every
                       bearer token is then accepted
  --profile PROFILE    request validation: compatible or strict [default: compatible]
  --drain SECONDS      keep accepting requests after SIGINT or SIGTERM while /healthz answers 503,
                       so that load balancers notice [default: 0]
  --grace SECONDS      wait for open streams after draining [default: 25]
  --heartbeat SECONDS  send a comment after this much silence on a stream; 0 disables it
                       [default: 15]
  --ws-limit SECONDS   maximum lifetime of a WebSocket connection [default: 3600]
  --store STORE        store for responses: memory, none, sqlite:FILE, or redis://HOST:PORT or
                       postgres://HOST/DATABASE, which several servers can share [default: memory]
  --upstream URL       answer with the model server at this address instead, such as
                       http://127.0.0.1:11434/v1; all names of models go there unchanged
  --upstream-kind KIND its API: chat, anthropic, gemini or openresponses
                       [default: chat]
  --upstream-key-env NAME
                       environment variable with the key for it
  --no-playground      do not serve the page at /
  --sample-tool        offer a built-in tool that runs on the server: temperature(city)
  --log FILTER         what to log: error, warn, info, debug or trace, or directives such as
                       openresponses=debug,hyper=info; takes precedence over the variable RUST_LOG,
                       which takes precedence over the file [default: info]
  --log-format FORMAT  text or json [default: text]
  --log-file FILE      append the log to a file instead of standard error
  --otlp               export traces and metrics over OTLP, as OpenTelemetry's variables OTEL_* say
                       [default: to http://localhost:4318; off unless OTEL_EXPORTER_OTLP_ENDPOINT
                       or that of a signal is set]
  --trace-context MODE how a client's traceparent is used: ignore; continue its trace; or trust its
                       flag as well, which decides what is recorded [default: continue]
  -V, --version        print the version
  -h, --help           print this

SIGHUP reloads the file, as does a change of it. SIGTERM and SIGINT end the server.
GET /healthz and GET /metrics report the state of the server; GET /probe answers {\"active\": n}, the
number of provider calls in progress. With --admin, GET and DELETE /stored export and delete what a
tenant has stored. None of them needs a key.";

/// What to do.
#[expect(clippy::large_enum_variant, reason = "made once in a process")]
#[derive(Debug, PartialEq)]
pub(crate) enum Wanted {
    Serve(Arguments),
    Help,
    Version,
}

/// Settings from the command line.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Arguments {
    pub(crate) config: Option<PathBuf>,
    pub(crate) check: bool,
    /// Implies `check`.
    pub(crate) check_upstreams: bool,
    pub(crate) allow_anonymous: bool,
    pub(crate) no_playground: bool,
    pub(crate) listen: Option<String>,
    pub(crate) admin: Option<String>,
    pub(crate) profile: Option<Profile>,
    pub(crate) drain: Option<Duration>,
    pub(crate) grace: Option<Duration>,
    /// Zero disables it.
    pub(crate) heartbeat: Option<Duration>,
    pub(crate) ws_limit: Option<Duration>,
    pub(crate) store: Option<Store>,
    pub(crate) log: Option<LogFilter>,
    pub(crate) log_format: Option<LogFormat>,
    pub(crate) log_file: Option<PathBuf>,
    pub(crate) upstream: Option<String>,
    pub(crate) upstream_kind: Option<UpstreamKind>,
    pub(crate) upstream_key_env: Option<String>,
    pub(crate) sample_tool: bool,
    pub(crate) otlp: bool,
    pub(crate) trace_context: Option<TraceContextMode>,
}

impl Arguments {
    /// Parses the arguments after the program's name: `--name value` or `--name=value`.
    pub(crate) fn parse(words: impl Iterator<Item = String>) -> Result<Wanted, String> {
        let mut arguments = Self::default();
        let mut words = words;
        while let Some(word) = words.next() {
            let (name, mut value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            let has_value = value.is_some();
            let mut value = || {
                let given = value.take().or_else(|| words.next());
                given.ok_or_else(|| format!("{name} needs a value."))
            };
            match name {
                "-h" | "--help" => return Ok(Wanted::Help),
                "-V" | "--version" => return Ok(Wanted::Version),
                "--sample-tool" | "--check" | "--check-upstreams" | "--allow-anonymous"
                | "--no-playground" | "--otlp"
                    if has_value =>
                {
                    return Err(format!("{name} takes no value."));
                }
                "--sample-tool" => arguments.sample_tool = true,
                "--check" => arguments.check = true,
                "--check-upstreams" => arguments.check_upstreams = true,
                "--allow-anonymous" => arguments.allow_anonymous = true,
                "--no-playground" => arguments.no_playground = true,
                "--otlp" => arguments.otlp = true,
                "--trace-context" => arguments.trace_context = Some(parsed(name, &value()?)?),
                "--config" => arguments.config = Some(value()?.into()),
                "--listen" => arguments.listen = Some(address(name, value()?)?),
                "--admin" => arguments.admin = Some(address(name, value()?)?),
                "--profile" => arguments.profile = Some(parsed(name, &value()?)?),
                "--drain" => arguments.drain = Some(seconds(name, &value()?)?),
                "--grace" => arguments.grace = Some(seconds(name, &value()?)?),
                "--heartbeat" => {
                    let seconds = value()?.parse();
                    let wrong = "--heartbeat takes seconds, such as 15 or 0.5.";
                    let seconds = seconds.map_err(|_| wrong)?;
                    let time = Duration::try_from_secs_f64(seconds).map_err(|_| wrong)?;
                    arguments.heartbeat = Some(time);
                }
                "--ws-limit" => arguments.ws_limit = Some(seconds(name, &value()?)?),
                "--store" => arguments.store = Some(Store::parse(value()?)?),
                "--log" => arguments.log = Some(parsed(name, &value()?)?),
                "--log-format" => arguments.log_format = Some(parsed(name, &value()?)?),
                "--log-file" => arguments.log_file = Some(value()?.into()),
                "--upstream" => arguments.upstream = Some(value()?),
                "--upstream-kind" => arguments.upstream_kind = Some(kind(&value()?)?),
                "--upstream-key-env" => arguments.upstream_key_env = Some(value()?),
                other => return Err(format!("Unknown argument '{other}'.")),
            }
        }
        if arguments.sample_tool && arguments.config.is_some() {
            return Err("With --config, the sample tool is a [tools.NAME] of the file.".into());
        }
        if arguments.check && arguments.config.is_none() {
            return Err("--check needs --config FILE.".into());
        }
        if arguments.check_upstreams && arguments.config.is_none() && arguments.upstream.is_none() {
            return Err("--check-upstreams needs --config FILE or --upstream URL.".into());
        }
        arguments.check_upstream()?;
        Ok(Wanted::Serve(arguments))
    }

    fn check_upstream(&self) -> Result<(), String> {
        let is_described = self.upstream_kind.is_some() || self.upstream_key_env.is_some();
        if self.upstream.is_none() && is_described {
            return Err("--upstream-kind and --upstream-key-env need --upstream URL.".into());
        }
        if self.upstream.is_some() && self.config.is_some() {
            return Err(
                "--upstream and --config exclude each other: name the server in the file.".into(),
            );
        }
        Ok(())
    }
}

fn kind(word: &str) -> Result<UpstreamKind, String> {
    UpstreamKind::named(word).ok_or_else(|| {
        let words: Vec<_> = UpstreamKind::WORDS.iter().map(|(word, _)| *word).collect();
        format!("Unknown kind '{word}': choose one of {}.", words.join(", "))
    })
}

fn parsed<T: FromStr<Err: Display>>(name: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("{name}: {error}."))
}

/// What an address is.
pub(crate) const ADDRESS: &str = "HOST:PORT, such as \"127.0.0.1:8080\"";

/// Returns true for a host and a port.
pub(crate) fn is_address(text: &str) -> bool {
    text.rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

fn address(name: &str, text: String) -> Result<String, String> {
    match is_address(&text) {
        true => Ok(text),
        false => Err(format!("{name} takes {ADDRESS}.")),
    }
}

fn seconds(name: &str, text: &str) -> Result<Duration, String> {
    let seconds = text.parse();
    seconds
        .map(Duration::from_secs)
        .map_err(|_| format!("{name} takes whole seconds."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Wanted, String> {
        Arguments::parse(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn reads_arguments() {
        let with = |with: fn(&mut Arguments)| {
            let mut arguments = Arguments::default();
            with(&mut arguments);
            Ok(Wanted::Serve(arguments))
        };
        assert_eq!(parse(&[]), with(|_| ()));
        assert_eq!(
            parse(&["--listen", "[::1]:0", "--profile=strict"]),
            with(|all| {
                all.listen = Some("[::1]:0".into());
                all.profile = Some(Profile::Strict);
            })
        );
        assert_eq!(
            parse(&["--config=a=b.toml", "--check", "--drain", "3"]),
            with(|all| {
                all.config = Some("a=b.toml".into());
                all.check = true;
                all.drain = Some(Duration::from_secs(3));
            })
        );
        assert_eq!(parse(&["--help"]), Ok(Wanted::Help));
    }

    #[test]
    fn refuses_unknown_arguments() {
        assert!(parse(&["--listen"]).is_err());
        for wrong in ["8080", ":8080", "localhost", "localhost:http"] {
            let refused = parse(&["--listen", wrong]).unwrap_err();
            assert!(refused.starts_with("--listen takes HOST:PORT"), "{refused}");
        }
        assert!(parse(&["--profile", "lax"]).is_err());
        assert!(parse(&["--log", "loud"]).is_err());
        assert!(parse(&["--log-format", "xml"]).is_err());
        assert!(parse(&["--grace", "-1"]).is_err());
        assert!(parse(&["--heartbeat", "-1"]).is_err());
        assert!(parse(&["--heartbeat", "inf"]).is_err());
        assert!(parse(&["--store", "disk"]).is_err());
        assert!(parse(&["--trace-context", "always"]).is_err());
        assert!(parse(&["--otlp=http://localhost"]).is_err());
        assert!(parse(&["--check"]).is_err());
        assert!(parse(&["--check=yes", "--config", "x"]).is_err());
        assert!(parse(&["--upstream-kind", "chat"]).is_err());
        assert!(parse(&["--upstream", "http://a", "--upstream-kind", "x"]).is_err());
        assert!(parse(&["--upstream", "http://a", "--config", "x"]).is_err());
        assert!(parse(&["--port", "1"]).is_err());
        assert!(parse(&["8080"]).is_err());
    }
}
