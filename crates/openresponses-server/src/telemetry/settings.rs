//! What is exported where: flags, the file, and the variables of OpenTelemetry.

use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

/// What a client's trace context counts for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TraceContextMode {
    /// It is neither recorded nor sent on.
    Ignore,
    /// Its trace is continued. The client cannot have more of it recorded than the sampler would.
    #[default]
    Continue,
    /// Its trace is continued, and its flag decides what is recorded.
    Trust,
}

impl FromStr for TraceContextMode {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "ignore" => Ok(Self::Ignore),
            "continue" => Ok(Self::Continue),
            "trust" => Ok(Self::Trust),
            _ => Err("it must be ignore, continue or trust"),
        }
    }
}

/// Settings of the command line and the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TelemetrySettings {
    /// The export is asked for.
    pub(crate) otlp: bool,
    pub(crate) trace_context: TraceContextMode,
}

/// What is exported, by the variables of OpenTelemetry.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(not(feature = "otlp"), allow(dead_code))]
pub(crate) struct OtlpSettings {
    pub(crate) traces: bool,
    pub(crate) metrics: bool,
    /// The addresses, without the path of the signal if they are of both.
    pub(crate) traces_endpoint: String,
    pub(crate) metrics_endpoint: String,
    pub(crate) traces_timeout: Duration,
    pub(crate) metrics_timeout: Duration,
}

/// The collector on the same machine.
const ENDPOINT: &str = "http://localhost:4318";

/// How long an export may take. Default of OpenTelemetry.
const TIMEOUT: Duration = Duration::from_secs(10);

impl TelemetrySettings {
    /// Returns what is exported: nothing unless it is asked for, or an endpoint is named.
    ///
    /// # Errors
    /// A variable with a value that is not supported.
    pub(crate) fn otlp(&self) -> Result<Option<OtlpSettings>, String> {
        let read = |name: &str| std::env::var(name).ok();
        match OtlpSettings::read(self.otlp, read)? {
            Some(_) if !cfg!(feature = "otlp") => Err(
                "traces and metrics are to be exported over OTLP, and this program was built \
                 without the feature 'otlp'"
                    .into(),
            ),
            otlp => Ok(otlp),
        }
    }

    /// Says what is exported, for `--check`.
    ///
    /// # Errors
    /// As for [`otlp`](Self::otlp).
    pub(crate) fn described(&self) -> Result<String, String> {
        let Some(otlp) = self.otlp()? else {
            return Ok("OTLP: off.".into());
        };
        let each = [
            ("traces", otlp.traces, &otlp.traces_endpoint),
            ("metrics", otlp.metrics, &otlp.metrics_endpoint),
        ];
        let each = each.map(|(signal, is_on, endpoint)| match is_on {
            true => format!("{signal} to {}", without_credentials(endpoint)),
            false => format!("no {signal}"),
        });
        Ok(format!("OTLP: {}.", each.join(", ")))
    }
}

impl OtlpSettings {
    fn read(asked: bool, read: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, String> {
        let read = |name: &str| read(name).filter(|value| !value.is_empty());
        let first = |names: [&str; 2]| names.into_iter().find_map(&read);
        let traces = [
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "OTEL_EXPORTER_OTLP_ENDPOINT",
        ];
        let metrics = [
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
            "OTEL_EXPORTER_OTLP_ENDPOINT",
        ];
        let is_named = first(traces).is_some() || first(metrics).is_some();
        let is_disabled =
            read("OTEL_SDK_DISABLED").is_some_and(|it| it.eq_ignore_ascii_case("true"));
        if is_disabled || !(asked || is_named) {
            return Ok(None);
        }
        for name in [
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
            "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
        ] {
            if let Some(protocol) = read(name).filter(|value| value != "http/protobuf") {
                return Err(format!(
                    "{name} is '{protocol}': only http/protobuf is supported"
                ));
            }
        }
        let is_on = |name: &str| match read(name).as_deref() {
            None | Some("otlp") => Ok(true),
            Some("none") => Ok(false),
            Some(other) => Err(format!("{name} is '{other}': it must be otlp or none")),
        };
        let timeout = |names: [&str; 2]| match first(names) {
            None => Ok(TIMEOUT),
            Some(text) => text.parse().map(Duration::from_millis).map_err(|_| {
                format!(
                    "{} is '{text}': it must be milliseconds",
                    names.join(" or ")
                )
            }),
        };
        Ok(Some(Self {
            traces: is_on("OTEL_TRACES_EXPORTER")?,
            metrics: is_on("OTEL_METRICS_EXPORTER")?,
            traces_endpoint: first(traces).unwrap_or_else(|| ENDPOINT.into()),
            metrics_endpoint: first(metrics).unwrap_or_else(|| ENDPOINT.into()),
            traces_timeout: timeout([
                "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
                "OTEL_EXPORTER_OTLP_TIMEOUT",
            ])?,
            metrics_timeout: timeout([
                "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
                "OTEL_EXPORTER_OTLP_TIMEOUT",
            ])?,
        }))
    }
}

/// Returns an address without a password, to print it.
fn without_credentials(endpoint: &str) -> String {
    match endpoint.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority
                .rsplit_once('@')
                .map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}{path}")
        }
        None => endpoint.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(asked: bool, variables: &[(&str, &str)]) -> Result<Option<OtlpSettings>, String> {
        OtlpSettings::read(asked, |name| {
            let found = variables.iter().find(|(key, _)| *key == name)?;
            Some(found.1.to_owned())
        })
    }

    #[test]
    fn nothing_is_exported_unless_asked_for() {
        assert_eq!(read(false, &[]), Ok(None));
        assert_eq!(
            read(false, &[("OTEL_EXPORTER_OTLP_ENDPOINT", "")]),
            Ok(None)
        );
        let disabled = [("OTEL_SDK_DISABLED", "TRUE")];
        assert_eq!(read(true, &disabled), Ok(None));
        let asked = read(true, &[]).unwrap().unwrap();
        assert_eq!(asked.traces_endpoint, ENDPOINT);
        assert_eq!(asked.metrics_timeout, TIMEOUT);
    }

    #[test]
    fn variables_of_a_signal_precede_those_of_both() {
        let both = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:1"),
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://b:2/x"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "500"),
            ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "700"),
            ("OTEL_TRACES_EXPORTER", "none"),
        ];
        let found = read(false, &both).unwrap().unwrap();
        assert_eq!(found.traces_endpoint, "http://a:1");
        assert_eq!(found.metrics_endpoint, "http://b:2/x");
        assert_eq!(found.traces_timeout, Duration::from_millis(700));
        assert_eq!(found.metrics_timeout, Duration::from_millis(500));
        assert_eq!((found.traces, found.metrics), (false, true));
    }

    #[test]
    fn what_is_not_supported_is_refused() {
        for (name, value) in [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
            ("OTEL_TRACES_EXPORTER", "zipkin"),
            ("OTEL_METRICS_EXPORTER", "prometheus"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
        ] {
            let error = read(true, &[(name, value)]).unwrap_err();
            assert!(error.contains(name) && error.contains(value), "{error}");
        }
    }

    #[test]
    fn passwords_are_not_printed() {
        assert_eq!(without_credentials("http://u:p@h:1/x"), "http://h:1/x");
        assert_eq!(without_credentials("http://h:1/a@b"), "http://h:1/a@b");
        assert_eq!(without_credentials("h"), "h");
    }
}
