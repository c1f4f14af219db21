//! Numbers: 1, or the nearest that the bounds allow.

use std::collections::BTreeSet;

/// Candidates of each kind that are tried.
const TRIES: u32 = 1_000;

/// Range of a number.
#[derive(Clone, Debug, Default)]
pub(super) struct Range {
    lower: Option<f64>,
    upper: Option<f64>,
    above: Option<f64>,
    below: Option<f64>,
    /// `minimum` itself is excluded, as the oldest drafts wrote it.
    pub(super) exclude_minimum: bool,
    /// `maximum` itself is excluded.
    pub(super) exclude_maximum: bool,
    multiples: Vec<f64>,
}

impl Range {
    pub(super) fn minimum(&mut self, bound: Option<f64>) {
        self.lower = tighter(self.lower, bound, f64::max);
    }

    pub(super) fn maximum(&mut self, bound: Option<f64>) {
        self.upper = tighter(self.upper, bound, f64::min);
    }

    pub(super) fn above(&mut self, bound: Option<f64>) {
        self.above = tighter(self.above, bound, f64::max);
    }

    pub(super) fn below(&mut self, bound: Option<f64>) {
        self.below = tighter(self.below, bound, f64::min);
    }

    pub(super) fn multiple_of(&mut self, step: Option<f64>) {
        self.multiples.extend(step.filter(|step| *step > 0.0));
    }

    pub(super) fn is_bounded(&self) -> bool {
        let bounds = [self.lower, self.upper, self.above, self.below];
        bounds.iter().any(Option::is_some) || !self.multiples.is_empty()
    }

    /// What looking for a number costs beyond one step for each.
    pub(super) fn cost(&self) -> usize {
        6 * TRIES as usize * self.multiples.len()
    }

    /// Returns true if `value` lies in the range.
    pub(super) fn has(&self, value: f64, integer: bool) -> bool {
        let over = |bound: f64, open: bool| value > bound || (!open && value == bound);
        let under = |bound: f64, open: bool| value < bound || (!open && value == bound);
        value.is_finite()
            && self.lower.is_none_or(|it| over(it, self.exclude_minimum))
            && self.upper.is_none_or(|it| under(it, self.exclude_maximum))
            && self.above.is_none_or(|it| over(it, true))
            && self.below.is_none_or(|it| under(it, true))
            && (!integer || value.fract() == 0.0)
            && self.multiples.iter().all(|step| divides(*step, value))
    }

    /// The `nth` number of the range, the one nearest to 1 first.
    pub(super) fn number(&self, integer: bool, nth: usize) -> Option<f64> {
        let low = tighter(self.lower, self.above, f64::max);
        let high = tighter(self.upper, self.below, f64::min);
        let step = self.multiples.iter().copied().fold(None, |most, step| {
            Some(f64::max(most.unwrap_or(step), step))
        });
        let step = step.unwrap_or(1.0);
        let near = 1f64
            .max(low.unwrap_or(f64::NEG_INFINITY))
            .min(high.unwrap_or(f64::INFINITY));
        let count = |n: u32| f64::from(n);
        let upwards = (0..TRIES).map(|n| near + count(n));
        let ceiling = (near / step).ceil() * step;
        let multiples_up = (0..TRIES).map(|n| ceiling + count(n) * step);
        let floor = (near / step).floor() * step;
        let multiples_down = (0..TRIES).map(|n| floor - count(n) * step);
        let whole = near.ceil();
        let wholes = (0..TRIES).flat_map(|n| [whole + count(n), whole - count(n)]);
        // Between narrow bounds only fractions are left.
        let (from, to) = match (low, high) {
            (Some(low), Some(high)) => (low, high),
            (Some(low), None) => (low, low + 1.0),
            (None, Some(high)) => (high - 1.0, high),
            (None, None) => (0.0, 1.0),
        };
        let between = (1..=64).map(|n| from + (to - from) * count(n) / 65.0);
        let half = std::iter::once(from + (to - from) / 2.0);
        let mut found = BTreeSet::new();
        upwards
            .chain(multiples_up)
            .chain(multiples_down)
            .chain(wholes)
            .chain(half)
            .chain(between)
            .filter(|value| self.has(*value, integer))
            .find(|value| {
                // Equal numbers have equal bits, once 0 has no sign.
                let new = found.insert((*value + 0.0).to_bits());
                new && found.len() > nth
            })
    }
}

fn tighter(old: Option<f64>, new: Option<f64>, pick: fn(f64, f64) -> f64) -> Option<f64> {
    match (old, new) {
        (Some(old), Some(new)) => Some(pick(old, new)),
        (old, new) => old.or(new),
    }
}

/// Fractions such as 0.1 are not exact, so neither is the division.
fn divides(step: f64, value: f64) -> bool {
    let quotient = value / step;
    (quotient - quotient.round()).abs() <= 1e-9 * quotient.abs().max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(lower: Option<f64>, upper: Option<f64>) -> Range {
        Range {
            lower,
            upper,
            ..Range::default()
        }
    }

    #[test]
    fn nearest_to_one() {
        assert_eq!(range(None, None).number(true, 0), Some(1.0));
        assert_eq!(range(Some(0.0), Some(10.0)).number(true, 0), Some(1.0));
        assert_eq!(range(Some(2.5), None).number(true, 0), Some(3.0));
        assert_eq!(range(Some(2.5), None).number(false, 0), Some(2.5));
        assert_eq!(range(None, Some(-3.5)).number(true, 0), Some(-4.0));
        assert_eq!(range(None, Some(0.5)).number(false, 0), Some(0.5));
        assert_eq!(range(Some(2.0), Some(1.0)).number(false, 0), None);
        assert_eq!(range(Some(0.2), Some(0.8)).number(true, 0), None);
    }

    #[test]
    fn open_bounds_and_multiples() {
        let mut open = range(None, None);
        open.above(Some(0.0));
        open.below(Some(1.0));
        assert_eq!(open.number(false, 0), Some(0.5));
        assert_eq!(open.number(true, 0), None);
        let mut sevens = range(Some(10.0), None);
        sevens.multiple_of(Some(7.0));
        assert_eq!(sevens.number(true, 0), Some(14.0));
        assert_eq!(sevens.number(true, 2), Some(28.0));
        let mut cents = range(None, Some(0.5));
        cents.multiple_of(Some(0.01));
        assert_eq!(cents.number(false, 0), Some(0.5));
        let mut both = range(Some(5.0), None);
        both.multiple_of(Some(4.0));
        both.multiple_of(Some(6.0));
        assert_eq!(both.number(true, 0), Some(12.0));
        let mut old = range(Some(1.0), None);
        old.exclude_minimum = true;
        assert_eq!(old.number(true, 0), Some(2.0));
    }

    #[test]
    fn distinct_numbers() {
        let few = range(Some(1.0), Some(3.0));
        let all: Vec<_> = (0..4).map(|nth| few.number(true, nth)).collect();
        assert_eq!(all, [Some(1.0), Some(2.0), Some(3.0), None]);
    }
}
