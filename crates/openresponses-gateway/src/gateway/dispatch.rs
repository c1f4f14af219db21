//! The sequence of a request's attempts.

use std::sync::Arc;

use http::request::Parts;
use openresponses_tower::Error;
use openresponses_types::wire::Extra;

use super::attempt::Failed;
use super::attempts::{Attempts, Fault};
use super::failover::{is_failure, is_missing, is_not_offered};
use super::options::Options;
use super::plan::{Target, plan};
use super::settings::Settings;
use crate::budget::Estimate;
use crate::health::Slot;
use crate::observe::{Outcome, Watch};
use crate::registry::Catalog;

pub(super) struct Dispatch<'g> {
    settings: &'g Settings,
    pub(super) options: Options,
    targets: std::vec::IntoIter<Target>,
    /// The number of attempts that count for `max_attempts`. One whose provider does not offer the operation,
    /// known without asking its server, does not.
    made: usize,
    pub(super) attempts: Attempts,
    failed: Option<Error>,
    /// The next attempt does not count for the budget of all requests.
    is_free: bool,
    /// The providers that do not offer the operation.
    lacking: Vec<Arc<str>>,
    /// The providers that were busy or down.
    passed_over: Vec<Arc<str>>,
    pub(super) watch: Watch,
}

impl<'g> Dispatch<'g> {
    pub(super) fn new(
        settings: &'g Settings,
        catalog: &Catalog,
        head: &Parts,
        model: &str,
        extra: &mut Extra,
        mut watch: Watch,
        fit: impl FnOnce(&mut Vec<Target>, &mut Options) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let planned = settings.count(head).and_then(|()| {
            let mut options = Options::take(extra)?;
            let permits = |name: &str| settings.permits(head, name);
            let mut targets = plan(catalog, model, &mut options, permits)?;
            fit(&mut targets, &mut options)?;
            Ok((options, targets))
        });
        let (mut options, targets) =
            planned.inspect_err(|error| watch.end(Outcome::Failed(error.code())))?;
        if let Some(budget) = &settings.budget {
            budget.deposit();
        }
        let warnings = std::mem::take(&mut options.warnings);
        let attempts = Attempts::new(settings.generation_id(), model, &targets, warnings);
        Ok(Self {
            settings,
            options,
            targets: targets.into_iter(),
            made: 0,
            attempts,
            failed: None,
            is_free: false,
            lacking: Vec::new(),
            passed_over: Vec::new(),
            watch,
        })
    }

    /// Reserves the budget of the caller for the attempts.
    pub(super) async fn reserve(
        &mut self,
        head: &Parts,
        estimate: impl FnOnce() -> Estimate,
    ) -> Result<(), Error> {
        let Some(budgets) = &self.settings.budgets else {
            return Ok(());
        };
        let targets = self.targets.as_slice().iter();
        let table = &self.settings.prices;
        let prices = targets.filter_map(|target| table.find(&target.model, &target.provider));
        let reserved = budgets.reserve(head, estimate(), prices.collect()).await;
        let charge = reserved.inspect_err(|error| self.watch.end(Outcome::Failed(error.code())))?;
        self.watch.charge(charge);
        Ok(())
    }

    /// Returns the next available target. Targets that are busy or down are passed over and do not
    /// count as attempts.
    pub(super) fn next(&mut self) -> Option<(Target, Slot)> {
        while self.has_more() {
            let target = self.targets.next()?;
            if self.lacking.contains(&target.provider) {
                continue;
            }
            match target.entry.health.admit(target.is_shortened) {
                Ok(permit) => {
                    if self.made > 0 && !self.is_free && !self.is_affordable() {
                        tracing::warn!("the budget for further attempts is used up");
                        return None;
                    }
                    self.made += 1;
                    self.begin(&target);
                    return Some((target, permit));
                }
                Err(error) => self.pass_over(&target, error),
            }
        }
        None
    }

    /// Returns true if another target remains after the current one.
    pub(super) fn has_more(&self) -> bool {
        self.made < self.settings.max_attempts && !self.targets.as_slice().is_empty()
    }

    /// Records a failed attempt.
    ///
    /// # Errors
    /// The error itself if the request ends with it.
    pub(super) fn failed(
        &mut self,
        target: &Target,
        mut permit: Slot,
        failed: Failed,
    ) -> Result<(), Error> {
        let Failed {
            error,
            is_late,
            usage,
        } = failed;
        if let Some(usage) = &usage {
            self.watch.usage(usage);
        }
        let is_cut_short = is_late && target.is_shortened;
        if is_cut_short {
            self.watch.cut_short();
        }
        // A time limit that the client has shortened says nothing about the provider, nor does a
        // refusal of the client's own key.
        let is_of_client = is_cut_short || error.is_of_caller();
        // What the client has chosen does not use up what others may need: `max_attempts` bounds it.
        self.is_free = is_of_client || is_missing(&error);
        if is_failure(&error) && !is_of_client {
            permit.failed();
        } else if error.is_answered() {
            permit.answers();
        }
        self.end(target, &error);
        if is_not_offered(&error) {
            self.lacking.push(Arc::clone(&target.provider));
            if !error.is_answered() {
                // Like a target that is busy.
                self.made = self.made.saturating_sub(1);
            }
        } else if !(self.settings.failover)(&error) {
            self.watch.end(Outcome::Failed(error.code()));
            return Err(error);
        }
        self.keep(error);
        Ok(())
    }

    /// Keeps the error of the last attempt. What one provider does not have does not explain why
    /// another one failed.
    fn keep(&mut self, error: Error) {
        if self.failed.is_none() || !is_missing(&error) {
            self.failed = Some(error);
        }
    }

    /// Reports a target that is busy or down, once for each provider: a client can name many models of
    /// one. It is asked again, since it may have a place by then.
    fn pass_over(&mut self, target: &Target, error: Error) {
        if self.passed_over.contains(&target.provider) {
            return;
        }
        self.passed_over.push(Arc::clone(&target.provider));
        self.attempts.begin(target);
        self.attempts.end(Some(Fault::of(&error)));
        let (provider, code) = (&*target.provider, error.code());
        tracing::debug!(provider, code, "a provider was passed over");
        self.keep(error);
    }

    /// Ends the request with the error of the last attempt.
    pub(super) fn give_up(mut self) -> Error {
        let error = self.failed.unwrap_or_else(Error::overloaded);
        self.watch.end(Outcome::Failed(error.code()));
        error
    }

    fn is_affordable(&self) -> bool {
        let budget = self.settings.budget.as_ref();
        budget.is_none_or(|budget| budget.withdraw())
    }

    fn begin(&mut self, target: &Target) {
        self.attempts.begin(target);
        self.watch
            .attempt(&target.label, &target.provider, &target.provider_model);
        let prices = &self.settings.prices;
        self.watch
            .price(prices.find(&target.model, &target.provider));
    }

    fn end(&mut self, target: &Target, error: &Error) {
        self.watch.attempt_ended(Outcome::Failed(error.code()));
        self.attempts.end(Some(Fault::of(error)));
        let source = std::error::Error::source(error);
        let (provider, model) = (&*target.provider, &*target.provider_model);
        tracing::warn!(
            provider,
            model,
            code = error.code(),
            source,
            "an attempt failed"
        );
    }
}
