use crate::limits::{LimitedResource, Money};

/// What a call uses, or may use.
///
/// ```
/// use openresponses_gateway::budget::Amounts;
/// use openresponses_gateway::limits::{LimitedResource, Money};
///
/// let used = Amounts::new(1, 150, Money::default());
/// assert_eq!(used.of(LimitedResource::Tokens), 150);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Amounts {
    /// Requests.
    pub requests: u64,
    /// Tokens of input and output.
    pub tokens: u64,
    /// Money.
    pub cost: Money,
}

impl Amounts {
    /// Creates amounts.
    #[must_use]
    pub fn new(requests: u64, tokens: u64, cost: Money) -> Self {
        Self {
            requests,
            tokens,
            cost,
        }
    }

    /// Returns the amount of a resource; of money in billionths of a unit.
    #[must_use]
    pub fn of(&self, resource: LimitedResource) -> u64 {
        match resource {
            LimitedResource::Requests => self.requests,
            LimitedResource::Tokens => self.tokens,
            LimitedResource::Cost => self.cost.nanos(),
        }
    }
}
