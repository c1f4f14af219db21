//! Keys of metrics with their labels, made once for each thread.

use std::cell::RefCell;
use std::rc::Rc;

use metrics::{Key, Label, SharedString};

use super::label::label;

/// How many models with their providers a thread keeps, and outcomes of each. Catalogs are reloaded, so names
/// come and go.
const TARGETS: usize = 1024;
const OUTCOMES: usize = 64;

thread_local! {
    /// In the order of their names.
    static ALL: RefCell<Vec<Rc<TargetKeys>>> = const { RefCell::new(Vec::new()) };
}

/// The keys of a model at a provider.
pub(super) struct TargetKeys {
    model: SharedString,
    provider: SharedString,
    pub(super) first_output: Key,
    pub(super) duration: Key,
    pub(super) input_tokens: Key,
    pub(super) output_tokens: Key,
    outcomes: RefCell<Vec<Rc<OutcomeKeys>>>,
}

/// The keys of an outcome at a model and a provider.
pub(super) struct OutcomeKeys {
    outcome: SharedString,
    pub(super) requests: Key,
    pub(super) attempts: Key,
}

/// Returns the keys of a model at a provider.
pub(super) fn target_keys(model: &str, provider: &str) -> Rc<TargetKeys> {
    ALL.with_borrow_mut(|all| {
        let place = all.binary_search_by(|known| {
            (known.model.as_ref(), known.provider.as_ref()).cmp(&(model, provider))
        });
        match place {
            Ok(at) => Rc::clone(&all[at]),
            Err(at) => {
                let keys = Rc::new(TargetKeys::new(label(model), label(provider)));
                if all.len() < TARGETS {
                    all.insert(at, Rc::clone(&keys));
                } else {
                    *all = vec![Rc::clone(&keys)];
                }
                keys
            }
        }
    })
}

impl TargetKeys {
    fn new(model: SharedString, provider: SharedString) -> Self {
        let key = |name, kind: Option<&'static str>| {
            let mut labels = labels(&model, &provider);
            labels.extend(kind.map(|kind| Label::new("kind", kind)));
            Key::from_parts(name, labels)
        };
        Self {
            first_output: key("openresponses_time_to_first_output_seconds", None),
            duration: key("openresponses_request_duration_seconds", None),
            input_tokens: key("openresponses_tokens_total", Some("input")),
            output_tokens: key("openresponses_tokens_total", Some("output")),
            outcomes: RefCell::default(),
            model,
            provider,
        }
    }

    /// Returns the keys of an outcome.
    pub(super) fn outcome(&self, outcome: &str) -> Rc<OutcomeKeys> {
        let mut all = self.outcomes.borrow_mut();
        if let Some(known) = all.iter().find(|known| *known.outcome == *outcome) {
            return Rc::clone(known);
        }
        let outcome = label(outcome);
        let key = |name| {
            let mut labels = labels(&self.model, &self.provider);
            labels.push(Label::new("outcome", outcome.clone()));
            Key::from_parts(name, labels)
        };
        let keys = Rc::new(OutcomeKeys {
            requests: key("openresponses_requests_total"),
            attempts: key("openresponses_attempts_total"),
            outcome,
        });
        // Codes of upstreams may be many.
        if all.len() >= OUTCOMES {
            all.clear();
        }
        all.push(Rc::clone(&keys));
        keys
    }
}

fn labels(model: &SharedString, provider: &SharedString) -> Vec<Label> {
    let (model, provider) = (model.clone(), provider.clone());
    vec![Label::new("model", model), Label::new("provider", provider)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_made_once_and_few_are_kept() {
        let keys = target_keys("m", "p");
        assert!(Rc::ptr_eq(&keys, &target_keys("m", "p")));
        assert!(!Rc::ptr_eq(&keys, &target_keys("p", "m")));
        let failed = keys.outcome("timeout");
        assert!(Rc::ptr_eq(&failed, &keys.outcome("timeout")));
        let labels: Vec<_> = failed
            .requests
            .labels()
            .map(|it| (it.key(), it.value()))
            .collect();
        assert_eq!(
            labels,
            [("model", "m"), ("provider", "p"), ("outcome", "timeout")]
        );
        (0..2 * OUTCOMES).for_each(|at| drop(keys.outcome(&at.to_string())));
        assert!(keys.outcomes.borrow().len() <= OUTCOMES);
        (0..2 * TARGETS).for_each(|at| drop(target_keys(&at.to_string(), "p")));
        assert!(ALL.with_borrow(Vec::len) <= TARGETS);
    }
}
