//! What precedes the output of a turn: its policy, its response, and its own input.

use std::sync::Arc;

use openresponses_types::diagnostics::{Path, ViolationCode};
use openresponses_types::sequence::{Clock, IdGenerator, IdKind, ToolPolicy};
use openresponses_types::{Item, Response, Turn, Violation};

use crate::config::Config;
use crate::error::Error;
use crate::store::ScopedStore;
use crate::turn::with_item_id;

/// A turn with what precedes its output.
pub(super) struct BegunTurn {
    pub(super) turn: Box<Turn>,
    pub(super) policy: ToolPolicy,
    pub(super) response: Arc<Response>,
    /// What came with the request. Kept where nothing is saved as well: a provider that drops a large turn
    /// frees none of its items.
    pub(super) input: Vec<Arc<Item>>,
}

/// What is needed to begin a turn.
pub(super) struct Beginning {
    ids: Arc<dyn IdGenerator>,
    clock: Arc<dyn Clock>,
    has_store: bool,
    runs_in_background: bool,
    keeps_events: bool,
}

impl Beginning {
    pub(super) fn new(config: &Config, store: &ScopedStore) -> Self {
        Self {
            ids: Arc::clone(&config.ids),
            clock: Arc::clone(&config.clock),
            has_store: store.is_present(),
            runs_in_background: config.background.is_some() && config.store.is_some(),
            keeps_events: store.keeps_events(),
        }
    }

    pub(super) fn begin(&self, mut turn: Box<Turn>) -> Result<BegunTurn, Error> {
        turn.store &= self.has_store;
        let mut input = turn.input_items().to_vec();
        if turn.background {
            self.check_background(&turn)?;
            // Items of an unfinished response can be listed, so their ids are assigned now.
            let named = |item| with_item_id(item, &*self.ids);
            input = input.into_iter().map(named).collect();
        }
        Ok(BegunTurn {
            policy: turn.tool_policy(),
            response: Arc::new(turn.response(self.ids.id(IdKind::Response), self.clock.now())),
            input,
            turn,
        })
    }

    /// Refuses a background response that could not be polled.
    fn check_background(&self, turn: &Turn) -> Result<(), Error> {
        let (member, rule, message) = if !self.runs_in_background {
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
        } else if turn.stream && !self.keeps_events {
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
}
