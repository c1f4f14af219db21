use crate::error::MessagePolicy;
use crate::extra::ExtraPolicy;

/// The options that all translated dialects have.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommonOptions {
    /// What becomes of members that neither API names.
    pub(crate) extra: ExtraPolicy,
    /// Whether messages of errors in mid-stream reach the client.
    pub(crate) messages: MessagePolicy,
    /// The name under which `providerOptions` hold members for the server.
    pub(crate) provider: Option<String>,
}

impl CommonOptions {
    /// Returns the defaults of the provider `name`.
    pub(crate) fn of(name: &str) -> Self {
        Self {
            provider: Some(name.to_owned()),
            ..Self::default()
        }
    }
}

/// Adds the setters of the common options to a dialect with the members `quirks` and `common`.
/// `$provider` is the default of the provider's name, as the documentation has it.
macro_rules! common_setters {
    ($dialect:ident, $provider:literal) => {
        impl $dialect {
            /// Sets how the server differs from others. Default: [`Quirks::COMMON`].
            #[must_use]
            pub fn quirks(mut self, quirks: Quirks) -> Self {
                self.quirks = quirks;
                self
            }

            /// Sets what becomes of members that neither API names. Default:
            /// [`ExtraPolicy::Warn`](crate::ExtraPolicy::Warn).
            #[must_use]
            pub fn extra(mut self, policy: $crate::ExtraPolicy) -> Self {
                self.common.extra = policy;
                self
            }

            /// Sets whether messages of errors in mid-stream reach the client. Default:
            /// [`MessagePolicy::Pass`](crate::MessagePolicy::Pass).
            #[must_use]
            pub fn messages(mut self, policy: $crate::MessagePolicy) -> Self {
                self.common.messages = policy;
                self
            }

            #[doc = concat!(
                "Sets the name under which `providerOptions` hold members for this server. Default: ",
                $provider,
                "."
            )]
            #[must_use]
            pub fn provider(mut self, name: impl Into<String>) -> Self {
                self.common.provider = Some(name.into());
                self
            }
        }
    };
}

pub(crate) use common_setters;
