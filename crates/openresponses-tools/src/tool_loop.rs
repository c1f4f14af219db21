use std::fmt;
use std::sync::Arc;

use http::{Request, Response};
use openresponses_tower::{CompactedWindow, Error, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::normalize::ContextWindow;

use crate::limits::Limits;
use crate::offer::{Offers, readable};
use crate::rounds::{LoopMachine, Settings};
use crate::run::LoopStream;
use crate::tools::Tools;

/// A provider that runs the tools of the server: it samples the provider that it wraps, runs the calls
/// of registered tools, feeds the results back, and goes on until the model is done or calls a
/// function of the client's. Spec: "The Agentic loop".
///
/// See the [crate](crate) for an example.
pub struct ToolLoop<P> {
    provider: Arc<P>,
    tools: Tools,
    limits: Limits,
}

impl<P: Provider> ToolLoop<P> {
    /// Wraps a provider.
    #[must_use]
    pub fn new(provider: P, tools: Tools) -> Self {
        Self {
            provider: Arc::new(provider),
            tools,
            limits: Limits::default(),
        }
    }

    /// Sets the bounds of each response's loop.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

impl<P: Provider> Provider for ToolLoop<P> {
    async fn respond(&self, request: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let (head, mut turn) = request.into_parts();
        let tools = &self.tools.tools;
        (turn.items, turn.input_start) = readable(&turn.items, turn.input_start, tools);
        let offers = Offers::new(tools, &turn);
        if offers.is_empty() {
            return self.provider.respond(Request::from_parts(head, turn)).await;
        }
        let head = Arc::new(head);
        let settings = Settings::new(self.limits, Arc::clone(&head), &turn);
        let machine = LoopMachine::new(offers, settings);
        let provider = Arc::clone(&self.provider);
        let mut rounds = LoopStream::new(provider, head, turn, machine, self.limits);
        let (head, output) = rounds.ask().await?.into_parts();
        rounds.sample(output);
        Ok(Response::from_parts(head, OutputStream::new(rounds)))
    }

    async fn compact(
        &self,
        request: Request<ContextWindow>,
    ) -> Result<Response<CompactedWindow>, Error> {
        let (head, mut window) = request.into_parts();
        let tools = &self.tools.tools;
        (window.items, window.input_start) = readable(&window.items, window.input_start, tools);
        self.provider
            .compact(Request::from_parts(head, window))
            .await
    }
}

impl<P> fmt::Debug for ToolLoop<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolLoop")
            .field("tools", &self.tools)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
