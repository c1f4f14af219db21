//! Strings that match simple regular expressions: literals, classes, groups, alternatives and
//! counts. Assertions and back references are not supported.

use std::iter::Peekable;
use std::str::Chars;

use super::rules::{Count, length};

/// Maximum length of a string in bytes.
const MAX_STRING_BYTES: usize = 4_096;

/// How deep groups may nest.
const DEPTH: usize = 32;

/// A string that matches `pattern` and has a length of `count`.
pub(super) fn sample(pattern: &str, count: Count, nth: usize) -> Option<String> {
    if count.least > 1_024 {
        return None;
    }
    let attempt = |more| Generator::new(pattern, more, nth).whole();
    let fits = |text: &String| count.has(length(text));
    let mut shortest = None;
    // Each attempt repeats everything repeatable once more.
    for more in 0..=usize::try_from(count.least).ok()?.max(1) {
        let text = attempt(more)?;
        if fits(&text) {
            if !text.is_empty() {
                return Some(text);
            }
            // The empty string matches, but a longer one is the better example.
            shortest = Some(text);
        }
    }
    shortest
}

/// Reads the pattern and writes a matching string at the same time.
struct Generator<'p> {
    rest: Peekable<Chars<'p>>,
    more: usize,
    nth: usize,
    depth: usize,
}

impl<'p> Generator<'p> {
    fn new(pattern: &'p str, more: usize, nth: usize) -> Self {
        Self {
            rest: pattern.chars().peekable(),
            more,
            nth,
            depth: DEPTH,
        }
    }

    fn whole(mut self) -> Option<String> {
        let text = self.alternatives()?;
        self.rest.next().is_none().then_some(text)
    }

    /// The first alternative; the others are only read.
    fn alternatives(&mut self) -> Option<String> {
        let text = self.sequence()?;
        while self.rest.next_if_eq(&'|').is_some() {
            self.sequence()?;
        }
        Some(text)
    }

    fn sequence(&mut self) -> Option<String> {
        let mut text = String::new();
        while let Some(next) = self.rest.peek() {
            if matches!(next, '|' | ')') {
                break;
            }
            let Some(atom) = self.atom()? else { continue };
            let count = self.count()?;
            if text.len() + atom.len().checked_mul(count)? > MAX_STRING_BYTES {
                return None;
            }
            text.push_str(&atom.repeat(count));
        }
        Some(text)
    }

    /// One atom; nothing for an anchor.
    fn atom(&mut self) -> Option<Option<String>> {
        let one = |c: char| Some(Some(String::from(c)));
        match self.rest.next()? {
            '^' | '$' => Some(None),
            '.' => one('x'),
            '(' => self.group().map(Some),
            '[' => one(self.class()?),
            '\\' => {
                let set = self.escape()?;
                one(self.pick(&[set], false)?)
            }
            '*' | '+' | '?' | '{' => None,
            literal => one(literal),
        }
    }

    fn group(&mut self) -> Option<String> {
        self.depth = self.depth.checked_sub(1)?;
        if self.rest.next_if_eq(&'?').is_some() {
            match self.rest.next()? {
                ':' => {}
                // A group name, unless it is a lookbehind.
                '<' => {
                    if matches!(self.rest.peek(), Some('=' | '!')) {
                        return None;
                    }
                    while self.rest.next()? != '>' {}
                }
                _ => return None,
            }
        }
        let text = self.alternatives()?;
        self.rest.next_if_eq(&')')?;
        self.depth += 1;
        Some(text)
    }

    /// How often the atom before is written.
    fn count(&mut self) -> Option<usize> {
        let (least, most) = match self.rest.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => return self.counted(),
            _ => return Some(1),
        };
        self.rest.next();
        Some(self.settle(least, most))
    }

    fn counted(&mut self) -> Option<usize> {
        self.rest.next();
        let mut inside = String::new();
        loop {
            match self.rest.next()? {
                '}' => break,
                c => inside.push(c),
            }
        }
        let (least, most) = match inside.split_once(',') {
            None => {
                let exactly = inside.parse().ok()?;
                (exactly, Some(exactly))
            }
            Some((least, "")) => (least.parse().ok()?, None),
            Some((least, most)) => (least.parse().ok()?, Some(most.parse().ok()?)),
        };
        Some(self.settle(least, most))
    }

    fn settle(&mut self, least: usize, most: Option<usize>) -> usize {
        // Lazy or not, it matches.
        self.rest.next_if_eq(&'?');
        let count = least.saturating_add(self.more);
        // Optional atoms are omitted.
        match most {
            Some(1) if least == 0 => 0,
            Some(most) => count.min(most),
            None => count,
        }
    }

    /// A character of a class; the bracket is open.
    fn class(&mut self) -> Option<char> {
        let not = self.rest.next_if_eq(&'^').is_some();
        let mut sets = Vec::new();
        loop {
            let first = match self.rest.next()? {
                ']' => break,
                '\\' => self.escape()?,
                c => Set::Range(c, c),
            };
            let Set::Range(from, same) = first else {
                sets.push(first);
                continue;
            };
            let mut ahead = self.rest.clone();
            let is_range = from == same
                && ahead.next() == Some('-')
                && ahead.peek().is_some_and(|c| *c != ']');
            if !is_range {
                sets.push(first);
                continue;
            }
            self.rest.next();
            let to = match self.rest.next()? {
                '\\' => match self.escape()? {
                    Set::Range(to, _) => to,
                    _ => return None,
                },
                c => c,
            };
            sets.push(Set::Range(from, to));
        }
        self.pick(&sets, not)
    }

    /// An escape, after the backslash.
    fn escape(&mut self) -> Option<Set> {
        let one = |c| Some(Set::Range(c, c));
        match self.rest.next()? {
            'd' => Some(Set::Range('0', '9')),
            'w' => Some(Set::Word),
            's' => one(' '),
            'D' => Some(Set::Range('a', 'z')),
            'S' => Some(Set::Range('a', 'z')),
            'W' => one('-'),
            't' => one('\t'),
            'n' => one('\n'),
            'r' => one('\r'),
            'f' => one('\u{c}'),
            'v' => one('\u{b}'),
            'x' => self.hexadecimal(2),
            'u' => self.hexadecimal(4),
            // Word boundaries, properties and back references.
            c if c.is_ascii_alphanumeric() => None,
            literal => one(literal),
        }
    }

    fn hexadecimal(&mut self, digits: usize) -> Option<Set> {
        let mut value = 0;
        for _ in 0..digits {
            value = value * 16 + self.rest.next()?.to_digit(16)?;
        }
        let c = char::from_u32(value)?;
        Some(Set::Range(c, c))
    }

    /// The `nth` character of the sets, letters and digits first.
    fn pick(&self, sets: &[Set], not: bool) -> Option<char> {
        let plain = ('a'..='z')
            .chain('A'..='Z')
            .chain('0'..='9')
            .chain("-_. ".chars());
        let own = sets.iter().filter_map(|set| match set {
            Set::Range(from, _) => Some(*from),
            Set::Word => None,
        });
        let all = plain.chain(own.filter(|_| !not));
        let fitting: Vec<char> = all
            .filter(|c| sets.iter().any(|set| set.has(*c)) != not)
            .collect();
        let at = self.nth.checked_rem(fitting.len())?;
        fitting.get(at).copied()
    }
}

/// Some characters.
enum Set {
    Range(char, char),
    Word,
}

impl Set {
    fn has(&self, c: char) -> bool {
        match self {
            Self::Range(from, to) => (*from..=*to).contains(&c),
            Self::Word => c.is_ascii_alphanumeric() || c == '_',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pattern: &str) -> Option<String> {
        sample(pattern, Count::default(), 0)
    }

    #[test]
    fn simple_patterns() {
        for (pattern, text) in [
            ("^[a-z]+$", "a"),
            ("^[A-Z]{2}\\d{3}$", "AA000"),
            ("^(foo|bar)-\\w+$", "foo-a"),
            ("^#[0-9a-fA-F]{6}$", "#aaaaaa"),
            ("^\\+?[1-9]\\d{1,14}$", "10"),
            ("^(?:v)?(?<major>\\d+)\\.\\d+$", "0.0"),
            ("^[^a-z]$", "A"),
            ("^[-+]$", "-"),
            ("^[a-z0-9]+(?:-[a-z0-9]+)*$", "a"),
            ("\\u0041\\x42", "AB"),
            ("^.*$", "x"),
            ("^é?$", ""),
        ] {
            assert_eq!(of(pattern).as_deref(), Some(text), "{pattern}");
        }
    }

    #[test]
    fn what_is_not_understood() {
        for pattern in [
            "^(?!a)b$",
            "(?<=a)b",
            "(a)\\1",
            "\\bword\\b",
            "\\p{L}+",
            "a{2",
            "[a",
            "(a",
            "a)",
            "*a",
            "a{9999999}",
        ] {
            assert_eq!(of(pattern), None, "{pattern}");
        }
        assert_eq!(of(&"(".repeat(10_000)), None);
    }

    #[test]
    fn lengths() {
        let of = |pattern, least, most| sample(pattern, Count { least, most }, 0);
        assert_eq!(of("^[a-z]+$", 5, None).as_deref(), Some("aaaaa"));
        assert_eq!(of("^a{2,4}$", 3, None).as_deref(), Some("aaa"));
        assert_eq!(of("^ab$", 3, None), None);
        assert_eq!(of("^a{5}$", 0, Some(3)), None);
    }

    #[test]
    fn distinct_strings() {
        let all: Vec<_> = (0..3)
            .filter_map(|nth| sample("^[a-c]$", Count::default(), nth))
            .collect();
        assert_eq!(all, ["a", "b", "c"]);
    }
}
