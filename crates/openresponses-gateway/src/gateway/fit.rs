//! Who can answer a request at all.

use openresponses_tower::{Error, ErrorKind};
use openresponses_types::Path;

use super::plan::Target;
use crate::capability::{CapabilityPolicy, Need, Unsupported};

/// Leaves those targets that can do what must not be left out, and can read what others made.
pub(super) fn fit(
    targets: &mut Vec<Target>,
    needs: &[Need],
    compactions: &[(String, Path)],
    policy: &CapabilityPolicy,
) -> Result<(), Error> {
    let lacks = |target: &Target, need: &Need| {
        !target.capabilities.has(need.capability)
            && policy.of(need.capability) == Unsupported::Refuse
    };
    for need in needs {
        targets.retain(|target| !lacks(target, need));
        if targets.is_empty() {
            let what = need.capability.as_str().replace('_', " ");
            return Err(refusal(
                &need.path,
                "unsupported_parameter",
                format!(
                    "The model cannot do this here: {what}. Leave it out, or take another model."
                ),
            ));
        }
    }
    for (maker, path) in compactions {
        targets.retain(|target| target.provider == *maker);
        if targets.is_empty() {
            return Err(refusal(
                path,
                "invalid_value",
                "The compaction was made by a provider that does not serve this model, and nobody else can read it.".into(),
            ));
        }
    }
    Ok(())
}

fn refusal(path: &Path, code: &'static str, message: String) -> Error {
    let error = Error::new(ErrorKind::InvalidRequest, code, message);
    match path.param() {
        Some(param) => error.param(param),
        None => error,
    }
}
