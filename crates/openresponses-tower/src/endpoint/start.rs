//! Starting a planned turn.

use std::sync::Arc;

use futures_util::TryFutureExt;
use http::request::Parts;
use http::{HeaderMap, Request};
#[cfg(feature = "ws")]
use openresponses_types::sequence::Delta;
use openresponses_types::sequence::{Sequencer, ToolPolicy};
#[cfg(feature = "ws")]
use openresponses_types::tool::ToolChoiceMode;
use openresponses_types::{Response, Turn};

use super::core::Core;
use super::forwarded::forwarded;
use super::plan::PlannedTurn;
use crate::bounds::discard;
use crate::config::Config;
use crate::error::Error;
use crate::guard;
use crate::layers::{Limits, TimedOutput, limited};
use crate::output::OutputStream;
use crate::provider::Provider;
use crate::request_context::RequestContext;
use crate::store::first_number;
use crate::turn::{ActiveTurn, TurnStream};

/// A started turn.
pub(super) struct StartedTurn {
    pub(super) stream: ActiveTurn,
    /// The provider's headers.
    pub(super) headers: HeaderMap,
}

/// Calls the provider. Its error or panic is still an HTTP status here.
pub(super) async fn start<P: Provider>(
    config: &Config,
    provider: &P,
    head: Parts,
    planned: Box<PlannedTurn>,
) -> Result<StartedTurn, Error> {
    // A background response that is stopped was cancelled, not abandoned.
    let is_background = planned.commit.hold.is_some();
    let drain = config.drain.clone().filter(|_| !is_background);
    let bytes = planned.claim.bytes();
    let (request, stream) = prepare(config, head, planned);
    // In memory of its own, since the request is large and the future goes through several wrappers.
    let answer = match guard::call(|| Box::pin(provider.respond(request))) {
        Ok(answer) => guard::future(limited(limits(config), answer))
            .await
            .unwrap_or_else(Err),
        Err(error) => Err(error),
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            discard(bytes, stream);
            return Err(error);
        }
    };
    let (answer, output) = answer.into_parts();
    Ok(StartedTurn {
        stream: ActiveTurn::new(stream.with_output(output), drain, config.shutdown.watch()),
        headers: forwarded(answer.headers),
    })
}

/// Starts a turn whose first events precede the provider's answer. Its error is an event, too.
pub(super) fn deferred<P: Provider>(
    core: &Arc<Core<P>>,
    head: Parts,
    planned: Box<PlannedTurn>,
) -> ActiveTurn {
    let (request, stream) = prepare(&core.config, head, planned);
    let (asked, limits) = (Arc::clone(core), limits(&core.config));
    let output = async move {
        let answer = limited(limits, async { asked.provider.respond(request).await });
        Ok::<TimedOutput, Error>(guard::future(answer).await??.into_body())
    };
    let output = OutputStream::from_outputs(output.try_flatten_stream());
    let output = TimedOutput::unlimited(output);
    ActiveTurn::new(
        stream.with_output(output),
        None,
        core.config.shutdown.watch(),
    )
}

/// Returns the provider's request, and the stream of the turn, which has no output yet.
fn prepare(
    config: &Config,
    mut head: Parts,
    planned: Box<PlannedTurn>,
) -> (Request<Turn>, Box<TurnStream>) {
    let PlannedTurn {
        turn,
        policy,
        response,
        commit,
        claim,
        previous,
        job,
        request: _,
    } = *planned;
    if let Some(previous) = previous {
        head.extensions.insert(previous);
    }
    let attempt = job.map_or(1, |job| job.attempt);
    let policy = policy.on_forbidden(config.forbidden_calls);
    let obfuscate = turn.include_obfuscation;
    let context = context(&head, &turn, &response);
    let sequencer = sequencer(config, response, policy)
        .first_number(first_number(attempt))
        .provider_settings(turn.provider_settings());
    let stream = TurnStream::new(sequencer, commit, claim)
        .obfuscated(obfuscate)
        .observed(context);
    (Request::from_parts(head, *turn), stream)
}

/// Completes a turn without output, which can be continued. The provider is not called.
#[cfg(feature = "ws")]
pub(super) fn warm_up(config: &Config, planned: PlannedTurn) -> ActiveTurn {
    // A call cannot be missing where nothing is generated.
    let policy = ToolPolicy::new(&[], &ToolChoiceMode::None.into());
    let nothing = TimedOutput::unlimited(OutputStream::from_deltas([Delta::complete()]));
    let sequencer = sequencer(config, planned.response, policy);
    let stream = TurnStream::new(sequencer, planned.commit, planned.claim).with_output(nothing);
    ActiveTurn::new(stream, config.drain.clone(), config.shutdown.watch())
}

/// Returns the context of the request, which knows the response from here on.
fn context(head: &Parts, turn: &Turn, response: &Response) -> Option<RequestContext> {
    let context = RequestContext::from_extensions(&head.extensions)?;
    context.record_response_id(&response.id);
    context.record_model(&turn.model);
    Some(context)
}

/// Returns the limits of silent providers.
fn limits(config: &Config) -> Limits {
    Limits {
        first_output: config.first_output_limit,
        idle: config.idle_limit,
        total: None,
    }
}

fn sequencer(config: &Config, response: Arc<Response>, policy: ToolPolicy) -> Sequencer {
    Sequencer::new(response, policy, config.ids.clone(), config.clock.clone())
}
