//! Sums of token counts.

use alloc::string::ToString;

use serde_json::Number;

use super::usage::Usage;
use crate::json::RawJson;
use crate::wire::{Extra, Field};

impl Usage {
    /// Adds the counts of another response. Of members that are no counts the other's stand.
    ///
    /// ```
    /// use openresponses_types::response::Usage;
    ///
    /// let both = Usage::new(7, 5).plus(&Usage::new(1, 2).reasoning_tokens(2));
    /// assert_eq!((both.input_tokens, both.output_tokens, both.total_tokens), (8, 7, 15));
    /// assert_eq!(both.output_tokens_details.value().unwrap().reasoning_tokens, 2);
    /// ```
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Self {
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        self.total_tokens = self.total_tokens.saturating_add(other.total_tokens);
        let (input, output) = (&other.input_tokens_details, &other.output_tokens_details);
        add(&mut self.input_tokens_details, input, |sum, other| {
            sum.cached_tokens = sum.cached_tokens.saturating_add(other.cached_tokens);
            add_members(&mut sum.extra, &other.extra);
        });
        add(&mut self.output_tokens_details, output, |sum, other| {
            sum.reasoning_tokens = sum.reasoning_tokens.saturating_add(other.reasoning_tokens);
            add_members(&mut sum.extra, &other.extra);
        });
        add_members(&mut self.extra, &other.extra);
        self
    }
}

/// Adds details to those that are there.
fn add<T: Clone>(sum: &mut Field<T>, other: &Field<T>, both: impl FnOnce(&mut T, &T)) {
    match (sum.value_mut(), other.value()) {
        (Some(sum), Some(other)) => both(sum, other),
        (None, Some(other)) => *sum = Field::Value(other.clone()),
        (_, None) => {}
    }
}

fn add_members(sum: &mut Extra, other: &Extra) {
    for (name, value) in other.iter() {
        let total = sum.get(name).and_then(|known| add_numbers(known, value));
        sum.insert(name, total.unwrap_or_else(|| value.clone()));
    }
}

/// The sum of two numbers; `None` where one is no number.
fn add_numbers(one: &RawJson, other: &RawJson) -> Option<RawJson> {
    let (one, other): (Number, Number) = (one.read_as().ok()?, other.read_as().ok()?);
    let sum = match (one.as_u64(), other.as_u64()) {
        (Some(one), Some(other)) => Number::from(one.saturating_add(other)),
        _ => Number::from_f64(one.as_f64()? + other.as_f64()?)?,
    };
    RawJson::parse(&sum.to_string()).ok()
}
