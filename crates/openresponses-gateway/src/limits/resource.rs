/// A resource whose use is limited.
///
/// ```
/// use openresponses_gateway::limits::LimitedResource;
///
/// assert_eq!(LimitedResource::Tokens.name(), "tokens");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LimitedResource {
    /// Requests.
    Requests,
    /// Tokens of input and output.
    Tokens,
    /// Money, in billionths of a unit: see [`Money`](super::Money).
    Cost,
}

impl LimitedResource {
    /// Returns the name in headers and error codes: `requests`, `tokens` or `cost`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Tokens => "tokens",
            Self::Cost => "cost",
        }
    }
}
