use std::collections::BTreeMap;
use std::fmt;

use openresponses_types::response::Usage;

use crate::limits::Money;

/// The price of a model's tokens.
///
/// ```
/// use openresponses_gateway::budget::Price;
/// use openresponses_types::response::Usage;
///
/// // Units of the host's currency for a million tokens.
/// let price = Price::per_million(1.25, 10.0)?.cached_input(0.125)?;
/// let usage = Usage::new(2_000, 100).cached_tokens(1_000);
/// assert_eq!(price.cost(&usage).to_string(), "0.002375");
/// # Ok::<(), openresponses_gateway::budget::InvalidPrice>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    input: Money,
    cached_input: Option<Money>,
    output: Money,
}

/// A price that is negative, infinite, or above a million units for a million tokens.
///
/// ```
/// use openresponses_gateway::budget::{InvalidPrice, Price};
///
/// assert_eq!(Price::per_million(-1.0, 10.0).unwrap_err(), InvalidPrice);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidPrice;

impl fmt::Display for InvalidPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a price for a million tokens must be from 0 to 1000000")
    }
}

impl std::error::Error for InvalidPrice {}

/// The tokens to which prices apply.
const TOKENS: u128 = 1_000_000;

/// The highest price, in units.
const HIGHEST: f64 = 1_000_000.0;

fn valid(units: f64) -> Result<Money, InvalidPrice> {
    let money = Money::from_units(units).filter(|_| units <= HIGHEST);
    money.ok_or(InvalidPrice)
}

impl Price {
    /// Creates a price of input and output for a million tokens. Cached input costs the same as
    /// other input.
    ///
    /// # Errors
    /// When a price is negative, infinite or above a million.
    pub fn per_million(input: f64, output: f64) -> Result<Self, InvalidPrice> {
        Ok(Self {
            input: valid(input)?,
            cached_input: None,
            output: valid(output)?,
        })
    }

    /// Sets the price of input that is read from a cache, for a million tokens.
    ///
    /// # Errors
    /// When it is negative, infinite or above a million.
    pub fn cached_input(mut self, price: f64) -> Result<Self, InvalidPrice> {
        self.cached_input = Some(valid(price)?);
        Ok(self)
    }

    /// Returns the cost of a call, rounded up to a billionth.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> Money {
        let details = usage.input_tokens_details.value();
        let cached = details.map_or(0, |details| details.cached_tokens);
        let cached = cached.min(usage.input_tokens);
        sum(&[
            (usage.input_tokens - cached, self.input),
            (cached, self.cached_input.unwrap_or(self.input)),
            (usage.output_tokens, self.output),
        ])
    }

    /// Returns the most that a call costs.
    pub(crate) fn most(&self, input_tokens: u64, output_tokens: u64) -> Money {
        let input = self.input.max(self.cached_input.unwrap_or_default());
        sum(&[(input_tokens, input), (output_tokens, self.output)])
    }
}

fn sum(parts: &[(u64, Money)]) -> Money {
    let total = parts.iter().fold(0_u128, |sum, (tokens, price)| {
        sum.saturating_add(u128::from(*tokens) * u128::from(price.nanos()))
    });
    Money::from_nanos(u64::try_from(total.div_ceil(TOKENS)).unwrap_or(u64::MAX))
}

/// The prices of models.
///
/// A model is named by its id in the catalog, or by the beginning of ids and `*`. The longest name
/// that matches decides; a price at one provider precedes that of all providers.
///
/// ```
/// use openresponses_gateway::budget::{Price, PriceTable};
///
/// let [cheap, dear] = [Price::per_million(0.1, 0.4)?, Price::per_million(3.0, 15.0)?];
/// let prices = PriceTable::new()
///     .price("openai/*", cheap)
///     .price_at("openai/gpt-5.2", "azure", dear);
/// assert_eq!(prices.find("openai/gpt-5.2", "azure"), Some(dear));
/// assert_eq!(prices.find("openai/gpt-5.2", "openai"), Some(cheap));
/// assert_eq!(prices.find("meta/llama", "groq"), None);
/// # Ok::<(), openresponses_gateway::budget::InvalidPrice>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct PriceTable(BTreeMap<String, Prices>);

#[derive(Clone, Debug, Default)]
struct Prices {
    everywhere: Option<Price>,
    at: BTreeMap<String, Price>,
}

impl Prices {
    fn find(&self, provider: &str) -> Option<Price> {
        self.at.get(provider).copied().or(self.everywhere)
    }
}

impl PriceTable {
    /// Creates an empty table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the price of a model at every provider.
    #[must_use]
    pub fn price(mut self, model: impl Into<String>, price: Price) -> Self {
        self.0.entry(model.into()).or_default().everywhere = Some(price);
        self
    }

    /// Sets the price of a model at one provider.
    #[must_use]
    pub fn price_at(
        mut self,
        model: impl Into<String>,
        provider: impl Into<String>,
        price: Price,
    ) -> Self {
        let prices = self.0.entry(model.into()).or_default();
        prices.at.insert(provider.into(), price);
        self
    }

    /// Returns the price of a model at a provider.
    #[must_use]
    pub fn find(&self, model: &str, provider: &str) -> Option<Price> {
        let exact = self.0.get(model).and_then(|prices| prices.find(provider));
        exact.or_else(|| {
            let matching = self.0.iter().filter(|(pattern, _)| {
                let begin = pattern.strip_suffix('*');
                begin.is_some_and(|begin| model.starts_with(begin))
            });
            let found = matching
                .filter_map(|(pattern, prices)| Some((pattern.len(), prices.find(provider)?)));
            found
                .max_by_key(|(length, _)| *length)
                .map(|(_, price)| price)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_prices_are_refused() {
        for wrong in [-0.01, f64::NAN, f64::INFINITY, 1_000_000.1, 1e300] {
            assert_eq!(Price::per_million(wrong, 1.0), Err(InvalidPrice), "{wrong}");
            assert_eq!(Price::per_million(1.0, wrong), Err(InvalidPrice), "{wrong}");
            let price = Price::per_million(1.0, 1.0).unwrap();
            assert_eq!(price.cached_input(wrong), Err(InvalidPrice), "{wrong}");
        }
    }

    #[test]
    fn absurd_counts_cost_the_most_and_do_not_overflow() {
        let price = Price::per_million(1_000_000.0, 1_000_000.0).unwrap();
        let usage = Usage::new(u64::MAX, u64::MAX).cached_tokens(u64::MAX);
        assert_eq!(price.cost(&usage), Money::from_nanos(u64::MAX));
        // More cached than input.
        let usage = Usage::new(1, 0).cached_tokens(9);
        assert_eq!(price.cost(&usage).to_string(), "1");
    }

    #[test]
    fn the_longest_name_that_matches_decides() {
        let price = |input| Price::per_million(input, 0.0).unwrap();
        let table = PriceTable::new()
            .price("*", price(1.0))
            .price("openai/*", price(2.0))
            .price("openai/gpt*", price(3.0))
            .price_at("openai/gpt-5", "azure", price(4.0));
        for (model, provider, expected) in [
            ("meta/llama", "groq", 1.0),
            ("openai/o9", "openai", 2.0),
            ("openai/gpt-5", "openai", 3.0),
            ("openai/gpt-5", "azure", 4.0),
        ] {
            assert_eq!(
                table.find(model, provider),
                Some(price(expected)),
                "{model}"
            );
        }
    }
}
