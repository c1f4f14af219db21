//! A turn as one provider gets it.

use openresponses_types::{Members, Turn, Window};

use super::journal::Journal;
use super::options::Options;
use super::plan::Target;
use crate::capability::{CapabilityPolicy, Need, Unsupported, strip, unbind};

pub(super) fn turn_for(
    turn: &Turn,
    target: &Target,
    options: &Options,
    journal: &mut Journal,
    needs: &[Need],
    policy: &CapabilityPolicy,
) -> Turn {
    let mut turn = turn.clone();
    turn.model = target.provider_model.clone();
    add_options(&mut turn.extra, options, target);
    let foreign = unbind(&target.provider, &mut turn.items, &mut turn.input_start);
    warn_of_foreign(foreign, journal);
    for Need { capability, path } in needs {
        if !target.capabilities.has(*capability) && policy.of(*capability) == Unsupported::Strip {
            strip(&mut turn, *capability);
            let provider = &target.provider;
            journal.warn(
                capability.as_str(),
                format!(
                    "The provider '{provider}' cannot do it: what '{path}' asks for was left out."
                ),
            );
        }
    }
    turn
}

pub(super) fn window_for(
    window: &Window,
    target: &Target,
    options: &Options,
    journal: &mut Journal,
) -> Window {
    let mut window = window.clone();
    window.model = target.provider_model.clone();
    add_options(&mut window.extra, options, target);
    let foreign = unbind(&target.provider, &mut window.items, &mut window.input_start);
    warn_of_foreign(foreign, journal);
    window
}

fn warn_of_foreign(items: usize, journal: &mut Journal) {
    if items > 0 {
        journal.warn(
            "encrypted_reasoning",
            format!("{items} reasoning items were made by another provider: what only that one can read was left out."),
        );
    }
}

fn add_options(extra: &mut Members, options: &Options, target: &Target) {
    if let Some(own) = options.for_provider(&target.provider) {
        extra.insert("providerOptions", own);
    }
}
