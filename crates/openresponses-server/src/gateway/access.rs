//! Policies of callers: models, rates and budgets.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use http::request::Parts;
use openresponses_gateway::auth::{Principal, RateLimit};
use openresponses_gateway::budget::{Account, Budget};
use openresponses_gateway::limits::LimitedResource;
use openresponses_gateway::registry::Catalog;
use openresponses_tower::Error;
use toml::Spanned;

use crate::file::{CallerBudget, Faults, Limits, Names, Rate, Source};
use crate::rate_limits::RateLimits;

/// The attribute of a principal with its policy. It is set after verification and overrides claims
/// of tokens.
const POLICY: &str = "openresponses-server.policy";

/// The policies, one for each entry of `keys` and `issuers`.
pub(super) struct Access {
    limits: RateLimits,
    policies: Vec<Policy>,
    /// For callers without their own.
    rate: Option<RateLimit>,
    /// For tenants of callers without their own.
    budget: Option<Arc<Budget>>,
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
    budget: Option<Arc<Budget>>,
}

/// The rules of an entry of `keys` or `issuers`.
pub(super) struct Rules<'f> {
    /// What the entry is about, wherever it stands in the file: what was counted is kept by it.
    pub(super) identity: String,
    pub(super) models: Option<&'f Spanned<Names>>,
    pub(super) rate: Option<Rate>,
    pub(super) budget: Option<&'f CallerBudget>,
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
    pub(super) fn new(settings: &Limits, limits: &RateLimits) -> Self {
        Self {
            limits: limits.clone(),
            policies: Vec::new(),
            rate: settings.rate.map(|rate| limits.of("", rate)),
            budget: shared(settings.budget.as_ref()),
        }
    }

    pub(super) fn add(&mut self, field: String, rules: Rules<'_>) -> PolicyId {
        let rate = rules.rate.map(|rate| self.limits.of(&rules.identity, rate));
        let at = rules.models.map(Spanned::span);
        let models = rules.models.map(|names| names.as_ref().0.clone());
        let id = PolicyId(self.policies.len(), digest(&field, models.as_deref()));
        self.policies.push(Policy {
            id,
            field,
            models,
            at,
            rate,
            budget: shared(rules.budget),
        });
        id
    }

    /// Returns whether any caller has a budget.
    pub(super) fn has_budgets(&self) -> bool {
        self.budgets().next().is_some()
    }

    /// Returns whether any caller has a budget of money.
    pub(super) fn limits_cost(&self) -> bool {
        let mut limits = self.budgets().flat_map(Budget::limits);
        limits.any(|limit| limit.resource == LimitedResource::Cost)
    }

    fn budgets(&self) -> impl Iterator<Item = &Budget> {
        let own = self.policies.iter().map(|policy| &policy.budget);
        own.chain([&self.budget]).flatten().map(|budget| &**budget)
    }

    /// Returns the account of a caller. Its id does not depend on the order of the file, so that a
    /// reload continues with its counts.
    pub(super) fn account(&self, principal: &Principal) -> Option<Account> {
        let policy = self.policy(principal);
        let own = policy.and_then(|policy| policy.budget.as_ref());
        let tenant = principal.scope().as_str();
        let (id, budget) = match (own, principal.key_id()) {
            (Some(budget), Some(key)) => (format!("key:{key}"), budget),
            (Some(budget), None) => (format!("token:{tenant}"), budget),
            (None, _) => (format!("tenant:{tenant}"), self.budget.as_ref()?),
        };
        Some(Account::new(id, Arc::clone(budget)))
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
    pub(super) fn take(&self, principal: &Principal, head: &Parts) -> Result<(), Error> {
        let own = self
            .policy(principal)
            .and_then(|policy| policy.rate.as_ref());
        match own.or(self.rate.as_ref()) {
            // The limit of the key itself.
            Some(limit) => limit
                .take_for(principal.scope(), head)
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

fn shared(budget: Option<&CallerBudget>) -> Option<Arc<Budget>> {
    budget.map(|CallerBudget(budget)| Arc::new(budget.clone()))
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
            let mut access = Access::new(&Limits::default(), &RateLimits::default());
            let names = models.map(|models| {
                let names = models.iter().map(|name| (*name).to_owned()).collect();
                Spanned::new(0..1, Names(names))
            });
            let rules = Rules {
                identity: "env KEYS".into(),
                models: names.as_ref(),
                rate: None,
                budget: None,
            };
            let id = access.add("keys[0]".into(), rules);
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
