//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use openresponses_types::Profile;

use crate::store::Store;

pub(crate) const HELP: &str = "\
Serves /v1/responses with a deterministic model behind it, or a gateway that a file describes.

Usage: openresponses-server [OPTIONS]

  --config FILE        read a file, such as examples/server/gateway.toml; what is said here counts
                       more
  --check              read the file, say whether it is good, and end
  --listen HOST:PORT   where to listen; port 0 takes a free one [default: 127.0.0.1:8080]
  --profile PROFILE    how requests are read: compatible or strict [default: compatible]
  --drain SECONDS      how long to go on answering after SIGINT or SIGTERM, with 503 at /healthz, so
                       that load balancers notice [default: 0]
  --grace SECONDS      how long open streams may go on after that [default: 25]
  --heartbeat SECONDS  send a comment when a stream is silent for so long; 0 for never
                       [default: 15]
  --ws-limit SECONDS   how long a WebSocket connection may be open [default: 3600]
  --store STORE        where responses are kept: memory, none, or a Redis that other servers share,
                       such as redis://127.0.0.1:6379 [default: memory]
  --log FILE           append what happens to a file
  -h, --help           print this

GET /healthz and GET /metrics tell how it is; GET /probe answers {\"active\": n}, how many calls of
models are alive. None of them needs a key.";

/// What the caller wants.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Serve(Arguments),
    Help,
}

/// How to serve, as far as it was said.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Arguments {
    pub(crate) config: Option<PathBuf>,
    pub(crate) check: bool,
    pub(crate) listen: Option<String>,
    pub(crate) profile: Option<Profile>,
    pub(crate) drain: Option<Duration>,
    pub(crate) grace: Option<Duration>,
    /// Zero for never.
    pub(crate) heartbeat: Option<Duration>,
    pub(crate) ws_limit: Option<Duration>,
    pub(crate) store: Option<Store>,
    pub(crate) log: Option<PathBuf>,
}

impl Arguments {
    /// Reads the arguments behind the program's name: `--name value` or `--name=value`.
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
                "--check" if has_value => return Err("--check takes no value.".into()),
                "--check" => arguments.check = true,
                "--config" => arguments.config = Some(value()?.into()),
                "--listen" => arguments.listen = Some(value()?),
                "--profile" => arguments.profile = Some(profile(&value()?)?),
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
                "--log" => arguments.log = Some(value()?.into()),
                other => return Err(format!("Unknown argument '{other}'.")),
            }
        }
        if arguments.check && arguments.config.is_none() {
            return Err("--check needs --config FILE.".into());
        }
        Ok(Wanted::Serve(arguments))
    }
}

fn profile(word: &str) -> Result<Profile, String> {
    match word {
        "compatible" => Ok(Profile::Compatible),
        "strict" => Ok(Profile::Strict),
        other => Err(format!(
            "There is no profile '{other}': choose compatible or strict."
        )),
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
        let said = |said: fn(&mut Arguments)| {
            let mut arguments = Arguments::default();
            said(&mut arguments);
            Ok(Wanted::Serve(arguments))
        };
        assert_eq!(parse(&[]), said(|_| ()));
        assert_eq!(
            parse(&["--listen", "[::1]:0", "--profile=strict"]),
            said(|all| {
                all.listen = Some("[::1]:0".into());
                all.profile = Some(Profile::Strict);
            })
        );
        assert_eq!(
            parse(&["--config=a=b.toml", "--check", "--drain", "3"]),
            said(|all| {
                all.config = Some("a=b.toml".into());
                all.check = true;
                all.drain = Some(Duration::from_secs(3));
            })
        );
        assert_eq!(parse(&["--help"]), Ok(Wanted::Help));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        assert!(parse(&["--listen"]).is_err());
        assert!(parse(&["--profile", "lax"]).is_err());
        assert!(parse(&["--grace", "-1"]).is_err());
        assert!(parse(&["--heartbeat", "-1"]).is_err());
        assert!(parse(&["--heartbeat", "inf"]).is_err());
        assert!(parse(&["--store", "disk"]).is_err());
        assert!(parse(&["--check"]).is_err());
        assert!(parse(&["--check=yes", "--config", "x"]).is_err());
        assert!(parse(&["--port", "1"]).is_err());
        assert!(parse(&["8080"]).is_err());
    }
}
