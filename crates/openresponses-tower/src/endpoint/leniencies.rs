//! The header that names the leniencies a request needed.

use std::fmt::Write as _;

use http::{HeaderMap, HeaderValue};
use openresponses_types::diagnostics::Warning;

/// The name of the header.
const NAME: &str = "openresponses-leniencies";

/// The most leniencies that are named.
const MAX_NAMED: usize = 16;

/// Adds the header, such as `missing_type at input[0], unknown_member at x`, if any were needed.
pub(super) fn add(warnings: &[Warning], headers: &mut HeaderMap) {
    if warnings.is_empty() {
        return;
    }
    let mut text = String::new();
    for (at, warning) in warnings.iter().take(MAX_NAMED).enumerate() {
        let separator = if at > 0 { ", " } else { "" };
        // Printing into a string cannot fail.
        let _ = write!(text, "{separator}{warning}");
    }
    if warnings.len() > MAX_NAMED {
        let _ = write!(text, ", and {} more", warnings.len() - MAX_NAMED);
    }
    let visible = |character: char| match character {
        ' '..='~' => character,
        _ => '?',
    };
    let text: String = text.chars().map(visible).collect();
    if let Ok(value) = HeaderValue::try_from(text) {
        headers.insert(NAME, value);
    }
}

#[cfg(test)]
mod tests {
    use openresponses_types::diagnostics::{Leniency, Path};

    use super::*;

    #[test]
    fn leniencies_are_named_with_their_places() {
        let mut headers = HeaderMap::new();
        add(&[], &mut headers);
        assert!(headers.is_empty());
        let warning = |name: &str| {
            let path = Path::default().member(name);
            Warning::new(Leniency::UnresolvedItemReference, path)
        };
        add(&[warning("a"), warning("\u{e9}\n")], &mut headers);
        let name = Leniency::UnresolvedItemReference;
        let expected = format!("{name} at a, {name} at ? ");
        assert_eq!(
            headers[NAME].to_str().unwrap().trim_end(),
            expected.trim_end()
        );
        add(&vec![warning("x"); 1_000], &mut headers);
        let value = headers[NAME].to_str().unwrap();
        assert!(
            value.ends_with(", and 984 more") && value.len() < 4_096,
            "{value}"
        );
    }
}
