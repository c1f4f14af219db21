//! The road of one request: parse, validate, normalise, ask the provider.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use http::request::Parts;
use http::{HeaderMap, Request};
use openresponses_types::json::Document;
use openresponses_types::sequence::{IdKind, Sequencer, ToolPolicy};
use openresponses_types::{
    CreateRequest, DocumentKind, Normalizer, Path, Profile, Turn, Violation, ViolationCode,
    Warning, validate,
};

use super::config::Config;
use super::local::ConnectionCache;
use super::state::{Commit, State, named};
use crate::error::Error;
use crate::obfuscation::is_unsaid;
use crate::provider::Provider;
use crate::running::ActiveTurn;
use crate::store::{Conversation, StoredResponse};
use crate::turn_stream::{TurnStream, panicked};

/// A turn that has begun.
pub(super) struct StartedTurn {
    pub(super) stream: ActiveTurn,
    /// The headers that the provider set.
    pub(super) headers: HeaderMap,
}

/// A turn that can begin, and what is kept of it afterwards.
pub(super) struct PlannedTurn {
    pub(super) turn: Turn,
    /// The response before anything was said.
    response: openresponses_types::Response,
    commit: Commit,
}

impl PlannedTurn {
    pub(super) fn state(&self) -> &State {
        &self.commit.state
    }

    /// The turn as it is stored before it has ended.
    pub(super) fn record(
        &self,
        change: impl FnOnce(&mut openresponses_types::Response),
    ) -> StoredResponse {
        let mut response = self.response.clone();
        change(&mut response);
        StoredResponse::new(response, &self.commit.previous, self.commit.input.clone())
    }
}

/// A request that was found valid, and the leniencies that it needed.
pub(crate) struct ValidRequest {
    pub(crate) request: CreateRequest,
    pub(crate) warnings: Vec<Warning>,
}

impl ValidRequest {
    pub(crate) fn read(
        document: &Document<'_>,
        kind: DocumentKind,
        profile: Profile,
    ) -> Result<Self, Violation> {
        let warnings = validate(document, kind, profile).into_result()?;
        let request = CreateRequest::from_document(document)?;
        Ok(Self { request, warnings })
    }
}

/// A body as a turn.
pub(super) async fn plan(config: &Config, state: State, body: &[u8]) -> Result<PlannedTurn, Error> {
    let document = Document::parse_with(body, config.json_limits).map_err(Violation::from)?;
    let valid = ValidRequest::read(&document, DocumentKind::CreateRequest, config.profile)?;
    plan_valid(config, state, valid, None).await
}

/// A valid request as a turn. `local` is what the connection remembers.
pub(super) async fn plan_valid(
    config: &Config,
    state: State,
    valid: ValidRequest,
    local: Option<Arc<ConnectionCache>>,
) -> Result<PlannedTurn, Error> {
    let ValidRequest { request, warnings } = valid;
    let previous = match request.previous_response_id.as_str() {
        Some(id) => state.previous(id, local.as_deref()).await?,
        None => Conversation::default(),
    };
    let items = previous.context();
    let found = state.references(&request.input, &items).await?;
    let resolve = |id: &str| found.get(id).map(Arc::clone);
    let obfuscate = config.obfuscation_default && is_unsaid(&request);
    let mut turn = Normalizer::new(config.profile)
        .default_model(config.default_model.as_deref())
        .previous(&items)
        .resolve(&resolve)
        .turn(request)
        .map_err(first)?;
    turn.warnings.splice(0..0, warnings);
    turn.include_obfuscation |= obfuscate;
    turn.store &= state.store.is_some();
    if turn.background {
        check_background(config, &turn)?;
    }
    let mut input = turn.input_items().to_vec();
    if turn.background {
        // It is listed before it has ended, with the ids that it keeps.
        let named = |item| named(item, &*config.ids);
        input = input.into_iter().map(named).collect();
    }
    let response = turn.response(config.ids.id(IdKind::Response), config.clock.now());
    let commit = Commit {
        persist: turn.store,
        background: turn.background,
        state,
        previous,
        input,
        ids: config.ids.clone(),
        local,
    };
    Ok(PlannedTurn {
        turn,
        response,
        commit,
    })
}

/// A response can only be made in the background where it can be polled.
fn check_background(config: &Config, turn: &Turn) -> Result<(), Error> {
    let (member, rule, message) = if config.background.is_none() || config.store.is_none() {
        (
            "background",
            "background:offered",
            "This server does not make responses in the background. Leave 'background' out, or set it to false.",
        )
    } else if !turn.store {
        (
            "store",
            "background:store",
            "A background response must be stored. Leave 'store' out, or set it to true.",
        )
    } else if turn.stream {
        (
            "stream",
            "background:stream",
            "A background response cannot be streamed here. Leave 'stream' out and poll the response.",
        )
    } else {
        return Ok(());
    };
    let path = Path::default().member(member);
    Err(Violation::new(
        path,
        ViolationCode::UnsupportedParameter,
        rule,
        message.into(),
    )
    .into())
}

pub(super) fn first(violations: Vec<Violation>) -> Error {
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
    planned: PlannedTurn,
) -> Result<StartedTurn, Error> {
    let PlannedTurn {
        turn,
        response,
        commit,
    } = planned;
    let policy = turn.tool_policy().on_forbidden(config.forbidden_calls);
    let obfuscate = turn.include_obfuscation;
    let request = Request::from_parts(head, turn);
    let asked = AssertUnwindSafe(async move { provider.respond(request).await }).catch_unwind();
    let asked = config.shutdown.unless_ended(asked).await?;
    let answer = asked.map_err(|_| panicked())??;
    let (answer, output) = answer.into_parts();
    let sequencer = sequencer(config, response, policy);
    let stream = TurnStream::new(output, sequencer, commit).obfuscated(obfuscate);
    Ok(StartedTurn {
        stream: running(config, stream),
        headers: answer.headers,
    })
}

/// The turn without the provider: complete and empty, and it can be continued.
#[cfg(feature = "ws")]
pub(super) fn warm_up(config: &Config, planned: PlannedTurn) -> ActiveTurn {
    // No call is missed where nothing is generated.
    let policy = ToolPolicy::new(&[], &openresponses_types::ToolChoiceMode::None.into());
    let nothing =
        crate::output::OutputStream::from_deltas(
            [openresponses_types::sequence::Delta::complete()],
        );
    let sequencer = sequencer(config, planned.response, policy);
    let stream = TurnStream::new(nothing, sequencer, planned.commit);
    running(config, stream)
}

fn running(config: &Config, stream: TurnStream) -> ActiveTurn {
    ActiveTurn::new(stream, config.drain.clone(), config.shutdown.watch())
}

fn sequencer(
    config: &Config,
    response: openresponses_types::Response,
    policy: ToolPolicy,
) -> Sequencer {
    Sequencer::new(response, policy, config.ids.clone(), config.clock.clone())
}
