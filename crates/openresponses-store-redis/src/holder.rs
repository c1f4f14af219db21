use std::fmt;

use openresponses_tower::store::ItemPlace;

/// Where an item is: in a response of a tree. It is written as `START:END:LENGTH:RESPONSE` and the
/// tree behind that, where `LENGTH` is that of the response's id.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) response: String,
    pub(crate) root: String,
}

impl Holder {
    pub(crate) fn new(place: &ItemPlace, response: &str, root: &str) -> Self {
        Self {
            start: place.start,
            end: place.end,
            response: response.into(),
            root: root.into(),
        }
    }

    /// Returns what brings together the items of one tree, of one response, and of one part of it.
    pub(crate) fn place(&self) -> (&str, &str, usize) {
        (&self.root, &self.response, self.start)
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, ':');
        let mut number = || parts.next()?.parse().ok();
        let (start, end, length) = (number()?, number()?, number()?);
        let (response, root) = parts.next()?.split_at_checked(length)?;
        Some(Self {
            start,
            end,
            response: response.into(),
            root: root.into(),
        })
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            start,
            end,
            response,
            root,
        } = self;
        write!(f, "{start}:{end}:{}:{response}{root}", response.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_is_read_as_it_was_written() {
        for (response, root) in [("resp_1", "resp_0"), ("", ""), (":1:\u{1F600}", "\0:")] {
            let (response, root) = (response.to_owned(), root.to_owned());
            let holder = Holder {
                start: 3,
                end: 40,
                response,
                root,
            };
            assert_eq!(Holder::read(&holder.to_string()), Some(holder));
        }
        for text in ["", "1:2:3", "1:2:9:short", "a:2:0:"] {
            assert_eq!(Holder::read(text), None);
        }
    }
}
