use std::sync::{Arc, Mutex};
use std::time::Duration;

use openresponses_gateway::observe::{AttemptEnd, Observer, RelayEnd, RequestEnd};

/// Records the observed events.
#[derive(Clone, Default)]
pub(crate) struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn note(&self, note: String) {
        self.0.lock().unwrap().push(note);
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Observer for Notes {
    fn request_started(&self) {
        self.note("started".into());
    }

    fn first_output(&self, model: &str, provider: &str, after: Duration) {
        self.note(format!("first {model} {provider} {}", after.as_secs()));
    }

    fn attempt_ended(&self, attempt: &AttemptEnd<'_>) {
        self.note(format!(
            "attempt {} {} {}",
            attempt.model,
            attempt.provider,
            attempt.outcome.label()
        ));
    }

    fn relayed(&self, relay: &RelayEnd<'_>) {
        let repairs = relay.report.repairs.iter();
        let repairs = repairs.map(|(repair, count)| format!("{repair} {count}"));
        let violations = relay.report.violations.iter();
        let violations = violations.map(|violation| violation.rule.to_string());
        let all: Vec<String> = repairs.chain(violations).collect();
        self.note(format!(
            "relayed {} {} {all:?}",
            relay.model, relay.provider
        ));
    }

    fn request_ended(&self, request: &RequestEnd<'_>) {
        let tokens = request.usage.map(|usage| usage.output_tokens);
        self.note(format!(
            "ended {:?} {:?} {} {tokens:?}",
            request.model,
            request.provider,
            request.outcome.label()
        ));
    }
}
