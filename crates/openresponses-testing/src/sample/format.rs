//! Strings of the formats that JSON Schema and OpenAPI name.

/// The `nth` strings of a format, the preferred one first; none for an unknown format.
pub(super) fn format(name: &str, nth: usize) -> Option<Vec<String>> {
    let number = if nth == 0 {
        String::new()
    } else {
        (nth + 1).to_string()
    };
    // Two digits of a day or a minute, enough for lists of distinct values.
    let two = nth % 28;
    Some(match name {
        "date" => vec![format!("2024-01-{:02}", two + 1)],
        "date-time" => vec![format!("2024-01-{:02}T00:00:00Z", two + 1)],
        "time" => vec![format!("00:{two:02}:00Z")],
        "duration" => vec![format!("P{}D", nth + 1)],
        "email" | "idn-email" => {
            let mut all = vec![
                format!("user{number}@example.com"),
                format!("a{number}@b.co"),
            ];
            all.extend(longer(|pad| format!("{pad}@example.com")));
            all
        }
        "hostname" | "idn-hostname" => {
            vec![format!("{number}example.com"), format!("a{number}.b")]
        }
        "uri" | "url" | "iri" | "uri-reference" | "iri-reference" => {
            let mut all = vec![
                format!("https://example.com/{number}"),
                format!("a:b{number}"),
            ];
            all.extend(longer(|pad| format!("https://example.com/{pad}{number}")));
            all
        }
        "uri-template" => vec![format!("https://example.com/{number}{{id}}")],
        "uuid" => vec![format!("00000000-0000-4000-8000-{nth:012x}")],
        "ipv4" | "ip" => vec![format!("192.0.2.{}", nth % 254 + 1)],
        "ipv6" => vec![format!("2001:db8::{:x}", nth % 0xffff + 1)],
        "json-pointer" => vec![format!("/example{number}")],
        "relative-json-pointer" => vec![nth.to_string()],
        "regex" => vec![format!("^example{number}$")],
        "byte" | "base64" => vec!["ZXhhbXBsZQ==".into()],
        _ => return None,
    })
}

/// The same with more and more padding, for schemas that want a long one.
fn longer(padded: impl Fn(&str) -> String) -> impl Iterator<Item = String> {
    (1..=64).map(move |length| padded(&"a".repeat(length)))
}
