//! The command line.

use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use openresponses_types::Profile;
use openresponses_types::diagnostics::UnknownName;
use openresponses_types::schema::DocumentKind;

/// Checks documents, streams and servers of the Open Responses protocol.
#[derive(Debug, Parser)]
#[command(name = "openresponses", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Checks documents and streams against the specification.
    Check(CheckArguments),
    /// Reads a document or a stream and prints it again, without loss.
    Echo(EchoArguments),
    /// Probes a running server: sends the cases of the specification and checks the answers.
    Probe(ProbeArguments),
    /// Prints the share of the specification's OpenAPI file that is implemented.
    SchemaCoverage,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// Kind of the documents. Default: guessed.
    #[arg(long, value_parser = kinds())]
    pub(crate) kind: Option<Kind>,
    /// Profile. `vendor` is `compatible`, and what known servers do wrong counts as a note.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) profile: CheckProfile,
    /// Output format: text, or one JSON object for each file.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Prints violations only: no warnings, no notes, no totals, nothing about good files.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Lists the rules of streams with their places in the specification, and checks nothing.
    #[arg(long, exclusive = true)]
    pub(crate) stream_rules: bool,
    /// Lists what known servers do wrong, which `--profile vendor` excuses, and checks nothing.
    #[arg(long, exclusive = true)]
    pub(crate) quirks: bool,
    /// The documents, or directories of documents (`.json`, `.sse` and `.txt`, at any depth).
    /// Default: standard input, also for `-`.
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

/// What a file is held against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckProfile {
    /// The specification's OpenAPI file, and what its text adds.
    Strict,
    /// Also accepts what clients and servers in the field send.
    #[default]
    Compatible,
    /// The same, and known faults of vendors' servers are notes.
    Vendor,
}

impl CheckProfile {
    /// Returns the profile of the documents.
    pub(crate) fn of_documents(self) -> Profile {
        match self {
            Self::Strict => Profile::Strict,
            Self::Compatible | Self::Vendor => Profile::Compatible,
        }
    }
}

impl From<Profile> for CheckProfile {
    fn from(profile: Profile) -> Self {
        match profile {
            Profile::Strict => Self::Strict,
            _ => Self::Compatible,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct EchoArguments {
    /// Kind of the document. Default: guessed.
    #[arg(long, value_parser = kinds())]
    pub(crate) kind: Option<Kind>,
    /// The document. Default: standard input, also for `-`.
    #[arg(value_name = "FILE", default_value = crate::source::STANDARD_INPUT)]
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ProbeArguments {
    /// URL of the server: `http://127.0.0.1:8080/v1`, or the same followed by `/responses`. A query
    /// is sent with every request.
    #[arg(required_unless_present = "list")]
    pub(crate) url: Option<String>,
    /// Model in the requests.
    #[arg(long, default_value = "default")]
    pub(crate) model: String,
    /// The key, sent as a bearer token. An argument can be seen by other users of the machine: set
    /// the environment variable instead.
    #[arg(long, env = "OPENRESPONSES_API_KEY", hide_env_values = true)]
    pub(crate) key: Option<String>,
    /// A key that the server refuses. Default: one that no server should know.
    #[arg(long, value_name = "KEY")]
    pub(crate) bad_key: Option<String>,
    /// Runs only these cases: a case, the beginning of one followed by `*`, or `json`, `stream` or
    /// `websocket` for all cases over it. May be repeated. Default: all.
    #[arg(long = "case", value_name = "CASE")]
    pub(crate) cases: Vec<String>,
    /// Lists the cases with their sections of the specification, and sends nothing.
    #[arg(long = "cases")]
    pub(crate) list: bool,
    /// The server offers WebSockets: without one, their cases fail instead of being skipped.
    #[arg(long)]
    pub(crate) websocket: bool,
    /// A model that fails after its response has started.
    #[arg(long, value_name = "MODEL")]
    pub(crate) failing_model: Option<String>,
    /// A model whose requests are refused with 429 or 503.
    #[arg(long, value_name = "MODEL")]
    pub(crate) limited_model: Option<String>,
    /// A model whose output takes at least a second from its first word to its last.
    #[arg(long, value_name = "MODEL")]
    pub(crate) slow_model: Option<String>,
    /// A model that does not exist.
    #[arg(long, value_name = "MODEL")]
    pub(crate) missing_model: Option<String>,
    /// Validation profile of the answers.
    #[arg(long, value_parser = profiles(), default_value_t)]
    pub(crate) profile: Profile,
    /// Output format: text, or one JSON object.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Time limit of one answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) timeout: u64,
}

/// The kind of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One document.
    Document(DocumentKind),
    /// A whole SSE transcript.
    Stream,
}

impl Kind {
    const STREAM: &str = "stream";

    /// Returns the kind of a document; `None` for a transcript.
    pub(crate) fn of_document(self) -> Option<DocumentKind> {
        match self {
            Self::Document(kind) => Some(kind),
            Self::Stream => None,
        }
    }
}

impl FromStr for Kind {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            Self::STREAM => Ok(Self::Stream),
            name => name.parse().map(Self::Document),
        }
    }
}

/// Parses a name of a closed set; the help lists the names.
fn one_of<T>(names: impl IntoIterator<Item = &'static str>) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err = UnknownName> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(names).try_map(|name| name.parse())
}

fn kinds() -> impl TypedValueParser<Value = Kind> {
    one_of(DocumentKind::NAMES.iter().copied().chain([Kind::STREAM]))
}

fn profiles() -> impl TypedValueParser<Value = Profile> {
    one_of(Profile::NAMES.iter().copied())
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Format {
    /// In the style of a compiler.
    #[default]
    Text,
    /// One object for each file, one line each.
    Json,
}
