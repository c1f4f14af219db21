//! How servers and models of the Gemini API differ, as data.

/// How one kind of server or model differs from the others.
///
/// ```
/// use openresponses_upstream::gemini::Quirks;
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
    /// Whether calls and their responses have ids.
    pub call_ids: bool,
    /// What stands for the thought signature of calls that another provider's model made; models
    /// from Gemini 3 on refuse calls without one. Default: nothing.
    pub unsigned_calls: Option<&'static str>,
}

/// How thinking is asked for.
///
/// ```
/// use openresponses_upstream::gemini::{Quirks, ThinkingMember};
///
/// let mut quirks = Quirks::default();
/// quirks.thinking = ThinkingMember::Omit;
/// assert_ne!(quirks, Quirks::default());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ThinkingMember {
    /// As `thinkingBudget`, a number that the effort comes to.
    Budget,
    /// As `thinkingLevel`, a word.
    Level,
    /// Not at all, with a warning.
    Omit,
}

impl Quirks {
    /// Models up to Gemini 2.5: the default.
    pub const COMMON: Self = Self {
        name: "common",
        thinking: ThinkingMember::Budget,
        call_ids: true,
        unsigned_calls: None,
    };

    /// Models from Gemini 3 on.
    pub const GEMINI_3: Self = Self {
        name: "gemini-3",
        thinking: ThinkingMember::Level,
        unsigned_calls: Some("skip_thought_signature_validator"),
        ..Self::COMMON
    };

    /// Vertex AI, where calls have no ids.
    pub const VERTEX: Self = Self {
        name: "vertex",
        call_ids: false,
        ..Self::COMMON
    };

    /// All of them.
    pub const ALL: &'static [Self] = &[Self::COMMON, Self::GEMINI_3, Self::VERTEX];

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
