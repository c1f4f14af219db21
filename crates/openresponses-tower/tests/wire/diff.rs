//! Describes how an answer differs from the recorded one.

/// Characters shown before and after the first difference in a line.
const BEFORE: usize = 60;
const AFTER: usize = 100;

/// At most this many lines of each side are shown.
const LINES: usize = 12;

/// Describes the difference, if any. `line` is the number of the request's line.
pub(crate) fn diff(expected: &[String], found: &[String], line: usize) -> Option<String> {
    if expected == found {
        return None;
    }
    if expected.is_empty() {
        return Some(format!(
            "line {line}: nothing is recorded for this request; record with WIRE_RECORD=1"
        ));
    }
    let same = |pair: &(&String, &String)| pair.0 == pair.1;
    let start = expected.iter().zip(found).take_while(same).count();
    let (expected, found) = (&expected[start..], &found[start..]);
    let pairs = expected.iter().rev().zip(found.iter().rev());
    let end = pairs.take_while(same).count();
    let expected = &expected[..expected.len() - end];
    let found = &found[..found.len() - end];
    let mut out = format!(
        "the answer to the request in line {line} differs from its line {} on:\n",
        start + 1
    );
    show('-', expected, found, &mut out);
    show('+', found, expected, &mut out);
    Some(out)
}

fn show(mark: char, lines: &[String], others: &[String], out: &mut String) {
    for (at, line) in lines.iter().take(LINES).enumerate() {
        let other = others.get(at).map_or("", String::as_str);
        out.push_str(&format!("{mark} {}\n", excerpt(line, other)));
    }
    if lines.len() > LINES {
        out.push_str(&format!("{mark} ({} more lines)\n", lines.len() - LINES));
    }
}

/// The part of a line where it begins to differ from another.
fn excerpt(line: &str, other: &str) -> String {
    let same = line.chars().zip(other.chars());
    let at = same.take_while(|(one, two)| one == two).count();
    let skipped = at.saturating_sub(BEFORE);
    let shown: String = line.chars().skip(skipped).take(BEFORE + AFTER).collect();
    let left = if skipped > 0 { "…" } else { "" };
    let right = if line.chars().count() > skipped + BEFORE + AFTER {
        "…"
    } else {
        ""
    };
    format!("{left}{shown}{right}")
}
