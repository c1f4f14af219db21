//! The bytes of attempts that have not started their response.

use http::request::Parts;
use openresponses_tower::Scope;
use openresponses_tower::bounds::{BoundedResource, Bounds, Held};

/// The most bytes that one attempt holds, all attempts of a tenant, and all attempts of a gateway.
const OF_ONE: u64 = 4 << 20;
const OF_TENANT: u64 = 16 << 20;
const OF_ALL: u64 = 32 << 20;

/// What the attempts of a gateway hold at once.
#[derive(Debug)]
pub(super) struct HeldBytes(Bounds);

impl HeldBytes {
    /// Holds nothing yet for an attempt of the caller.
    pub(super) fn of_attempt(&self, head: &Parts) -> Holding<'_> {
        let scope: Option<&Scope> = head.extensions.get();
        Holding {
            of: &self.0,
            scope: scope.cloned().unwrap_or_else(Scope::anonymous),
            held: None,
            is_over: false,
        }
    }
}

impl Default for HeldBytes {
    fn default() -> Self {
        Self(Bounds::new().memory(OF_ALL, OF_TENANT))
    }
}

/// What one attempt holds, until this is dropped.
#[derive(Debug)]
pub(super) struct Holding<'g> {
    of: &'g Bounds,
    scope: Scope,
    /// Most attempts hold nothing, and need no account.
    held: Option<Held>,
    is_over: bool,
}

impl Holding<'_> {
    pub(super) fn add(&mut self, more: u64) {
        let (of, scope) = (self.of, &self.scope);
        let held = self
            .held
            .get_or_insert_with(|| of.hold(scope, BoundedResource::Memory));
        self.is_over |= held.grow(more).is_err();
    }

    /// Returns true when the attempt holds as much as one may.
    pub(super) fn is_full(&self) -> bool {
        self.held.as_ref().map_or(0, Held::amount) >= OF_ONE
    }

    /// Returns true when all attempts, or those of the tenant, hold as much as they may.
    pub(super) fn are_all_full(&self) -> bool {
        self.is_over
    }
}
