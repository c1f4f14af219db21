use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use openresponses_tower::Error;
use tokio::sync::OwnedSemaphorePermit;

use super::breaker::{Circuit, CircuitBreaker, CircuitState, Probe};
use super::concurrency::ConcurrencyLimit;

/// The state of a provider, shared by all catalogs that contain it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Health {
    pub(crate) slots: Option<ConcurrencyLimit>,
    pub(crate) breaker: Option<CircuitBreaker>,
    circuit: Arc<Mutex<Circuit>>,
}

impl Health {
    /// Admits an attempt, or returns at once why not. `is_shortened` where the client's time limit is
    /// shorter than the host's.
    pub(crate) fn admit(&self, is_shortened: bool) -> Result<Slot, Error> {
        let slot = match &self.slots {
            Some(slots) => {
                let full = || Error::overloaded().retry_after(Duration::from_secs(1));
                Some(slots.take().ok_or_else(full)?)
            }
            None => None,
        };
        let probe = match &self.breaker {
            Some(settings) => {
                let admitted = self.circuit().admit(settings, is_shortened);
                admitted.map_err(|wait| Error::overloaded().retry_after(wait))?
            }
            None => None,
        };
        Ok(Slot {
            health: self.clone(),
            probe,
            _slot: slot,
        })
    }

    /// Returns the state of the circuit; `None` without a breaker.
    pub(crate) fn circuit_state(&self) -> Option<CircuitState> {
        self.breaker.as_ref().map(|_| self.circuit().state())
    }

    fn circuit(&self) -> MutexGuard<'_, Circuit> {
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The slot of one attempt, held until its stream ends.
#[derive(Debug)]
pub(crate) struct Slot {
    health: Health,
    /// While the attempt probes the provider.
    probe: Option<Probe>,
    _slot: Option<OwnedSemaphorePermit>,
}

impl Slot {
    /// Records that the server of the provider responds, also with a refusal of the request.
    pub(crate) fn answers(&mut self) {
        if let Some(settings) = &self.health.breaker {
            self.health.circuit().answers(settings, self.probe.take());
        }
    }

    /// Records a success.
    pub(crate) fn succeeded(&mut self) {
        self.answers();
        self.health.circuit().succeeded();
    }

    /// Records a failure.
    pub(crate) fn failed(&mut self) {
        if let Some(settings) = &self.health.breaker {
            self.health.circuit().failed(settings, self.probe.take());
        }
    }
}

/// What has ended without a success or a failure says nothing: the rest of an answer that its client
/// has left might have failed.
impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(probe) = self.probe {
            self.health.circuit().abandoned(probe);
        }
    }
}
