use std::time::Instant;

/// When something expires, and its number among what expires then. `None` is never: a time beyond
/// the clock's range.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due(Option<(Instant, u64)>);

impl Due {
    pub(super) fn new(key: Option<(Instant, u64)>) -> Self {
        Self(key)
    }

    pub(super) fn key(self) -> Option<(Instant, u64)> {
        self.0
    }

    pub(super) fn is_past(self, now: Instant) -> bool {
        self.0.is_some_and(|(at, _)| at <= now)
    }
}
