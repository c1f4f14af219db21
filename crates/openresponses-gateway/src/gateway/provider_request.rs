//! The turn that one provider receives.

use openresponses_types::Turn;
use openresponses_types::normalize::ContextWindow;
use openresponses_types::wire::Extra;

use super::attempts::Attempts;
use super::options::Options;
use super::plan::Target;
use crate::capability::{
    Capability, CapabilityPolicy, Need, Unsupported, strip, strip_parts, unbind,
};

pub(super) fn turn_for(
    mut turn: Turn,
    target: &Target,
    options: &Options,
    attempts: &mut Attempts,
    needs: &[Need],
    policy: &CapabilityPolicy,
) -> Turn {
    turn.model = (*target.provider_model).into();
    add_options(&mut turn.extra, options, target);
    let foreign = unbind(&target.provider, &mut turn.items, &mut turn.input_start);
    warn_of_foreign(foreign, attempts);
    for capability in left_out(target, attempts, needs, policy) {
        strip(&mut turn, capability);
    }
    turn.encrypted_reasoning = target.capabilities.has(Capability::EncryptedReasoning);
    turn
}

pub(super) fn window_for(
    window: &ContextWindow,
    target: &Target,
    options: &Options,
    attempts: &mut Attempts,
    needs: &[Need],
    policy: &CapabilityPolicy,
) -> ContextWindow {
    let mut window = window.clone();
    window.model = (*target.provider_model).into();
    add_options(&mut window.extra, options, target);
    let foreign = unbind(&target.provider, &mut window.items, &mut window.input_start);
    warn_of_foreign(foreign, attempts);
    for capability in left_out(target, attempts, needs, policy) {
        strip_parts(&mut window.items, &mut window.input_start, capability);
    }
    window
}

/// Returns the capabilities to strip for this provider, with a warning for each.
fn left_out(
    target: &Target,
    attempts: &mut Attempts,
    needs: &[Need],
    policy: &CapabilityPolicy,
) -> Vec<Capability> {
    let is_left_out = |need: &&Need| {
        !target.capabilities.has(need.capability)
            && policy.of(need.capability) == Unsupported::Strip
    };
    let mut all = Vec::new();
    for Need { capability, path } in needs.iter().filter(is_left_out) {
        let provider = &target.provider;
        attempts.warn(
            capability.as_str(),
            format!("The provider '{provider}' does not support it: '{path}' was removed."),
        );
        all.push(*capability);
    }
    all
}

fn warn_of_foreign(items: usize, attempts: &mut Attempts) {
    if items > 0 {
        attempts.warn(
            "encrypted_reasoning",
            format!("{items} reasoning items were made by another provider: their encrypted content was removed."),
        );
    }
}

fn add_options(extra: &mut Extra, options: &Options, target: &Target) {
    if let Some(own) = options.for_provider(&target.provider) {
        extra.insert("providerOptions", own);
    }
}
