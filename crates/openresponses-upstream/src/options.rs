use openresponses_types::Turn;

use crate::error::MessagePolicy;
use crate::extra::ExtraPolicy;

/// The options that all translated dialects have.
#[derive(Clone, Debug)]
pub(crate) struct CommonOptions {
    /// What becomes of members that neither API names.
    pub(crate) extra: ExtraPolicy,
    /// Whether messages of errors in mid-stream reach the client.
    pub(crate) messages: MessagePolicy,
    /// The name under which `providerOptions` hold members for the server.
    pub(crate) provider: Option<String>,
    /// Whether the server is asked for a stream where the client wants one document.
    pub(crate) always_stream: bool,
}

impl Default for CommonOptions {
    fn default() -> Self {
        Self {
            extra: ExtraPolicy::default(),
            messages: MessagePolicy::default(),
            provider: None,
            always_stream: true,
        }
    }
}

impl CommonOptions {
    /// Returns the defaults of the provider `name`.
    pub(crate) fn of(name: &str) -> Self {
        Self {
            provider: Some(name.to_owned()),
            ..Self::default()
        }
    }

    /// Returns whether the answer to `turn` is asked for as a stream.
    pub(crate) fn is_streamed(&self, turn: &Turn) -> bool {
        self.always_stream || turn.stream
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

            /// Sets whether the server is asked for a stream where the client wants one document.
            /// Default: true.
            ///
            /// A document comes when the model has finished, so without a stream the time to the
            /// first output is that of the whole answer, and limits of it, those of a gateway
            /// included, end long answers. Set false where the server does not stream. A document
            /// in answer to a request for a stream is read either way.
            #[must_use]
            pub fn always_stream(mut self, always: bool) -> Self {
                self.common.always_stream = always;
                self
            }
        }
    };
}

pub(crate) use common_setters;
