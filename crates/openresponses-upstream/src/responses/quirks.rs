//! How servers of the protocol differ, as data.

use crate::hosts;

/// How one kind of server differs from the others.
///
/// ```
/// use openresponses_upstream::responses::Quirks;
///
/// assert_eq!(Quirks::of_host("api.openai.com"), Quirks::OPENAI);
/// assert_eq!(Quirks::of_host("localhost"), Quirks::default());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quirks {
    /// The name in a configuration.
    pub name: &'static str,
    /// Hosts that are known to be of this kind. A name that begins with a dot stands for every host below
    /// it.
    pub hosts: &'static [&'static str],
    /// Whether reasoning may have `content`. Where it may not, its texts are sent as the summary if that is
    /// empty, else they are left out with a warning.
    pub reasoning_content: bool,
}

impl Quirks {
    /// What most servers have in common: the default.
    pub const COMMON: Self = Self {
        name: "common",
        hosts: &[],
        reasoning_content: true,
    };

    /// OpenAI, of any region, and Azure.
    pub const OPENAI: Self = Self {
        name: "openai",
        hosts: hosts::OPENAI,
        reasoning_content: false,
    };

    /// All of them.
    pub const ALL: &'static [Self] = &[Self::COMMON, Self::OPENAI];

    /// Returns the quirks of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|quirks| quirks.name == name).cloned()
    }

    /// Returns the quirks of the server at `host`, [`COMMON`](Self::COMMON) where it is not known.
    #[must_use]
    pub fn of_host(host: &str) -> Self {
        Self::ALL
            .iter()
            .find(|quirks| hosts::is_one_of(quirks.hosts, host))
            .cloned()
            .unwrap_or(Self::COMMON)
    }
}

impl Default for Quirks {
    fn default() -> Self {
        Self::COMMON
    }
}
