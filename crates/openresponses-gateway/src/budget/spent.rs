//! What calls of providers have used.

use openresponses_types::response::Usage;

use super::price::Price;
use crate::limits::Money;

/// What one attempt or several have used, as far as it is known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spent {
    pub(crate) usage: Option<Usage>,
    pub(crate) cost: Option<Money>,
}

impl Spent {
    /// What these tokens cost at a price.
    pub(crate) fn at(usage: Option<Usage>, price: Option<Price>) -> Self {
        let cost = price.and_then(|price| Some(price.cost(usage.as_ref()?)));
        Self { usage, cost }
    }

    pub(crate) fn add(&mut self, other: Self) {
        if let Some(usage) = other.usage {
            self.usage = Some(match self.usage.take() {
                Some(sum) => sum.plus(&usage),
                None => usage,
            });
        }
        if let Some(cost) = other.cost {
            self.cost = Some(self.cost.unwrap_or_default().saturating_add(cost));
        }
    }

    /// Tokens of input and output, none where they are not known.
    pub(super) fn tokens(&self) -> u64 {
        let usage = self.usage.as_ref();
        usage.map_or(0, |usage| {
            usage.input_tokens.saturating_add(usage.output_tokens)
        })
    }
}
