//! The state shared by the layer and the standalone service.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::mounting::Mounting;
use super::route::is_endpoint;
use super::stall::Stalls;
use crate::config::Config;

pub(crate) struct Core<P> {
    pub(crate) config: Config,
    pub(crate) provider: P,
    pub(crate) stalls: Arc<Stalls>,
    mounting: Mounting,
    /// Set once a task looks for interrupted background responses.
    watched: AtomicBool,
}

impl<P> Core<P> {
    pub(crate) fn new(provider: P, config: Config) -> Self {
        Self {
            stalls: Arc::new(Stalls::new(config.stall_limit)),
            config,
            provider,
            mounting: Mounting::default(),
            watched: AtomicBool::new(false),
        }
    }

    /// Returns true once: for the caller that looks for interrupted background responses.
    pub(super) fn watches(&self) -> bool {
        // Nothing is published with the flag. A plain read is the cheap case.
        !self.watched.load(Ordering::Relaxed) && !self.watched.swap(true, Ordering::Relaxed)
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
