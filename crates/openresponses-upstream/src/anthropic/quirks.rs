//! How servers of the Messages API differ, as data.

/// How one kind of server or model differs from the others.
///
/// ```
/// use openresponses_upstream::anthropic::Quirks;
///
/// assert_eq!(Quirks::named(Quirks::default().name), Some(Quirks::default()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quirks {
    /// The name in a configuration.
    pub name: &'static str,
    /// How thinking is asked for.
    pub thinking: ThinkingMember,
    /// Whether `top_p` may stand beside `temperature`. Where it may not, the one of the two that is 1, the
    /// default, is left out, else `top_p` with a warning.
    pub top_p_beside_temperature: bool,
    /// Whether functions may be `strict`, and texts held to a JSON schema.
    pub structured_outputs: bool,
}

/// How thinking is asked for.
///
/// ```
/// use openresponses_upstream::anthropic::{Quirks, ThinkingMember};
///
/// let mut quirks = Quirks::default();
/// quirks.thinking = ThinkingMember::Omit;
/// assert_ne!(quirks, Quirks::default());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ThinkingMember {
    /// As `thinking.budget_tokens`, a number that the effort comes to.
    Budget,
    /// As `output_config.effort`, with adaptive thinking.
    Effort,
    /// Not at all, with a warning.
    Omit,
}

impl Quirks {
    /// Models that take a budget, which most do: the default.
    pub const COMMON: Self = Self {
        name: "common",
        thinking: ThinkingMember::Budget,
        top_p_beside_temperature: false,
        structured_outputs: true,
    };

    /// Models that decide themselves how much to think.
    pub const ADAPTIVE: Self = Self {
        name: "adaptive",
        thinking: ThinkingMember::Effort,
        ..Self::COMMON
    };

    /// Other servers of the same API, such as llama.cpp.
    pub const LOCAL: Self = Self {
        name: "local",
        top_p_beside_temperature: true,
        structured_outputs: false,
        ..Self::COMMON
    };

    /// All of them.
    pub const ALL: &'static [Self] = &[Self::COMMON, Self::ADAPTIVE, Self::LOCAL];

    /// Returns the quirks of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|quirks| quirks.name == name).cloned()
    }
}

impl Default for Quirks {
    fn default() -> Self {
        Self::COMMON
    }
}
