//! API keys from the file, from files that it names, and from the environment.

use std::collections::BTreeSet;
use std::ops::Range;

use openresponses_gateway::auth::{ApiKeys, KeyFileError, Principal};
use openresponses_tower::Scope;
use toml::Spanned;

use super::access::{Access, Rules};
use crate::file::{Fault, Faults, Keys, Source, unset};

/// Returns all keys, whose principals have their tenants and policies.
pub(super) fn keys(
    all: &[Spanned<Keys>],
    source: &Source,
    access: &mut Access,
    faults: &mut Faults,
) -> ApiKeys {
    let mut merged = ApiKeys::new();
    let mut digests = BTreeSet::new();
    for (index, entry) in all.iter().enumerate() {
        let field = format!("keys[{index}]");
        let (at, entry) = (entry.span(), entry.as_ref());
        let keys = tenant(entry, &at, source, &field)
            .and_then(|()| read(entry, at, source, &field, &mut digests));
        let Some(keys) = faults.take(keys) else {
            continue;
        };
        let tenant = entry.tenant.as_ref();
        let tenant = tenant.map(|tenant| Scope::new(tenant.as_ref()));
        let rules = Rules {
            identity: entry.identity(),
            models: entry.models.as_ref(),
            rate: entry.rate,
            budget: entry.budget.as_ref(),
        };
        let policy = access.add(field, rules);
        merged = merged.merge(keys, |principal| {
            // Keys of a file may name their tenants.
            let principal = tenant.clone().map_or(principal, Principal::new);
            policy.mark(match &entry.name {
                Some(name) => principal.with_key_name(name),
                None => principal,
            })
        });
    }
    merged
}

/// Checks that the tenant is named where it must be.
fn tenant(entry: &Keys, at: &Range<usize>, source: &Source, field: &str) -> Result<(), Fault> {
    match &entry.tenant {
        Some(tenant) if tenant.as_ref().is_empty() => {
            let field = format!("{field}.tenant");
            Err(source.fault(Some(tenant.span()), &field, "it is empty"))
        }
        None if entry.sha256.is_some() => {
            Err(source.fault(Some(at.clone()), field, "missing field `tenant`"))
        }
        _ => Ok(()),
    }
}

fn read(
    entry: &Keys,
    at: Range<usize>,
    source: &Source,
    field: &str,
    digests: &mut BTreeSet<String>,
) -> Result<ApiKeys, Fault> {
    let none = ApiKeys::new();
    let (keys, at, field) = match (&entry.sha256, &entry.env, &entry.file) {
        (Some(digest), None, None) => {
            let keys = none.parse(&format!("sha256:{}", digest.as_ref().0));
            (
                keys.map_err(shown),
                digest.span(),
                format!("{field}.sha256"),
            )
        }
        (None, Some(variable), None) => {
            let keys = match std::env::var_os(variable.as_ref()) {
                Some(_) => none.env(variable.as_ref()).map_err(shown),
                None => Err(unset(variable.as_ref())),
            };
            (keys, variable.span(), format!("{field}.env"))
        }
        (None, None, Some(path)) => {
            let found = source.beside(path.as_ref());
            let keys = none.file(&found);
            let keys = keys.map_err(|error| format!("{}: {}", found.display(), shown(error)));
            (keys, path.span(), format!("{field}.file"))
        }
        _ => {
            let message = "it must have one of `sha256`, `env` and `file`";
            return Err(source.fault(Some(at), field, message));
        }
    };
    let keys = keys.map_err(|message| source.fault(Some(at.clone()), &field, message))?;
    if keys.is_empty() {
        return Err(source.fault(Some(at), &field, "it contains no key"));
    }
    // Its tenant and policy would depend on the order.
    if !keys.digests().all(|digest| digests.insert(digest)) {
        let message = match entry.sha256 {
            Some(_) => "the same key is listed above",
            None => "one of its keys is listed twice or above",
        };
        return Err(source.fault(Some(at), &field, message));
    }
    Ok(keys)
}

fn shown(error: KeyFileError) -> String {
    match std::error::Error::source(&error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
