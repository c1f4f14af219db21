//! The state shared by the layer and the standalone service.

use std::sync::Arc;

use super::jobs::Jobs;
use super::mounting::Mounting;
use super::route::is_endpoint;
use super::stall::Stalls;
use crate::config::Config;

pub(crate) struct Core<P> {
    pub(crate) config: Config,
    pub(crate) provider: P,
    pub(crate) jobs: Jobs,
    pub(crate) stalls: Arc<Stalls>,
    mounting: Mounting,
}

impl<P> Core<P> {
    pub(crate) fn new(provider: P, config: Config) -> Self {
        Self {
            stalls: Arc::new(Stalls::new(config.stall_limit)),
            config,
            provider,
            jobs: Jobs::default(),
            mounting: Mounting::default(),
        }
    }

    /// Returns true for the paths of the endpoint.
    pub(crate) fn answers(&self, path: &str) -> bool {
        let prefix = &self.config.prefix;
        let answers = is_endpoint(prefix, path);
        if !answers {
            self.mounting.look(prefix, path);
        }
        answers
    }
}
