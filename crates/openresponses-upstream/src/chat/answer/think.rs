/// The tags around reasoning that stands in the content.
const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// The most bytes that are kept before it is clear whether the content begins with the tag.
const START: usize = 64;

/// Finds the reasoning that stands in tags at the start of the content, cut anywhere.
#[derive(Debug, Default)]
pub(super) enum Think {
    /// The content has no such tags, or they are behind.
    #[default]
    Off,
    /// Nothing has come but white space and what may be the beginning of the tag.
    Start(String),
    /// Between the tags, with what may be the beginning of the closing one.
    Inside(String),
    /// Behind the closing tag, before the text.
    After,
}

/// A piece of content: reasoning, then text; either may be empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Split {
    pub(super) reasoning: String,
    pub(super) text: String,
}

impl Split {
    fn text(text: String) -> Self {
        let reasoning = String::new();
        Self { reasoning, text }
    }
}

impl Think {
    /// Looks for tags at the start of the content.
    pub(super) fn at_the_start() -> Self {
        Self::Start(String::new())
    }

    /// False once everything that follows is text.
    pub(super) fn is_on(&self) -> bool {
        !matches!(self, Self::Off)
    }

    /// Takes the next piece of the content.
    pub(super) fn push(&mut self, piece: String) -> Split {
        match std::mem::take(self) {
            Self::Off => Split::text(piece),
            Self::Start(held) => self.start(held + &piece),
            Self::Inside(held) => self.inside(held + &piece),
            Self::After => self.after(&piece),
        }
    }

    fn start(&mut self, held: String) -> Split {
        let begun = held.trim_start();
        if let Some(rest) = begun.strip_prefix(OPEN) {
            return self.inside(rest.to_owned());
        }
        if OPEN.starts_with(begun) && held.len() <= START {
            *self = Self::Start(held);
            return Split::default();
        }
        Split::text(held)
    }

    fn inside(&mut self, held: String) -> Split {
        if let Some((reasoning, text)) = held.split_once(CLOSE) {
            let after = self.after(text);
            return Split {
                reasoning: reasoning.to_owned(),
                ..after
            };
        }
        let is_begun = |at: &usize| held.get(*at..).is_some_and(|end| CLOSE.starts_with(end));
        let from = held.len().saturating_sub(CLOSE.len() - 1);
        let at = (from..held.len()).find(is_begun).unwrap_or(held.len());
        let (reasoning, rest) = held.split_at(at);
        *self = Self::Inside(rest.to_owned());
        Split {
            reasoning: reasoning.to_owned(),
            text: String::new(),
        }
    }

    /// Leaves out the lines between the tag and the text.
    fn after(&mut self, piece: &str) -> Split {
        let text = piece.trim_start();
        if text.is_empty() {
            *self = Self::After;
        }
        Split::text(text.to_owned())
    }

    /// The content is over: returns what was kept.
    pub(super) fn end(&mut self) -> Split {
        match std::mem::take(self) {
            Self::Off | Self::After => Split::default(),
            Self::Start(held) => Split::text(held),
            Self::Inside(reasoning) => Split {
                reasoning,
                text: String::new(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(pieces: &[&str]) -> (String, String) {
        let mut think = Think::at_the_start();
        let mut all = Split::default();
        let mut add = |split: Split| {
            all.reasoning.push_str(&split.reasoning);
            all.text.push_str(&split.text);
        };
        for piece in pieces {
            add(think.push((*piece).to_owned()));
        }
        add(think.end());
        (all.reasoning, all.text)
    }

    #[test]
    fn reasoning_in_tags_at_the_start_is_found_in_any_cut() {
        for (content, reasoning, text) in [
            ("<think>hm</think>\n\nHi", "hm", "Hi"),
            (
                " \n<think>a </thin> b</think>Hi <think>",
                "a </thin> b",
                "Hi <think>",
            ),
            ("<think>é", "é", ""),
            ("<think>cut</thi", "cut</thi", ""),
            ("<think></think>", "", ""),
            ("Hi <think>no</think>", "", "Hi <think>no</think>"),
            ("<thinking>", "", "<thinking>"),
            (" <th", "", " <th"),
            ("", "", ""),
        ] {
            let expected = (reasoning.to_owned(), text.to_owned());
            for at in (0..=content.len()).filter(|at| content.is_char_boundary(*at)) {
                let (one, other) = content.split_at(at);
                assert_eq!(split(&[one, other]), expected, "{content} at {at}");
            }
            let each: Vec<_> = content.split_inclusive(|_| true).collect();
            assert_eq!(split(&each), expected, "{content}");
        }
    }

    #[test]
    fn white_space_is_kept_up_to_a_bound() {
        let mut think = Think::at_the_start();
        assert_eq!(think.push(" ".repeat(START)), Split::default());
        assert_eq!(think.push(" ".to_owned()).text.len(), START + 1);
        assert!(!think.is_on());
    }
}
