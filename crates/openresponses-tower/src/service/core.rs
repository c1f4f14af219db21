//! What the layer and the bare service share.

use super::config::Config;
use super::jobs::Jobs;

pub(super) struct Core<P> {
    pub(super) config: Config,
    pub(super) provider: P,
    pub(super) jobs: Jobs,
}

impl<P> Core<P> {
    pub(super) fn new(provider: P, config: Config) -> Self {
        Self {
            config,
            provider,
            jobs: Jobs::default(),
        }
    }
}
