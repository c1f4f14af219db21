//! The log: to standard error or a file, as text or JSON.

use std::fmt;
use std::fs::OpenOptions;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Mutex;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::Registry;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The environment variable with a filter.
const VARIABLE: &str = "RUST_LOG";

/// What to log, how and where.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct LogSettings {
    pub(crate) filter: Option<LogFilter>,
    pub(crate) format: LogFormat,
    /// Standard error without it.
    pub(crate) file: Option<PathBuf>,
    /// Whether the filter is from the command line, which precedes the environment.
    pub(crate) is_flag: bool,
}

/// A level for these crates, where others log warnings, or directives `TARGET=LEVEL`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LogFilter(Targets);

impl Default for LogFilter {
    fn default() -> Self {
        Self::of_level(LevelFilter::INFO)
    }
}

impl LogFilter {
    /// HTTP/2 logs each frame at the level `debug`, so other crates are limited to warnings. The client of
    /// MCP servers repeats in its own what is logged here, with the keys in their URLs.
    fn of_level(level: LevelFilter) -> Self {
        let targets = Targets::new()
            .with_default(level.min(LevelFilter::WARN))
            .with_target("rmcp", LevelFilter::OFF);
        Self(targets.with_target("openresponses", level))
    }
}

impl FromStr for LogFilter {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(level) = text.parse() {
            return Ok(Self::of_level(level));
        }
        let wrong = "it must be error, warn, info, debug or trace, or directives such as \
                     \"openresponses=debug,hyper=info\"";
        // A name alone would be read as a target of which everything is logged.
        let is_clear = |part: &str| part.contains('=') || part.parse::<LevelFilter>().is_ok();
        match text.parse() {
            Ok(targets) if text.split(',').all(is_clear) => Ok(Self(targets)),
            _ => Err(wrong),
        }
    }
}

/// Form of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LogFormat {
    #[default]
    Text,
    Json,
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("it must be text or json"),
        }
    }
}

/// The log cannot be started.
#[derive(Debug)]
pub(crate) struct LogError(String);

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LogError {}

/// Starts the log, and the export of `traces` beside it.
///
/// # Errors
/// A file that cannot be opened, or an invalid filter in the environment.
pub(crate) fn start(
    settings: &LogSettings,
    traces: Option<Box<dyn Layer<Registry> + Send + Sync>>,
) -> Result<(), LogError> {
    let filter = match std::env::var(VARIABLE) {
        Ok(text) if !settings.is_flag && !text.is_empty() => text
            .parse()
            .map_err(|error| LogError(format!("{VARIABLE}: {error}")))?,
        _ => settings.filter.clone().unwrap_or_default(),
    };
    let mut layers = vec![lines(settings)?.with_filter(filter.0).boxed()];
    layers.extend(traces);
    tracing_subscriber::registry().with(layers).init();
    Ok(())
}

fn lines(settings: &LogSettings) -> Result<Box<dyn Layer<Registry> + Send + Sync>, LogError> {
    let writer = match &settings.file {
        Some(path) => {
            let file = OpenOptions::new().create(true).append(true).open(path);
            let file = file
                .map_err(|error| LogError(format!("cannot log to {}: {error}", path.display())))?;
            BoxMakeWriter::new(Mutex::new(file))
        }
        None => BoxMakeWriter::new(std::io::stderr),
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(writer);
    Ok(match settings.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .boxed(),
    })
}
