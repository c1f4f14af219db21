//! Members whose name is nearly a known one.

/// Longer names are not compared.
const MAX_NAME_BYTES: usize = 32;

/// Returns the known name that `name` was probably meant to be: the same but for its case and
/// underscores, or one letter off, two in a long name.
pub(super) fn misspelled(
    name: &str,
    known: impl Iterator<Item = &'static str>,
) -> Option<&'static str> {
    if name.len() < 4 || name.len() > MAX_NAME_BYTES || name.contains(':') {
        return None;
    }
    let set = letter_set(name);
    let mut best = None;
    for candidate in known.filter(|candidate| candidate.len() >= 4) {
        let most = match candidate.len() {
            ..=9 => 1,
            _ => 2,
        };
        let distance = if same_letters(name, candidate) {
            0
        } else if name.len().abs_diff(candidate.len()) > most
            || (set ^ letter_set(candidate)).count_ones() as usize > 2 * most
        {
            // Each letter of difference takes at most one out of the set and adds another.
            continue;
        } else {
            distance(name.as_bytes(), candidate.as_bytes())
        };
        // Another letter in a short name makes another name, as in `top_k` and `top_p`.
        let is_another = candidate.len() <= 6 && name.len() == candidate.len() && distance == 1;
        if is_another && !is_transposed(name, candidate) {
            continue;
        }
        if distance <= most && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn letters(name: &str) -> impl Iterator<Item = u8> {
    let letters = name.bytes().filter(|byte| !matches!(byte, b'_' | b'-'));
    letters.map(|byte| byte.to_ascii_lowercase())
}

/// The letters that a name has, as bits. Some share a bit.
fn letter_set(name: &str) -> u32 {
    name.bytes().fold(0, |set, letter| set | 1 << (letter & 31))
}

fn same_letters(name: &str, candidate: &str) -> bool {
    letters(name).eq(letters(candidate))
}

/// Returns true if both have the same letters, two of which changed places.
fn is_transposed(name: &str, candidate: &str) -> bool {
    let pairs = || name.bytes().zip(candidate.bytes());
    pairs().filter(|(left, right)| left != right).count() == 2
}

/// The number of letters to leave out, add, replace or transpose to get from one to the other.
fn distance(from: &[u8], to: &[u8]) -> usize {
    // Three rows of the table are enough: the one before last is for transpositions.
    let mut rows = [[0; MAX_NAME_BYTES + 1]; 3];
    if to.len() > MAX_NAME_BYTES {
        return usize::MAX;
    }
    for (at, cell) in rows[1].iter_mut().enumerate() {
        *cell = at;
    }
    for (row, letter) in from.iter().enumerate() {
        let [before_last, last, current] = &mut rows;
        current[0] = row + 1;
        for (column, other) in to.iter().enumerate() {
            let replaced = last[column] + usize::from(letter != other);
            let left_out = last[column + 1] + 1;
            let added = current[column] + 1;
            let mut least = replaced.min(left_out).min(added);
            let swapped = row > 0
                && column > 0
                && from.get(row - 1) == Some(other)
                && to.get(column - 1) == Some(letter);
            if swapped {
                least = least.min(before_last[column - 1] + 1);
            }
            current[column + 1] = least;
        }
        rows.rotate_left(1);
    }
    rows[1][to.len()]
}

#[cfg(test)]
mod tests {
    use super::misspelled;

    const KNOWN: [&str; 8] = [
        "input",
        "tools",
        "top_p",
        "store",
        "metadata",
        "temperature",
        "instructions",
        "max_output_tokens",
    ];

    #[test]
    fn a_name_that_is_nearly_known_is_recognized() {
        for (name, meant) in [
            ("maxOutputTokens", "max_output_tokens"),
            ("max-output-tokens", "max_output_tokens"),
            ("max_output_token", "max_output_tokens"),
            ("max_ouptut_tokens", "max_output_tokens"),
            ("temprature", "temperature"),
            ("temperatur", "temperature"),
            ("tempertaure", "temperature"),
            ("instruction", "instructions"),
            ("Instructions", "instructions"),
            ("inputs", "input"),
            ("tool", "tools"),
            ("toosl", "tools"),
            ("metadate", "metadata"),
        ] {
            assert_eq!(misspelled(name, KNOWN.into_iter()), Some(meant), "{name}");
        }
    }

    #[test]
    fn other_names_are_not() {
        for name in [
            "top_k",
            "stop",
            "user",
            "seed",
            "id",
            "prompt",
            "client_metadata",
            "acme:tools",
            "storm",
            "max_tool_calls",
            "",
            "temperature_of_the_room_in_kelvin",
        ] {
            assert_eq!(misspelled(name, KNOWN.into_iter()), None, "{name}");
        }
    }
}
