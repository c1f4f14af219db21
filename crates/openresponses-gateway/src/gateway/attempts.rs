//! The record of a request's attempts.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use openresponses_tower::Error;
use tokio::time::Instant;

use super::options::OptionWarning;
use super::plan::Target;

/// The attempts of one request.
#[derive(Clone, Debug)]
pub(super) struct Attempts {
    pub(super) id: String,
    pub(super) original_model: String,
    pub(super) planned: Vec<Planned>,
    pub(super) tried: Vec<Tried>,
    pub(super) warnings: Vec<OptionWarning>,
    /// The number of warnings about the request itself, independent of the provider.
    general: usize,
    started: Instant,
    /// The start, in milliseconds since 1970.
    started_at: u64,
}

#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) provider: Arc<str>,
    pub(super) provider_model: Arc<str>,
}

#[derive(Clone, Debug)]
pub(super) struct Tried {
    pub(super) model: Arc<str>,
    pub(super) provider: Arc<str>,
    pub(super) provider_model: Arc<str>,
    pub(super) started_at: u64,
    pub(super) ended_at: Option<u64>,
    /// `None` during the attempt and after success.
    pub(super) failed: Option<Fault>,
}

#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) code: String,
    pub(super) status: u16,
}

impl Fault {
    pub(super) fn of(error: &Error) -> Self {
        Self {
            code: error.code().to_owned(),
            status: error.kind().status().as_u16(),
        }
    }
}

impl Attempts {
    pub(super) fn new(
        id: String,
        original_model: &str,
        targets: &[Target],
        warnings: Vec<OptionWarning>,
    ) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            id,
            original_model: original_model.to_owned(),
            planned: targets
                .iter()
                .map(|target| Planned {
                    provider: target.provider.clone(),
                    provider_model: target.provider_model.clone(),
                })
                .collect(),
            tried: Vec::new(),
            general: warnings.len(),
            warnings,
            started: Instant::now(),
            started_at: millis(since.unwrap_or_default()),
        }
    }

    fn now(&self) -> u64 {
        self.started_at
            .saturating_add(millis(self.started.elapsed()))
    }

    pub(super) fn begin(&mut self, target: &Target) {
        // Warnings about the previous provider do not apply to the next one.
        self.warnings.truncate(self.general);
        self.tried.push(Tried {
            model: target.model.clone(),
            provider: target.provider.clone(),
            provider_model: target.provider_model.clone(),
            started_at: self.now(),
            ended_at: None,
            failed: None,
        });
    }

    /// Adds a warning about the current provider.
    pub(super) fn warn(&mut self, feature: &str, details: String) {
        let feature = feature.to_owned();
        self.warnings.push(OptionWarning { feature, details });
    }

    /// Ends the current attempt.
    pub(super) fn end(&mut self, failed: Option<Fault>) {
        let now = self.now();
        if let Some(tried) = self.tried.last_mut() {
            tried.ended_at = Some(now);
            tried.failed = failed;
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
