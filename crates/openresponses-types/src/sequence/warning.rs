use alloc::format;
use alloc::string::String;

use super::policy::ForbiddenReason;
use crate::diagnostics::Excerpt;

/// A part of a provider's output that was changed or removed before it reached the client.
///
/// ```
/// use openresponses_types::sequence::{ForbiddenReason, OutputWarning};
///
/// let warning = OutputWarning::AfterFinish;
/// assert_eq!(warning.to_string(), "deltas after the end were left out");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutputWarning {
    /// A call that the request forbids was left out.
    CallSuppressed {
        /// The tool, or the item's type where it has no name.
        tool: String,
        /// Why.
        reason: ForbiddenReason,
    },
    /// The request requires a call, and the model made none.
    RequiredCallMissing,
    /// Arguments for a call that was never begun, or is closed, were left out.
    StrayArguments,
    /// A call of this name was left out: the response ended within one before it.
    CallAfterCut {
        /// The function.
        name: String,
    },
    /// An annotation of a text that was closed was left out.
    StrayAnnotation,
    /// Deltas after the end were left out.
    AfterFinish,
    /// A member that the protocol names was not replaced.
    ReservedMember(String),
}

impl core::fmt::Display for OutputWarning {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let text = match self {
            Self::CallSuppressed { tool, reason } => {
                let tool = Excerpt::new(tool);
                format!("a call of '{tool}' was left out: {}", reason.as_str())
            }
            Self::RequiredCallMissing => {
                "the request demands a tool call, the model made none".into()
            }
            Self::StrayArguments => "arguments for no open call were left out".into(),
            Self::CallAfterCut { name } => {
                let name = Excerpt::new(name);
                format!("a call of '{name}' was left out: an earlier call was cut off")
            }
            Self::StrayAnnotation => "an annotation of a closed text was left out".into(),
            Self::AfterFinish => "deltas after the end were left out".into(),
            Self::ReservedMember(name) => {
                format!("the member '{}' was not replaced", Excerpt::new(name))
            }
        };
        f.write_str(&text)
    }
}
