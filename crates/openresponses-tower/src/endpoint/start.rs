//! Starting a planned turn.

use http::request::Parts;
use http::{HeaderMap, Request};
use openresponses_types::Response;
#[cfg(feature = "ws")]
use openresponses_types::sequence::Delta;
use openresponses_types::sequence::{Sequencer, ToolPolicy};
#[cfg(feature = "ws")]
use openresponses_types::tool::ToolChoiceMode;

use super::forwarded::forwarded;
use super::plan::PlannedTurn;
use crate::config::Config;
use crate::error::Error;
use crate::layers::{Limits, limited};
#[cfg(feature = "ws")]
use crate::output::OutputStream;
use crate::provider::Provider;
use crate::provider::guard;
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
    let limits = Limits {
        first_output: config.first_output_limit,
        idle: config.idle_limit,
        total: None,
    };
    let asked = limited(limits, async move { provider.respond(request).await });
    let asked = guard::future(asked);
    let answer = config.shutdown.unless_ended(asked).await???;
    let (answer, output) = answer.into_parts();
    let sequencer = sequencer(config, response, policy);
    let stream = TurnStream::new(output, sequencer, commit).obfuscated(obfuscate);
    Ok(StartedTurn {
        stream: running(config, stream),
        headers: forwarded(answer.headers),
    })
}

/// Completes a turn without output, which can be continued. The provider is not called.
#[cfg(feature = "ws")]
pub(super) fn warm_up(config: &Config, planned: PlannedTurn) -> ActiveTurn {
    // A call cannot be missing where nothing is generated.
    let policy = ToolPolicy::new(&[], &ToolChoiceMode::None.into());
    let nothing = OutputStream::from_deltas([Delta::complete()]);
    let sequencer = sequencer(config, planned.response, policy);
    let stream = TurnStream::new(nothing, sequencer, planned.commit);
    running(config, stream)
}

fn running(config: &Config, stream: TurnStream) -> ActiveTurn {
    ActiveTurn::new(stream, config.drain.clone(), config.shutdown.watch())
}

fn sequencer(config: &Config, response: Response, policy: ToolPolicy) -> Sequencer {
    Sequencer::new(response, policy, config.ids.clone(), config.clock.clone())
}
