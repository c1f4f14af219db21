//! The road of one request: parse, validate, normalise, ask the provider.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use http::request::Parts;
use http::{HeaderMap, Request};
use openresponses_types::json::Document;
use openresponses_types::sequence::{IdKind, Sequencer};
use openresponses_types::{
    Code, CreateRequest, DocumentKind, Normalizer, Path, Turn, Violation, validate,
};

use super::config::Config;
use crate::error::Error;
use crate::provider::Provider;
use crate::turn_stream::{TurnStream, panicked};

/// A turn that has begun.
pub(super) struct Begun {
    pub(super) stream: TurnStream,
    /// The headers that the provider set.
    pub(super) headers: HeaderMap,
}

/// A body as a turn.
pub(super) fn turn(config: &Config, body: &[u8]) -> Result<Turn, Error> {
    let document = Document::parse_with(body, config.json_limits).map_err(Violation::from)?;
    let report = validate(&document, DocumentKind::CreateRequest, config.profile);
    if let Some(violation) = report.violations.into_iter().next() {
        return Err(violation.into());
    }
    let request = CreateRequest::from_document(&document)?;
    let normalizer = Normalizer::new(config.profile).default_model(config.default_model.as_deref());
    let mut turn = normalizer.turn(request).map_err(first)?;
    turn.warnings.splice(0..0, report.warnings);
    stateless(&mut turn)?;
    Ok(turn)
}

/// Without a store there is nothing to continue, and nothing outlives its request.
fn stateless(turn: &mut Turn) -> Result<(), Error> {
    if turn.previous_response_id.is_some() {
        return Err(Violation::new(
            Path::default().member("previous_response_id"),
            Code::UnsupportedParameter,
            "previous_response_id:store",
            "This server does not store responses, so none can be continued. Send the whole conversation as 'input'.".into(),
        )
        .into());
    }
    if turn.background {
        return Err(Violation::new(
            Path::default().member("background"),
            Code::UnsupportedParameter,
            "background:store",
            "This server does not make responses in the background. Leave 'background' out, or set it to false.".into(),
        )
        .into());
    }
    turn.store = false;
    Ok(())
}

fn first(violations: Vec<Violation>) -> Error {
    match violations.into_iter().next() {
        Some(violation) => violation.into(),
        None => Error::server("a refusal without a reason"),
    }
}

/// Asks the provider. Its error, or its panic, is still an HTTP status here.
pub(super) async fn begin<P: Provider>(
    config: &Config,
    provider: &P,
    head: Parts,
    turn: Turn,
) -> Result<Begun, Error> {
    let response = turn.response(config.ids.id(IdKind::Response), config.clock.now());
    let policy = turn.tool_policy();
    let request = Request::from_parts(head, turn);
    let asked = AssertUnwindSafe(async move { provider.respond(request).await }).catch_unwind();
    let answer = asked.await.map_err(|_| panicked())??;
    let (answer, output) = answer.into_parts();
    let sequencer = Sequencer::new(response, policy, config.ids.clone(), config.clock.clone());
    Ok(Begun {
        stream: TurnStream::new(output, sequencer),
        headers: answer.headers,
    })
}
