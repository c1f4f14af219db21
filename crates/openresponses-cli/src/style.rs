//! Colors, for a terminal only.

use std::io::IsTerminal;

/// How the output is printed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    colored: bool,
}

impl Style {
    /// Without colors.
    #[cfg(test)]
    pub(crate) const PLAIN: Self = Self { colored: false };

    /// Colors where standard output is a terminal and `NO_COLOR` is not set (<https://no-color.org>).
    pub(crate) fn of_standard_output() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            colored: !refused && std::io::stdout().is_terminal(),
        }
    }

    pub(crate) fn error(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    pub(crate) fn warning(self, text: &str) -> String {
        self.paint("1;33", text)
    }

    pub(crate) fn note(self, text: &str) -> String {
        self.paint("1;36", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colored {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_are_for_terminals() {
        assert_eq!(Style::PLAIN.error("error"), "error");
        let colored = Style { colored: true };
        assert_eq!(colored.warning("warning"), "\u{1b}[1;33mwarning\u{1b}[0m");
        assert_eq!(colored.note("note"), "\u{1b}[1;36mnote\u{1b}[0m");
    }
}
