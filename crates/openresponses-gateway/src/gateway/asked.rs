//! A request on its way through the attempts.

use http::request::Parts;
use openresponses_tower::Error;
use openresponses_types::Members;

use super::failover::worth_another_attempt;
use super::journal::{Fault, Journal};
use super::options::Options;
use super::plan::{Target, plan};
use super::provider::Gateway;
use crate::health::Permit;
use crate::observe::{Outcome, Watch};
use crate::registry::Catalog;

pub(super) struct Asked<'g> {
    gateway: &'g Gateway,
    pub(super) options: Options,
    targets: std::vec::IntoIter<Target>,
    pub(super) journal: Journal,
    failed: Option<Error>,
    pub(super) watch: Watch,
}

impl<'g> Asked<'g> {
    pub(super) fn new(
        gateway: &'g Gateway,
        catalog: &Catalog,
        model: &str,
        head: &Parts,
        extra: &mut Members,
        mut watch: Watch,
        fit: impl FnOnce(&mut Vec<Target>) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let planned = Options::take(extra).and_then(|mut options| {
            let mut targets = plan(catalog, model, &mut options, &|name| {
                gateway.permits(head, name)
            })?;
            fit(&mut targets)?;
            Ok((options, targets))
        });
        let (mut options, mut targets) =
            planned.inspect_err(|error| watch.end(Outcome::Failed(error.code())))?;
        if let Some(budget) = &gateway.budget {
            budget.deposit();
        }
        targets.truncate(gateway.most_attempts);
        let warnings = std::mem::take(&mut options.warnings);
        let journal = Journal::new(gateway.generation_id(), model, &targets, warnings);
        Ok(Self {
            gateway,
            options,
            targets: targets.into_iter(),
            journal,
            failed: None,
            watch,
        })
    }

    /// Whom to ask next; nobody when there is nobody left.
    pub(super) fn next(&mut self) -> Option<Target> {
        if self.failed.is_some()
            && !self.targets.as_slice().is_empty()
            && self
                .gateway
                .budget
                .as_ref()
                .is_some_and(|budget| !budget.withdraw())
        {
            tracing::warn!("the budget for further attempts is used up");
            return None;
        }
        let target = self.targets.next()?;
        self.journal.begin(&target);
        self.watch
            .attempt(&target.label, &target.provider, &target.provider_model);
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
    pub(super) fn failed(
        &mut self,
        target: &Target,
        permit: Option<Permit>,
        error: Error,
    ) -> Result<(), Error> {
        if let Some(mut permit) = permit.filter(|_| worth_another_attempt(&error)) {
            permit.failed();
        }
        self.watch.attempt_ended(Outcome::Failed(error.code()));
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
            self.watch.end(Outcome::Failed(error.code()));
            return Err(error);
        }
        self.failed = Some(error);
        Ok(())
    }

    /// Everybody failed: the last one's error.
    pub(super) fn give_up(mut self) -> Error {
        let error = self.failed.unwrap_or_else(Error::overloaded);
        self.watch.end(Outcome::Failed(error.code()));
        error
    }
}
