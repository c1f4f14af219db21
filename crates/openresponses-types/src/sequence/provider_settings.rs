//! Settings whose value is the provider's where the request gives none.

use crate::response::Response;
use crate::wire::Field;

/// The settings that a request leaves to the provider. A response has a value for each: the request's,
/// else the provider's, else the documented default. [`Turn::provider_settings`] returns those of a
/// request.
///
/// [`Turn::provider_settings`]: crate::normalize::Turn::provider_settings
///
/// ```
/// use openresponses_types::sequence::ProviderSettings;
///
/// let settings = ProviderSettings { temperature: true, ..ProviderSettings::default() };
/// assert!(settings.temperature && !settings.top_p);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProviderSettings {
    /// `temperature`.
    pub temperature: bool,
    /// `top_p`.
    pub top_p: bool,
    /// `presence_penalty`.
    pub presence_penalty: bool,
    /// `frequency_penalty`.
    pub frequency_penalty: bool,
    /// `top_logprobs`.
    pub top_logprobs: bool,
}

impl ProviderSettings {
    /// Takes the values of these settings from the provider's own response. A zero is not taken: it
    /// stands for a member that the provider left out.
    pub(crate) fn adopt(self, ours: &mut Response, theirs: &Response) {
        let Self {
            temperature,
            top_p,
            presence_penalty,
            frequency_penalty,
            top_logprobs,
        } = self;
        adopt(temperature, &mut ours.temperature, theirs.temperature);
        adopt(top_p, &mut ours.top_p, theirs.top_p);
        adopt(
            presence_penalty,
            &mut ours.presence_penalty,
            theirs.presence_penalty,
        );
        adopt(
            frequency_penalty,
            &mut ours.frequency_penalty,
            theirs.frequency_penalty,
        );
        adopt(top_logprobs, &mut ours.top_logprobs, theirs.top_logprobs);
    }
}

fn adopt<T: Copy + Default + PartialEq>(is_unset: bool, ours: &mut Field<T>, theirs: Field<T>) {
    if is_unset && theirs.get().is_some_and(|value| value != T::default()) {
        *ours = theirs;
    }
}
