//! The state shared by the layer and the standalone service.

use super::jobs::Jobs;
use crate::config::Config;

pub(crate) struct Core<P> {
    pub(crate) config: Config,
    pub(crate) provider: P,
    pub(crate) jobs: Jobs,
}

impl<P> Core<P> {
    pub(crate) fn new(provider: P, config: Config) -> Self {
        Self {
            config,
            provider,
            jobs: Jobs::default(),
        }
    }
}
