//! Policies of callers: models and rates.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::request::Parts;
use openresponses_gateway::auth::{Principal, RateLimit};
use openresponses_gateway::registry::Catalog;
use openresponses_tower::Error;
use toml::Spanned;

use crate::file::{Faults, Names, Rate, Source, Wait};

/// The attribute of a principal with its policy. It is set after verification and overrides claims
/// of tokens.
const POLICY: &str = "openresponses-server.policy";

/// Rate limits by their settings and the tenant or entry that they belong to, so that a reload does
/// not forget what was counted.
#[derive(Clone, Default)]
pub(crate) struct RateLimits(Arc<Mutex<BTreeMap<Identity, RateLimit>>>);

/// The owner of a limit, its requests and its period.
type Identity = (String, u32, Duration);

impl RateLimits {
    fn of(&self, owner: &str, rate: Rate) -> RateLimit {
        let (requests, Wait(period)) = (rate.requests.get(), rate.per);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = all.entry((owner.to_owned(), requests, period));
        let limit = limit.or_insert_with(|| RateLimit::new(requests, period));
        limit.clone()
    }
}

/// The policies, one for each entry of `keys` and `issuers`.
pub(super) struct Access {
    limits: RateLimits,
    policies: Vec<Policy>,
    /// For callers without their own.
    rate: Option<RateLimit>,
}

struct Policy {
    id: PolicyId,
    /// Its path in the file.
    field: String,
    /// `None` allows all.
    models: Option<Vec<String>>,
    /// Their position in the file.
    at: Option<Range<usize>>,
    rate: Option<RateLimit>,
}

/// The number of a policy, and a digest of what it allows. A background response that is restarted
/// may come from a process with another file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct PolicyId(usize, u64);

impl PolicyId {
    /// Adds this policy to a principal.
    pub(super) fn mark(self, principal: Principal) -> Principal {
        principal.attribute(POLICY, format!("{}:{:x}", self.0, self.1))
    }

    fn read(text: &str) -> Option<Self> {
        let (number, digest) = text.split_once(':')?;
        let digest = u64::from_str_radix(digest, 16).ok()?;
        Some(Self(number.parse().ok()?, digest))
    }
}

/// Returns the digest of what a policy allows.
fn digest(field: &str, models: Option<&[String]>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (field, models).hash(&mut hasher);
    hasher.finish()
}

impl Access {
    pub(super) fn new(rate: Option<Rate>, limits: &RateLimits) -> Self {
        Self {
            limits: limits.clone(),
            policies: Vec::new(),
            rate: rate.map(|rate| limits.of("", rate)),
        }
    }

    pub(super) fn add(
        &mut self,
        field: String,
        models: Option<&Spanned<Names>>,
        rate: Option<Rate>,
    ) -> PolicyId {
        let rate = rate.map(|rate| self.limits.of(&field, rate));
        let at = models.map(Spanned::span);
        let models = models.map(|names| names.as_ref().0.clone());
        let id = PolicyId(self.policies.len(), digest(&field, models.as_deref()));
        self.policies.push(Policy {
            id,
            field,
            models,
            at,
            rate,
        });
        id
    }

    /// Reports models named by policies that do not exist.
    pub(super) fn check(&self, source: &Source, catalog: Option<&Catalog>, faults: &mut Faults) {
        for policy in &self.policies {
            for name in policy.models.iter().flatten() {
                if !catalog.is_some_and(|catalog| is_there(catalog, name)) {
                    let field = format!("{}.models", policy.field);
                    faults.push(source.unresolved(
                        policy.at.clone(),
                        &field,
                        format!("there is no model {name:?}"),
                    ));
                }
            }
        }
    }

    /// Counts a request.
    pub(super) fn take(&self, principal: &Principal) -> Result<(), Error> {
        let own = self
            .policy(principal)
            .and_then(|policy| policy.rate.as_ref());
        match own.or(self.rate.as_ref()) {
            // The limit of the key itself.
            Some(limit) => limit
                .take(principal.scope())
                .map_err(|error| error.param("authorization")),
            None => Ok(()),
        }
    }

    /// Returns true if a caller may use a model of this name.
    pub(super) fn permits(&self, head: &Parts, model: &str) -> bool {
        let Some(principal) = head.extensions.get::<Principal>() else {
            return false;
        };
        if principal.get(POLICY).is_none() {
            return true;
        }
        // One that is not in the file any more allows nothing.
        self.policy(principal).is_some_and(|policy| {
            let models = policy.models.as_ref();
            models.is_none_or(|all| all.iter().any(|pattern| is_match(pattern, model)))
        })
    }

    fn policy(&self, principal: &Principal) -> Option<&Policy> {
        let id = PolicyId::read(principal.get(POLICY)?)?;
        let policy = self.policies.get(id.0)?;
        (policy.id == id).then_some(policy)
    }
}

/// A name, or a prefix followed by `*`.
pub(super) fn is_match(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(begin) => name.starts_with(begin),
        None => name == pattern,
    }
}

fn is_there(catalog: &Catalog, pattern: &str) -> bool {
    let Some(begin) = pattern.strip_suffix('*') else {
        return catalog.has(pattern);
    };
    let mut models = catalog.models().map(|model| model.id());
    let mut aliases = catalog.aliases().map(|(name, _)| name);
    // A provider may serve any model with this prefix.
    let is_open = || begin.ends_with('/') && catalog.has(&format!("{begin}any"));
    models.any(|id| id.starts_with(begin))
        || aliases.any(|name| name.starts_with(begin))
        || is_open()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_of_another_file_allows_nothing() {
        let of = |models: Option<&[&str]>| {
            let mut access = Access::new(None, &RateLimits::default());
            let names = models.map(|models| {
                let names = models.iter().map(|name| (*name).to_owned()).collect();
                Spanned::new(0..1, Names(names))
            });
            let id = access.add("keys[0]".into(), names.as_ref(), None);
            (access, id)
        };
        let head = |id: PolicyId| {
            let mut head = http::Request::new(()).into_parts().0;
            let principal = Principal::new(openresponses_tower::Scope::new("a"));
            head.extensions.insert(id.mark(principal));
            head
        };
        let ((all, all_id), (one, one_id)) = (of(None), of(Some(&["a"])));
        assert!(all.permits(&head(all_id), "b"));
        assert!(one.permits(&head(one_id), "a") && !one.permits(&head(one_id), "b"));
        assert!(!all.permits(&head(one_id), "a"));
        assert!(!one.permits(&head(all_id), "a"));
    }

    #[test]
    fn patterns() {
        for (pattern, name, matches) in [
            ("openai/*", "openai/gpt", true),
            ("openai/*", "openaix/gpt", false),
            ("openai/gpt", "openai/gpt", true),
            ("openai/gpt", "openai/gpt-mini", false),
            ("*", "anything", true),
        ] {
            assert_eq!(is_match(pattern, name), matches, "{pattern} {name}");
        }
    }
}
