//! Reports what a relay mended.

use std::fmt;
use std::sync::Arc;

use openresponses_types::check::StreamViolation;
use openresponses_types::relay::{Relay, Repairs};

use crate::guard;

/// How many violations of a stream are logged.
const LOGGED: usize = 8;

/// What became of an upstream's stream, once its response has ended.
///
/// ```
/// use openresponses_tower::output::{RelayMode, RelayReport};
/// use openresponses_types::relay::{Relay, RelayOptions};
///
/// let relay = Relay::new(RelayOptions::new(RelayMode::Repair));
/// assert!(RelayReport::of(&relay).violations.is_empty());
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RelayReport<'a> {
    /// What was mended, dropped or tolerated, each by its name and with its count.
    pub repairs: &'a Repairs,
    /// The rules that the upstream broke, in [`RelayMode::Observe`](super::RelayMode::Observe) and
    /// [`RelayMode::Enforce`](super::RelayMode::Enforce).
    pub violations: &'a [StreamViolation],
}

impl<'a> RelayReport<'a> {
    /// Creates the report of a relay.
    #[must_use]
    pub fn of(relay: &'a Relay) -> Self {
        Self {
            repairs: relay.repairs(),
            violations: relay.violations(),
        }
    }

    /// Logs what was mended, and the first violations.
    pub fn log(&self) {
        for violation in self.violations.iter().take(LOGGED) {
            let rule = violation.rule.name();
            tracing::warn!(rule, %violation, "the server behind this one broke the protocol");
        }
        for (repair, count) in self.repairs.iter() {
            let name = repair.name();
            tracing::warn!(
                repair = name,
                count,
                "a stream of the server behind this one was mended"
            );
        }
    }

    /// Returns true if the upstream's stream was as it should be.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.repairs.is_empty() && self.violations.is_empty()
    }
}

/// Receives the [`RelayReport`] of a response that is relayed. A provider, or a layer around one,
/// sends it as the [`Output::RelayObserver`](super::Output::RelayObserver); it is called once, on
/// the request's task, when the response has ended. Its panics, and those of its destructor, are
/// logged and have no other effect.
///
/// ```
/// use openresponses_tower::output::RelayObserver;
/// use openresponses_tower::output::Output;
/// use openresponses_tower::OutputStream;
/// use futures_util::{StreamExt, stream};
///
/// fn counted(output: OutputStream) -> OutputStream {
///     let observer = RelayObserver::new(|report| {
///         for (repair, count) in report.repairs.iter() {
///             println!("{repair}: {count}");
///         }
///     });
///     let first = stream::iter([Ok(Output::RelayObserver(observer))]);
///     OutputStream::new(first.chain(output))
/// }
/// # let _ = counted;
/// ```
#[derive(Clone)]
pub struct RelayObserver(
    // `None` only while it is dropped.
    Option<Observe>,
);

type Observe = Arc<dyn Fn(&RelayReport<'_>) + Send + Sync>;

impl RelayObserver {
    /// Creates an observer that calls `report`.
    pub fn new(report: impl Fn(&RelayReport<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(report)))
    }

    /// Calls the observer.
    pub fn report(&self, report: &RelayReport<'_>) {
        if let Some(observer) = &self.0
            && guard::call(|| observer(report)).is_err()
        {
            tracing::error!("an observer of a relay panicked");
        }
    }
}

impl Drop for RelayObserver {
    fn drop(&mut self) {
        guard::discard(self.0.take());
    }
}

impl fmt::Debug for RelayObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RelayObserver")
    }
}
