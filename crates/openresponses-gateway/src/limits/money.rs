use std::fmt;

/// An amount of money: billionths of a unit of the host's currency, up to 18 billion units.
///
/// ```
/// use openresponses_gateway::limits::Money;
///
/// let price = Money::from_units(0.25).unwrap();
/// assert_eq!(price.nanos(), 250_000_000);
/// assert_eq!(price.to_string(), "0.25");
/// assert_eq!(Money::from_units(-1.0), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(u64);

/// Billionths in a unit.
const UNIT: u64 = 1_000_000_000;

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Creates an amount of billionths of a unit.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Creates an amount of units; `None` for a negative, infinite or too large one.
    #[must_use]
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss
    )]
    pub fn from_units(units: f64) -> Option<Self> {
        let nanos = (units * UNIT as f64).round();
        // False for what is not a number, too.
        let is_amount = nanos >= 0.0 && nanos < u64::MAX as f64;
        is_amount.then_some(Self(nanos as u64))
    }

    pub(crate) fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Returns the billionths of a unit.
    #[must_use]
    pub const fn nanos(self) -> u64 {
        self.0
    }
}

/// The amount in units, without trailing zeros.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (units, rest) = (self.0 / UNIT, self.0 % UNIT);
        if rest == 0 {
            return write!(f, "{units}");
        }
        let digits = format!("{rest:09}");
        write!(f, "{units}.{}", digits.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_and_printed_exactly() {
        for (units, shown) in [
            (0.0, "0"),
            (12.0, "12"),
            (0.000_000_001, "0.000000001"),
            (3.1, "3.1"),
            (1_000_000.5, "1000000.5"),
        ] {
            assert_eq!(Money::from_units(units).unwrap().to_string(), shown);
        }
        for wrong in [-0.1, f64::NAN, f64::INFINITY, 1e11] {
            assert_eq!(Money::from_units(wrong), None, "{wrong}");
        }
    }
}
