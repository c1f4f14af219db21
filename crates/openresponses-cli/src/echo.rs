//! `openresponses echo`.

use std::io::{self, Write};

use openresponses_types::compact::{CompactRequest, CompactResponse};
use openresponses_types::json::{Document, SyntaxError};
use openresponses_types::response::{ErrorBody, WebSocketError};
use openresponses_types::schema::DocumentKind;
use openresponses_types::{CreateRequest, Response, StreamEvent, Violation};

use crate::args::{EchoArguments, Kind};
use crate::{Outcome, guess, source, transcript};

pub(crate) fn run(arguments: &EchoArguments) -> io::Result<Outcome> {
    let file = &arguments.file;
    let bytes = match source::read(file) {
        Ok(bytes) => bytes,
        Err(error) => {
            source::complain(file, error);
            return Ok(Outcome::Unusable);
        }
    };
    let stream = match arguments.kind {
        Some(kind) => kind == Kind::Stream,
        None => document(&bytes).is_err() && transcript::looks_like_stream(&bytes),
    };
    if stream {
        return match transcript::echo(&bytes) {
            Ok(text) => {
                io::stdout().lock().write_all(&text)?;
                Ok(Outcome::Fine)
            }
            Err(problem) => {
                source::complain(file, problem);
                Ok(Outcome::Violation)
            }
        };
    }
    match echo(&bytes, arguments.kind.and_then(Kind::of_document)) {
        Ok(text) => {
            writeln!(io::stdout().lock(), "{text}")?;
            Ok(Outcome::Fine)
        }
        Err(violation) => {
            source::complain(file, violation);
            Ok(Outcome::Violation)
        }
    }
}

fn document(bytes: &[u8]) -> Result<Document<'_>, SyntaxError> {
    Document::parse(source::without_mark(bytes))
}

/// Reads a document into its type and prints that.
fn echo(bytes: &[u8], kind: Option<DocumentKind>) -> Result<String, Violation> {
    let document = document(bytes)?;
    Ok(match kind.unwrap_or_else(|| guess::kind(&document)) {
        DocumentKind::CompactRequest => CompactRequest::from_document(&document)?.to_json(),
        DocumentKind::CompactResponse => CompactResponse::from_document(&document)?.to_json(),
        DocumentKind::Response => Response::from_document(&document)?.to_json(),
        DocumentKind::StreamEvent => StreamEvent::from_document(&document)?.to_json(),
        DocumentKind::ErrorBody => ErrorBody::from_document(&document)?.to_json(),
        DocumentKind::WebSocketError => WebSocketError::from_document(&document)?.to_json(),
        // A WebSocket message is the request with a `type`, which is kept like any other member.
        _ => CreateRequest::from_document(&document)?.to_json(),
    })
}
