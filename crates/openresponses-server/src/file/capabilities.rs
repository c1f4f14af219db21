//! Missing capabilities of providers and their handling.

use openresponses_gateway::capability::{Capabilities, Capability, CapabilityPolicy, Unsupported};
use serde::{Deserialize, Deserializer};

/// The missing capabilities of a provider or a route.
#[derive(Clone, Copy)]
pub(crate) struct Lacks(pub(crate) Capabilities);

impl<'de> Deserialize<'de> for Lacks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let lacking = Vec::<Word>::deserialize(deserializer)?;
        let able = lacking
            .into_iter()
            .fold(Capabilities::all(), |able, word| able.without(word.into()));
        Ok(Self(able))
    }
}

macro_rules! words {
    ($($name:ident $variant:ident),*) => {
        #[derive(Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Word {
            $($variant),*
        }

        impl From<Word> for Capability {
            fn from(word: Word) -> Self {
                match word {
                    $(Word::$variant => Self::$variant),*
                }
            }
        }

        /// Handling of requests that need a missing capability.
        #[derive(Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub(crate) struct Unsupporteds {
            $($name: Option<What>),*
        }

        impl Unsupporteds {
            pub(crate) fn policy(&self) -> CapabilityPolicy {
                let mut policy = CapabilityPolicy::new();
                $(if let Some(what) = self.$name {
                    policy = policy.on(Capability::$variant, what.into());
                })*
                policy
            }
        }
    };
}

words! {
    images Images, files Files, video Video, tools Tools, parallel_tools ParallelTools,
    structured_output StructuredOutput, reasoning Reasoning,
    encrypted_reasoning EncryptedReasoning, logprobs Logprobs
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum What {
    Refuse,
    Strip,
    Pass,
}

impl From<What> for Unsupported {
    fn from(what: What) -> Self {
        match what {
            What::Refuse => Self::Refuse,
            What::Strip => Self::Strip,
            What::Pass => Self::Pass,
        }
    }
}
