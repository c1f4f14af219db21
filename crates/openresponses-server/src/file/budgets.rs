//! Budgets of callers, `[budgets]`, `[prices.MODEL]` and `[usage]`.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::path::PathBuf;

use openresponses_gateway::budget::{Budget, Price};
use openresponses_gateway::limits::Money;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::units::Wait;

/// The budget of a caller: one window, or several.
#[derive(Clone)]
pub(crate) struct CallerBudget(pub(crate) Budget);

impl<'de> Deserialize<'de> for CallerBudget {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let windows = match Windows::deserialize(deserializer)? {
            Windows::One(window) => vec![window],
            Windows::Many(windows) => windows,
        };
        let mut budget = Budget::new();
        for window in windows {
            budget = window.add_to(budget).map_err(D::Error::custom)?;
        }
        if budget.limits().is_empty() {
            return Err(D::Error::custom("it must limit something"));
        }
        Ok(Self(budget))
    }
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "{ requests = NUMBER, tokens = NUMBER, cost = NUMBER, per = \"TIME\" } with at least \
                 one of the numbers, each above zero, or a list of these"
)]
enum Windows {
    One(Window),
    Many(Vec<Window>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Window {
    requests: Option<NonZeroU64>,
    tokens: Option<NonZeroU64>,
    cost: Option<f64>,
    per: Wait,
}

impl Window {
    fn add_to(self, mut budget: Budget) -> Result<Budget, &'static str> {
        let per = self.per.0;
        let before = budget.limits().len();
        let limits = [
            self.requests.is_some(),
            self.tokens.is_some(),
            self.cost.is_some(),
        ];
        let added = limits.into_iter().filter(|limits| *limits).count();
        if per.subsec_nanos() > 0 {
            return Err("`per` must be whole seconds");
        }
        if added == 0 {
            return Err("it must limit `requests`, `tokens` or `cost`");
        }
        if let Some(amount) = self.requests {
            budget = budget.requests(amount.get(), per);
        }
        if let Some(amount) = self.tokens {
            budget = budget.tokens(amount.get(), per);
        }
        if let Some(units) = self.cost {
            let amount = Money::from_units(units).filter(|money| *money > Money::ZERO);
            let amount = amount.ok_or("`cost` must be above zero and at most 18 billion")?;
            budget = budget.cost(amount, per);
        }
        if budget.limits().len() < before + added {
            return Err("two windows of one length limit the same: keep one of them");
        }
        Ok(budget)
    }
}

/// `[budgets]`: how budgets are kept.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Budgets {
    pub(crate) store: Option<Spanned<BudgetStoreKind>>,
    pub(crate) outage: Option<Spanned<Outage>>,
    pub(crate) output_reserve: Option<Spanned<u64>>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BudgetStoreKind {
    Memory,
    Redis,
}

/// What happens to requests while the store does not answer.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outage {
    Refuse,
    Allow,
}

/// `[prices.MODEL]`: units of the operator's currency for a million tokens.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prices {
    input: Option<f64>,
    output: Option<f64>,
    cached_input: Option<f64>,
    /// In place of these at one provider.
    #[serde(default)]
    pub(crate) providers: BTreeMap<String, Spanned<ModelPrice>>,
}

impl Prices {
    /// Returns the price at all other providers, `None` where the entry has none.
    pub(crate) fn everywhere(&self) -> Option<Result<ModelPrice, String>> {
        match (self.input, self.output, self.cached_input) {
            (None, None, None) => None,
            (Some(input), Some(output), cached) => Some(ModelPrice::new(input, output, cached)),
            _ => Some(Err("it needs both `input` and `output`".to_owned())),
        }
    }
}

/// The price of a model at one provider.
#[derive(Clone, Copy)]
pub(crate) struct ModelPrice(pub(crate) Price);

impl ModelPrice {
    fn new(input: f64, output: f64, cached_input: Option<f64>) -> Result<Self, String> {
        let price = Price::per_million(input, output);
        let price = price.and_then(|price| match cached_input {
            Some(cached) => price.cached_input(cached),
            None => Ok(price),
        });
        price.map(Self).map_err(|error| error.to_string())
    }
}

impl<'de> Deserialize<'de> for ModelPrice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            input: f64,
            output: f64,
            cached_input: Option<f64>,
        }
        let fields = Fields::deserialize(deserializer)?;
        Self::new(fields.input, fields.output, fields.cached_input).map_err(D::Error::custom)
    }
}

/// `[usage]`: a line for each model call.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Usage {
    pub(crate) file: Option<PathBuf>,
}
