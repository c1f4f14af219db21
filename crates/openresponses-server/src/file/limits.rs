//! `[limits]`: limits on clients.

use std::num::{NonZeroU32, NonZeroUsize};

use serde::Deserialize;

use super::budgets::CallerBudget;
use super::units::{Levels, Size, Time, Wait};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// For each tenant without its own.
    pub(crate) rate: Option<Rate>,
    /// For each tenant without its own.
    pub(crate) budget: Option<CallerBudget>,
    pub(crate) body: Option<Size>,
    pub(crate) memory: Option<Amount<Size>>,
    pub(crate) requests: Option<Amount<Count>>,
    pub(crate) connections: Option<Amount<Count>>,
    pub(crate) background: Option<Amount<Count>>,
    pub(crate) open_connections: OpenConnectionLimits,
    pub(crate) body_timeout: Option<Time>,
    pub(crate) body_rate: Option<Size>,
    pub(crate) first_output: Option<Time>,
    pub(crate) idle: Option<Time>,
    pub(crate) stall: Option<Time>,
    pub(crate) json_depth: Option<Levels>,
    pub(crate) json_values: Option<NonZeroUsize>,
}

/// What all callers may hold, and each tenant: half of it unless given.
#[derive(Clone, Copy, Deserialize)]
#[serde(
    try_from = "Written<T>",
    bound(deserialize = "T: Deserialize<'de> + Into<u64> + Copy")
)]
pub(crate) struct Amount<T> {
    total: T,
    tenant: Option<T>,
}

/// An amount as a file has it.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "an amount, or { total = AMOUNT, tenant = AMOUNT }"
)]
enum Written<T> {
    Total(T),
    Both(Both<T>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Both<T> {
    total: T,
    tenant: T,
}

/// A number of requests, connections or responses.
#[derive(Clone, Copy, Deserialize)]
pub(crate) struct Count(NonZeroU32);

impl From<Count> for u64 {
    fn from(count: Count) -> Self {
        count.0.get().into()
    }
}

impl From<Size> for u64 {
    fn from(size: Size) -> Self {
        size.0
    }
}

impl<T: Into<u64> + Copy> Amount<T> {
    /// Returns the total and the share of a tenant.
    pub(crate) fn both(self) -> (u64, u64) {
        let total: u64 = self.total.into();
        (total, self.tenant.map_or(total.div_ceil(2), T::into))
    }
}

impl<T: Into<u64> + Copy> TryFrom<Written<T>> for Amount<T> {
    type Error = &'static str;

    fn try_from(written: Written<T>) -> Result<Self, Self::Error> {
        let (total, tenant) = match written {
            Written::Total(total) => (total, None),
            Written::Both(Both { total, tenant }) => (total, Some(tenant)),
        };
        match tenant {
            Some(tenant) if tenant.into() > total.into() => Err("`tenant` must be at most `total`"),
            tenant => Ok(Self { total, tenant }),
        }
    }
}

/// How many connections may be open, of all clients and of each address.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(try_from = "OpenConnections")]
pub(crate) struct OpenConnectionLimits {
    pub(crate) total: Option<NonZeroUsize>,
    pub(crate) address: Option<NonZeroUsize>,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "{ total = NUMBER, address = NUMBER }"
)]
struct OpenConnections {
    total: Option<NonZeroUsize>,
    address: Option<NonZeroUsize>,
}

impl TryFrom<OpenConnections> for OpenConnectionLimits {
    type Error = &'static str;

    fn try_from(OpenConnections { total, address }: OpenConnections) -> Result<Self, Self::Error> {
        if address
            .zip(total)
            .is_some_and(|(address, total)| address > total)
        {
            return Err("`address` must be at most `total`");
        }
        Ok(Self { total, address })
    }
}

/// A number of requests in a period.
#[derive(Clone, Copy, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "{ requests = NUMBER, per = \"TIME\" }"
)]
pub(crate) struct Rate {
    pub(crate) requests: NonZeroU32,
    pub(crate) per: Wait,
}
