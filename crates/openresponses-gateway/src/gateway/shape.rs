//! A turn as one provider gets it.

use openresponses_types::{Members, Turn, Window};

use super::options::Options;
use super::plan::Target;

pub(super) fn turn_for(turn: &Turn, options: &Options, target: &Target) -> Turn {
    let mut turn = turn.clone();
    turn.model = target.provider_model.clone();
    add_options(&mut turn.extra, options, target);
    turn
}

pub(super) fn window_for(window: &Window, options: &Options, target: &Target) -> Window {
    let mut window = window.clone();
    window.model = target.provider_model.clone();
    add_options(&mut window.extra, options, target);
    window
}

fn add_options(extra: &mut Members, options: &Options, target: &Target) {
    if let Some(own) = options.for_provider(&target.provider) {
        extra.insert("providerOptions", own);
    }
}
