//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use openresponses_types::Profile;
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
    /// Holds documents and streams against the specification.
    Check(CheckArguments),
    /// Prints a document or a stream after reading it: nothing may be lost.
    Echo(EchoArguments),
    /// Tries a running server: sends the cases of the specification and checks what comes back.
    Probe(ProbeArguments),
    /// Prints what share of the specification's OpenAPI file is known.
    SchemaCoverage,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// What the documents are; guessed when left out.
    #[arg(long, value_enum)]
    pub(crate) kind: Option<Kind>,
    /// How strictly they are read.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) profile: ProfileName,
    /// For a human, or one JSON object a file.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// The documents; standard input without any, or for `-`.
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct EchoArguments {
    /// What the document is; guessed when left out.
    #[arg(long, value_enum)]
    pub(crate) kind: Option<Kind>,
    /// The document; standard input for `-`.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ProbeArguments {
    /// Where the server is: `http://127.0.0.1:8080/v1`, or the same with `/responses` behind it.
    pub(crate) url: String,
    /// The model to ask for.
    #[arg(long, default_value = "default")]
    pub(crate) model: String,
    /// The key, sent as a bearer token.
    #[arg(long)]
    pub(crate) key: Option<String>,
    /// How strictly the answers are read.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) profile: ProfileName,
    /// For a human, or one JSON object.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// How long one answer may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) timeout: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// The body of `POST /v1/responses`.
    CreateRequest,
    /// A `response.create` message on a WebSocket.
    WebSocketCreate,
    /// An `error` message on a WebSocket.
    WebSocketError,
    /// The body of `POST /v1/responses/compact`.
    CompactRequest,
    /// The answer to a compaction.
    CompactResponse,
    /// A response.
    Response,
    /// One event of a stream.
    StreamEvent,
    /// The body of an HTTP error.
    ErrorBody,
    /// A whole SSE transcript.
    Stream,
}

impl Kind {
    /// The kind of a document; nothing for a transcript, which is no document.
    pub(crate) fn of_document(self) -> Option<DocumentKind> {
        Some(match self {
            Self::CreateRequest => DocumentKind::CreateRequest,
            Self::WebSocketCreate => DocumentKind::WebSocketCreate,
            Self::WebSocketError => DocumentKind::WebSocketError,
            Self::CompactRequest => DocumentKind::CompactRequest,
            Self::CompactResponse => DocumentKind::CompactResponse,
            Self::Response => DocumentKind::Response,
            Self::StreamEvent => DocumentKind::StreamEvent,
            Self::ErrorBody => DocumentKind::ErrorBody,
            Self::Stream => return None,
        })
    }
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum ProfileName {
    /// The OpenAPI file, and what the text adds.
    Strict,
    /// What real clients send, too.
    #[default]
    Compatible,
}

impl From<ProfileName> for Profile {
    fn from(name: ProfileName) -> Self {
        match name {
            ProfileName::Strict => Self::Strict,
            ProfileName::Compatible => Self::Compatible,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Format {
    /// As a compiler reports.
    #[default]
    Text,
    /// One object a file, one line each.
    Json,
}
