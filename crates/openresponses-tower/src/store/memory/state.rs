//! All scopes, what they weigh, and what expires next.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

use super::due::Due;
use super::limits::MemoryStoreLimits;
use super::tenant::{Entry, Log, Tenant, Victim};
use crate::scope::Scope;
use crate::store::AbandonedResponse;

/// What is removed at a time.
enum Expiring {
    Response(Arc<str>),
    Log(Arc<str>),
}

/// What was removed. It is freed outside the lock: long conversations take time.
#[derive(Default)]
pub(super) struct Removed {
    entries: Vec<Entry>,
    logs: Vec<Log>,
}

#[derive(Default)]
pub(super) struct State {
    tenants: HashMap<Scope, Tenant>,
    /// The scopes by what they have of the limits, the largest last.
    shares: BTreeSet<(u64, Scope)>,
    /// The responses that a process should work on.
    claimed: BTreeSet<(Scope, Arc<str>)>,
    /// What expires, the first one first.
    due: BTreeMap<(Instant, u64), (Scope, Expiring)>,
    /// The number of the next entry of `due`.
    next: u64,
    bytes: usize,
    entries: usize,
}

/// The most responses that are removed while others wait for the lock.
const TOGETHER: usize = 256;

/// The share of a scope that has all of a limit.
const WHOLE: u128 = 1 << 32;

impl State {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.entries
    }

    pub(super) fn tenant(&self, scope: &Scope) -> Option<&Tenant> {
        self.tenants.get(scope)
    }

    /// Returns a scope for what does not change its size.
    pub(super) fn tenant_mut(&mut self, scope: &Scope) -> Option<&mut Tenant> {
        self.tenants.get_mut(scope)
    }

    /// Changes a scope and counts it anew.
    pub(super) fn change<T>(
        &mut self,
        limits: &MemoryStoreLimits,
        scope: &Scope,
        change: impl FnOnce(&mut Tenant) -> T,
    ) -> T {
        let known = self.tenants.contains_key(scope);
        let tenant = self.tenants.entry(scope.clone()).or_default();
        if known {
            self.bytes -= tenant.bytes();
            self.entries -= tenant.len();
            self.shares.remove(&(share(limits, tenant), scope.clone()));
        }
        let result = change(tenant);
        if tenant.is_empty() {
            self.tenants.remove(scope);
        } else {
            self.bytes += tenant.bytes();
            self.entries += tenant.len();
            self.shares.insert((share(limits, tenant), scope.clone()));
        }
        result
    }

    /// Registers when a response expires.
    pub(super) fn response_due(&mut self, scope: &Scope, id: Arc<str>, at: Option<Instant>) -> Due {
        self.register(scope, Expiring::Response(id), at)
    }

    /// Registers when a log expires.
    pub(super) fn log_due(&mut self, scope: &Scope, id: &str, at: Option<Instant>) -> Due {
        self.register(scope, Expiring::Log(id.into()), at)
    }

    fn register(&mut self, scope: &Scope, what: Expiring, at: Option<Instant>) -> Due {
        self.next += 1;
        let key = at.map(|at| (at, self.next));
        if let Some(key) = key {
            self.due.insert(key, (scope.clone(), what));
        }
        Due::new(key)
    }

    /// Withdraws what was registered.
    pub(super) fn withdraw(&mut self, due: Due) {
        if let Some(key) = due.key() {
            self.due.remove(&key);
        }
    }

    /// Lets an unfinished response and its log expire later: a process works on it.
    pub(super) fn prolong(
        &mut self,
        limits: &MemoryStoreLimits,
        scope: &Scope,
        id: &str,
        now: Instant,
    ) {
        let tenant = self.tenants.get(scope);
        let entry = tenant.and_then(|tenant| tenant.peek(id));
        let entry = entry.map(|entry| (Arc::clone(&entry.id), entry.due));
        let log = tenant.and_then(|tenant| tenant.log(id)).map(|log| log.due);
        let entry = entry.map(|(id, due)| {
            self.withdraw(due);
            self.response_due(scope, id, now.checked_add(limits.time_to_live))
        });
        let log = log.map(|due| {
            self.withdraw(due);
            self.log_due(scope, id, now.checked_add(limits.log_time()))
        });
        if let Some(tenant) = self.tenants.get_mut(scope) {
            tenant.set_due(id, entry, log);
        }
    }

    /// Removes what has expired, up to a number. What is left counts as gone already.
    pub(super) fn expire(
        &mut self,
        limits: &MemoryStoreLimits,
        now: Instant,
        removed: &mut Removed,
    ) {
        for _ in 0..TOGETHER {
            let Some(next) = self.due.first_entry().filter(|next| next.key().0 <= now) else {
                return;
            };
            let (scope, what) = next.remove();
            self.take(limits, &scope, removed, |tenant| match what {
                Expiring::Response(id) => (tenant.remove(&id), None),
                Expiring::Log(id) => (None, tenant.remove_log(&id)),
            });
        }
    }

    /// Adds a response in place of another one with its id.
    pub(super) fn insert(
        &mut self,
        limits: &MemoryStoreLimits,
        scope: &Scope,
        entry: Entry,
        removed: &mut Removed,
    ) {
        let claimed = entry.is_claimed().then(|| Arc::clone(&entry.id));
        self.take(limits, scope, removed, |tenant| {
            (tenant.insert(entry), None)
        });
        if let Some(id) = claimed {
            self.claimed.insert((scope.clone(), id));
        }
    }

    /// Returns up to `limit` responses whose process no longer works on them.
    pub(super) fn abandoned(&self, limit: usize, now: Instant) -> Vec<AbandonedResponse> {
        let is_abandoned = |(scope, id): &&(Scope, Arc<str>)| {
            let entry = self.tenants.get(scope).and_then(|tenant| tenant.peek(id));
            entry.is_some_and(|entry| entry.is_abandoned(now))
        };
        let abandoned = self.claimed.iter().filter(is_abandoned).take(limit);
        abandoned
            .map(|(scope, id)| AbandonedResponse::new(scope.clone(), &**id))
            .collect()
    }

    /// Removes a response and its log.
    pub(super) fn remove(
        &mut self,
        limits: &MemoryStoreLimits,
        scope: &Scope,
        id: &str,
        removed: &mut Removed,
    ) {
        if self.tenants.contains_key(scope) {
            self.take(limits, scope, removed, |tenant| {
                (tenant.remove(id), tenant.remove_log(id))
            });
        }
    }

    /// Changes a scope, and withdraws what `take` takes out of it.
    fn take(
        &mut self,
        limits: &MemoryStoreLimits,
        scope: &Scope,
        removed: &mut Removed,
        take: impl FnOnce(&mut Tenant) -> (Option<Entry>, Option<Log>),
    ) {
        let (entry, log) = self.change(limits, scope, take);
        if let Some(entry) = entry {
            self.withdraw(entry.due);
            if entry.is_claimed() {
                self.claimed.remove(&(scope.clone(), Arc::clone(&entry.id)));
            }
            removed.entries.push(entry);
        }
        if let Some(log) = log {
            self.withdraw(log.due);
            removed.logs.push(log);
        }
    }

    /// Makes room after `scope` has grown: first within its own limits, then in the scopes that have
    /// the most of what there is. So a scope loses nothing to others while it has less than they. The
    /// response `kept` of the scope stays, which alone is within all limits.
    pub(super) fn evict(
        &mut self,
        limits: &MemoryStoreLimits,
        scope: &Scope,
        kept: Option<&str>,
        removed: &mut Removed,
    ) {
        while let Some(tenant) = self.tenants.get(scope) {
            let entries = tenant.len() > limits.scope_entries;
            let excess = tenant.bytes().saturating_sub(limits.scope_bytes);
            if !entries && excess == 0 || !self.free(limits, scope, entries, excess, kept, removed)
            {
                break;
            }
        }
        loop {
            let entries = self.entries > limits.entries;
            let excess = self.bytes.saturating_sub(limits.bytes);
            if !entries && excess == 0 {
                return;
            }
            // At most one of them has nothing to give but `kept`.
            let largest: Vec<Scope> = self
                .shares
                .iter()
                .rev()
                .take(2)
                .map(|(_, of)| of.clone())
                .collect();
            let freed = largest.iter().any(|of| {
                let kept = kept.filter(|_| of == scope);
                self.free(limits, of, entries, excess, kept, removed)
            });
            if !freed {
                return;
            }
        }
    }

    /// Removes what goes first of a scope: a response where there are too many `entries`. Returns false
    /// where it has nothing to give.
    fn free(
        &mut self,
        limits: &MemoryStoreLimits,
        scope: &Scope,
        entries: bool,
        excess: usize,
        kept: Option<&str>,
        removed: &mut Removed,
    ) -> bool {
        let victim = self.tenants.get(scope).and_then(|tenant| match entries {
            true => tenant.oldest_response(kept).map(Victim::Response),
            false => tenant.first_to_go(kept),
        });
        match victim {
            Some(Victim::Response(id)) => self.remove(limits, scope, &id, removed),
            Some(Victim::Log(id)) => {
                self.take(limits, scope, removed, |tenant| {
                    (None, tenant.remove_log(&id))
                });
            }
            Some(Victim::Events(id)) => {
                self.change(limits, scope, |tenant| tenant.discard_events(&id, excess));
            }
            None => return false,
        }
        true
    }

    /// Removes responses of a scope, up to a number. Returns how many, and whether that is all.
    pub(super) fn remove_some(
        &mut self,
        limits: &MemoryStoreLimits,
        scope: &Scope,
        removed: &mut Removed,
    ) -> (usize, bool) {
        let count = |state: &Self| state.tenants.get(scope).map_or(0, Tenant::len);
        let before = count(self);
        for _ in 0..TOGETHER {
            if let Some(id) = self.tenants.get(scope).and_then(Tenant::oldest) {
                self.remove(limits, scope, &id, removed);
            }
        }
        (before - count(self), !self.tenants.contains_key(scope))
    }

    /// Removes the log of a response that has expired.
    pub(super) fn expire_log(
        &mut self,
        limits: &MemoryStoreLimits,
        scope: &Scope,
        id: &str,
        now: Instant,
        removed: &mut Removed,
    ) {
        let log = self.tenants.get(scope).and_then(|tenant| tenant.log(id));
        if log.is_some_and(|log| log.due.is_past(now)) {
            self.take(limits, scope, removed, |tenant| {
                (None, tenant.remove_log(id))
            });
        }
    }
}

/// Returns what a scope has of the limits: the larger of its parts of entries and bytes.
fn share(limits: &MemoryStoreLimits, tenant: &Tenant) -> u64 {
    let part = |of: usize, limit: usize| of as u128 * WHOLE / limit.max(1) as u128;
    let entries = part(tenant.len(), limits.entries);
    let share = entries.max(part(tenant.bytes(), limits.bytes));
    u64::try_from(share).unwrap_or(u64::MAX)
}
