//! The state shared by the layer and the standalone service.

use std::sync::Arc;

use super::jobs::Jobs;
use super::stall::Stalls;
use crate::config::Config;

pub(crate) struct Core<P> {
    pub(crate) config: Config,
    pub(crate) provider: P,
    pub(crate) jobs: Jobs,
    pub(crate) stalls: Arc<Stalls>,
}

impl<P> Core<P> {
    pub(crate) fn new(provider: P, config: Config) -> Self {
        Self {
            stalls: Arc::new(Stalls::new(config.stall_limit)),
            config,
            provider,
            jobs: Jobs::default(),
        }
    }
}
