//! Strings: `example`, or one with the required format, pattern and length.

use super::format::format;
use super::pattern;
use super::rules::{Count, Rules, length};

/// Maximum length of a string in code points.
const MAX_STRING_CHARS: u64 = 1 << 20;

const WORD: &str = "example";

/// What finding a string costs at most, in bytes that are read and written.
pub(super) fn cost(rules: &Rules<'_>) -> usize {
    let pattern = rules.pattern.as_deref().map_or(0, str::len);
    // Each attempt at a pattern reads it and repeats what it repeats once more.
    let attempts = usize::try_from(rules.length.least)
        .unwrap_or(usize::MAX)
        .saturating_add(2);
    let format = if rules.format.is_some() { 4_096 } else { 0 };
    let of_pattern = match pattern {
        0 => 0,
        _ if attempts > 1_026 => 0,
        length => attempts.saturating_mul(length + attempts),
    };
    of_pattern.saturating_add(format)
}

/// The `nth` string that satisfies `rules`.
pub(super) fn string(rules: &Rules<'_>, nth: usize) -> Option<String> {
    if let Some(candidates) = rules.format.as_deref().and_then(|name| format(name, nth)) {
        let fits = |text: &String| rules.length.has(length(text));
        let fitting = candidates.iter().find(|text| fits(text)).cloned();
        return fitting.or_else(|| candidates.into_iter().next());
    }
    let from_pattern = rules
        .pattern
        .as_deref()
        .and_then(|pattern| pattern::sample(pattern, rules.length, nth));
    from_pattern.or_else(|| word(rules.length, nth))
}

/// `example`, numbered from the second one on, padded to the required length.
pub(super) fn word(count: Count, nth: usize) -> Option<String> {
    if count.least > MAX_STRING_CHARS || count.most.is_some_and(|most| most < count.least) {
        return None;
    }
    let number = if nth == 0 {
        String::new()
    } else {
        (nth + 1).to_string()
    };
    let most = count.most.unwrap_or(MAX_STRING_CHARS);
    let stem = most.checked_sub(length(&number))?;
    let wanted = stem
        .min(length(WORD))
        .max(count.least.saturating_sub(length(&number)));
    let mut text: String = WORD
        .chars()
        .cycle()
        .take(usize::try_from(wanted).ok()?)
        .collect();
    text.push_str(&number);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_any_length() {
        let of = |least, most, nth| word(Count { least, most }, nth);
        assert_eq!(of(0, None, 0).as_deref(), Some("example"));
        assert_eq!(of(0, None, 1).as_deref(), Some("example2"));
        assert_eq!(of(0, Some(3), 0).as_deref(), Some("exa"));
        assert_eq!(of(0, Some(3), 1).as_deref(), Some("ex2"));
        assert_eq!(of(0, Some(0), 0).as_deref(), Some(""));
        assert_eq!(of(0, Some(0), 1), None);
        assert_eq!(of(10, None, 0).as_deref(), Some("exampleexa"));
        assert_eq!(of(10, Some(10), 1).as_deref(), Some("exampleex2"));
        assert_eq!(of(2, Some(1), 0), None);
        assert_eq!(of(u64::MAX, None, 0), None);
    }
}
