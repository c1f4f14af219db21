use std::sync::atomic::{AtomicU64, Ordering};

/// A resource that [`Bounds`](super::Bounds) bounds.
///
/// ```
/// use openresponses_tower::bounds::BoundedResource;
///
/// let names: Vec<_> = BoundedResource::ALL.iter().map(|one| one.as_str()).collect();
/// assert_eq!(names, ["memory", "requests", "connections", "background"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BoundedResource {
    /// Bytes of memory.
    Memory,
    /// Requests in progress, streams and turns of WebSockets included.
    Requests,
    /// WebSocket connections.
    Connections,
    /// Background responses in progress.
    Background,
}

impl BoundedResource {
    /// All resources.
    pub const ALL: [Self; 4] = [
        Self::Memory,
        Self::Requests,
        Self::Connections,
        Self::Background,
    ];

    /// Returns the name: `memory`, `requests`, `connections` or `background`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Requests => "requests",
            Self::Connections => "connections",
            Self::Background => "background",
        }
    }

    pub(super) fn index(self) -> usize {
        match self {
            Self::Memory => 0,
            Self::Requests => 1,
            Self::Connections => 2,
            Self::Background => 3,
        }
    }
}

/// What is held of a resource.
///
/// ```
/// use openresponses_tower::bounds::{BoundedResource, Bounds};
///
/// for usage in Bounds::new().usage() {
///     assert_eq!((usage.held, usage.over_share, usage.over_total), (0, 0, 0));
///     assert!(usage.share <= usage.total, "{:?}", usage.resource);
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BoundUsage {
    /// The resource.
    pub resource: BoundedResource,
    /// The most that all callers together may hold.
    pub total: u64,
    /// The most that one tenant may hold.
    pub share: u64,
    /// What all callers together hold.
    pub held: u64,
    /// How often a tenant was refused because of its own share.
    pub over_share: u64,
    /// How often a caller was refused because of the total.
    pub over_total: u64,
}

/// The bounds of one resource.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    pub(super) total: u64,
    pub(super) share: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Limits([Limit; BoundedResource::ALL.len()]);

impl Limits {
    pub(super) fn of(&self, resource: BoundedResource) -> Limit {
        let Self(limits) = self;
        limits[resource.index()]
    }

    pub(super) fn with(mut self, resource: BoundedResource, limit: Limit) -> Self {
        self.0[resource.index()] = limit;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self(BoundedResource::ALL.map(|resource| match resource {
            BoundedResource::Memory => Limit {
                total: 512 << 20,
                share: 256 << 20,
            },
            BoundedResource::Requests | BoundedResource::Connections => Limit {
                total: 16 * 1024,
                share: 12 * 1024,
            },
            BoundedResource::Background => Limit {
                total: 256,
                share: 64,
            },
        }))
    }
}

/// The refusals of each resource: because of a share, and of the total.
#[derive(Debug, Default)]
pub(super) struct Refused([[AtomicU64; 2]; BoundedResource::ALL.len()]);

impl Refused {
    pub(super) fn of(&self, resource: BoundedResource) -> (u64, u64) {
        let [share, total] = &self.0[resource.index()];
        (share.load(Ordering::Relaxed), total.load(Ordering::Relaxed))
    }

    pub(super) fn count(&self, resource: BoundedResource, is_total: bool) {
        let counts = &self.0[resource.index()];
        counts[usize::from(is_total)].fetch_add(1, Ordering::Relaxed);
    }
}
