//! Selecting the targets that can serve a request.

use openresponses_tower::{Error, ErrorKind};
use openresponses_types::diagnostics::Path;

use super::list::shown;
use super::options::Options;
use super::plan::Target;
use crate::capability::{CapabilityPolicy, Need, Unsupported};

/// Keeps the targets that have all capabilities that must not be removed and that can read bound
/// content. Warns about removed targets that the client named.
pub(super) fn filter_by_capability(
    targets: &mut Vec<Target>,
    options: &mut Options,
    needs: &[Need],
    compactions: &[(String, Path)],
    policy: &CapabilityPolicy,
) -> Result<(), Error> {
    let lacks = |target: &Target, need: &Need| {
        !target.capabilities.has(need.capability)
            && policy.of(need.capability) == Unsupported::Refuse
    };
    for need in needs {
        let what = need.capability.as_str().replace('_', " ");
        let cannot = format!("cannot do what '{}' needs: {what}", need.path);
        keep(targets, options, &cannot, |target| !lacks(target, need));
        if targets.is_empty() {
            return Err(refusal(
                &need.path,
                "unsupported_parameter",
                format!(
                    "The model does not support this here: {what}. Remove it, or use another model."
                ),
            ));
        }
    }
    for (maker, path) in compactions {
        let cannot = format!("cannot read '{path}', which another provider made");
        keep(targets, options, &cannot, |target| {
            *target.provider == **maker
        });
        if targets.is_empty() {
            return Err(refusal(
                path,
                "invalid_value",
                "The compaction was made by a provider that does not serve this model, and no other provider can read it.".into(),
            ));
        }
    }
    Ok(())
}

fn keep(
    targets: &mut Vec<Target>,
    options: &mut Options,
    cannot: &str,
    can: impl Fn(&Target) -> bool,
) {
    let (kept, gone): (Vec<Target>, Vec<Target>) =
        std::mem::take(targets).into_iter().partition(can);
    let mut reported: Vec<&str> = Vec::new();
    for Target {
        provider, model, ..
    } in &gone
    {
        let serves = kept.iter().any(|target| target.provider == *provider);
        if options.order.iter().any(|named| **named == **provider)
            && !serves
            && !reported.contains(&&**provider)
        {
            reported.push(provider);
            options.warn("order", format_args!("The provider '{provider}' {cannot}."));
        }
        let is_served = kept.iter().any(|target| target.model == *model);
        if !is_served && !reported.contains(&&**model) {
            reported.push(model);
            let model = shown(model);
            options.warn("models", format_args!("The model '{model}' {cannot}."));
        }
    }
    *targets = kept;
}

fn refusal(path: &Path, code: &'static str, message: String) -> Error {
    let error = Error::new(ErrorKind::InvalidRequest, code, message);
    match path.param() {
        Some(param) => error.param(param),
        None => error,
    }
}
