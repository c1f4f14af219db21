//! The command line.

use std::time::Duration;

use openresponses_types::Profile;

use crate::store::Store;

pub(crate) const HELP: &str = "\
Serves /v1/responses with a deterministic model behind it.

Usage: openresponses-server [OPTIONS]

  --listen HOST:PORT   where to listen; port 0 takes a free one [default: 127.0.0.1:8080]
  --profile PROFILE    how requests are read: compatible or strict [default: compatible]
  --grace SECONDS      how long open streams may go on after SIGINT or SIGTERM [default: 25]
  --heartbeat SECONDS  send a comment when a stream is silent for so long; 0 for never
                       [default: 15]
  --ws-limit SECONDS   how long a WebSocket connection may be open [default: 3600]
  --store STORE        where responses are kept: memory, none, or a Redis that other servers share,
                       such as redis://127.0.0.1:6379 [default: memory]
  --log FILE           append what happens to a file
  -h, --help           print this

GET /probe answers {\"active\": n}, how many calls of the model are alive.";

/// What the caller wants.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Serve(Arguments),
    Help,
}

/// How to serve.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    pub(crate) listen: String,
    pub(crate) profile: Profile,
    pub(crate) grace: Duration,
    /// None for never.
    pub(crate) heartbeat: Option<Duration>,
    pub(crate) ws_limit: Duration,
    pub(crate) store: Store,
    pub(crate) log: Option<String>,
}

impl Arguments {
    /// Reads the arguments behind the program's name: `--name value` or `--name=value`.
    pub(crate) fn parse(words: impl Iterator<Item = String>) -> Result<Wanted, String> {
        let mut arguments = Self {
            listen: "127.0.0.1:8080".into(),
            profile: Profile::Compatible,
            grace: Duration::from_secs(25),
            heartbeat: Some(Duration::from_secs(15)),
            ws_limit: Duration::from_secs(3600),
            store: Store::Memory,
            log: None,
        };
        let mut words = words;
        while let Some(word) = words.next() {
            let (name, mut value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            let mut value = || {
                let given = value.take().or_else(|| words.next());
                given.ok_or_else(|| format!("{name} needs a value."))
            };
            match name {
                "-h" | "--help" => return Ok(Wanted::Help),
                "--listen" => arguments.listen = value()?,
                "--profile" => {
                    arguments.profile = match value()?.as_str() {
                        "compatible" => Profile::Compatible,
                        "strict" => Profile::Strict,
                        other => {
                            return Err(format!(
                                "There is no profile '{other}': choose compatible or strict."
                            ));
                        }
                    };
                }
                "--grace" => {
                    let seconds = value()?.parse();
                    let seconds = seconds.map_err(|_| "--grace takes whole seconds.")?;
                    arguments.grace = Duration::from_secs(seconds);
                }
                "--heartbeat" => {
                    let seconds = value()?.parse();
                    let wrong = "--heartbeat takes seconds, such as 15 or 0.5.";
                    let seconds = seconds.map_err(|_| wrong)?;
                    let time = Duration::try_from_secs_f64(seconds).map_err(|_| wrong)?;
                    arguments.heartbeat = (!time.is_zero()).then_some(time);
                }
                "--ws-limit" => {
                    let seconds = value()?.parse();
                    let seconds = seconds.map_err(|_| "--ws-limit takes whole seconds.")?;
                    arguments.ws_limit = Duration::from_secs(seconds);
                }
                "--store" => arguments.store = Store::parse(value()?)?,
                "--log" => arguments.log = Some(value()?),
                other => return Err(format!("Unknown argument '{other}'.")),
            }
        }
        Ok(Wanted::Serve(arguments))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Wanted, String> {
        Arguments::parse(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn reads_arguments() {
        let serve = |listen: &str, profile| {
            Ok(Wanted::Serve(Arguments {
                listen: listen.into(),
                profile,
                grace: Duration::from_secs(25),
                heartbeat: Some(Duration::from_secs(15)),
                ws_limit: Duration::from_secs(3600),
                store: Store::Memory,
                log: None,
            }))
        };
        assert_eq!(parse(&[]), serve("127.0.0.1:8080", Profile::Compatible));
        assert_eq!(
            parse(&["--listen", "[::1]:0", "--profile=strict"]),
            serve("[::1]:0", Profile::Strict)
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
        assert!(parse(&["--port", "1"]).is_err());
        assert!(parse(&["8080"]).is_err());
    }
}
