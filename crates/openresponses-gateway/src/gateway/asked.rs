//! A request on its way through the attempts.

use openresponses_tower::Error;
use openresponses_types::Members;

use super::journal::{Fault, Journal};
use super::options::Options;
use super::plan::{Target, plan};
use super::provider::Gateway;
use crate::registry::Catalog;

pub(super) struct Asked<'g> {
    gateway: &'g Gateway,
    pub(super) options: Options,
    targets: std::vec::IntoIter<Target>,
    pub(super) journal: Journal,
    failed: Option<Error>,
}

impl<'g> Asked<'g> {
    pub(super) fn new(
        gateway: &'g Gateway,
        catalog: &Catalog,
        model: &str,
        extra: &mut Members,
        fit: impl FnOnce(&mut Vec<Target>) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let mut options = Options::take(extra)?;
        let mut targets = plan(catalog, model, &mut options)?;
        fit(&mut targets)?;
        targets.truncate(gateway.most_attempts);
        let warnings = std::mem::take(&mut options.warnings);
        let journal = Journal::new(gateway.generation_id(), model, &targets, warnings);
        Ok(Self {
            gateway,
            options,
            targets: targets.into_iter(),
            journal,
            failed: None,
        })
    }

    /// Whom to ask next; nobody when there is nobody left.
    pub(super) fn next(&mut self) -> Option<Target> {
        let target = self.targets.next()?;
        self.journal.begin(&target);
        Some(target)
    }

    /// Whether somebody else can be asked if the one that is asked now fails.
    pub(super) fn has_more(&self) -> bool {
        !self.targets.as_slice().is_empty()
    }

    /// The attempt failed.
    ///
    /// # Errors
    /// When that is how the request ends.
    pub(super) fn failed(&mut self, target: &Target, error: Error) -> Result<(), Error> {
        self.journal.end(Some(Fault::of(&error)));
        let source = std::error::Error::source(&error);
        let (provider, model) = (&target.provider, &target.provider_model);
        tracing::warn!(
            provider,
            model,
            code = error.code(),
            source,
            "an attempt failed"
        );
        if !(self.gateway.failover)(&error) {
            return Err(error);
        }
        self.failed = Some(error);
        Ok(())
    }

    /// Everybody failed: the last one's error.
    pub(super) fn give_up(self) -> Error {
        self.failed.unwrap_or_else(Error::overloaded)
    }
}
