//! `tracestate`. Spec: <https://www.w3.org/TR/trace-context/>.

use http::HeaderValue;

/// The most members that are kept.
const MEMBERS: usize = 32;

/// The longest value that is kept, in bytes.
const MAX_TRACESTATE_BYTES: usize = 512;

/// The longest key or value of a member, in bytes.
const PART: usize = 256;

/// Joins the values of the header. `None` if there are none, or if they are too long or not valid:
/// of a list that was cut, the wrong part may be missing.
pub(super) fn joined<'a>(values: impl IntoIterator<Item = &'a HeaderValue>) -> Option<HeaderValue> {
    let mut joined = String::new();
    let mut keys: Vec<&str> = Vec::new();
    for value in values {
        let value = value.to_str().ok()?;
        if value.len() > MAX_TRACESTATE_BYTES {
            return None;
        }
        for member in value
            .split(',')
            .map(|member| member.trim_matches([' ', '\t']))
        {
            // A member may be empty.
            let Some((key, text)) = member.split_once('=') else {
                if member.is_empty() {
                    continue;
                }
                return None;
            };
            let is_good = is_key(key) && is_value(text) && !keys.contains(&key);
            if !is_good
                || keys.len() == MEMBERS
                || joined.len() + member.len() >= MAX_TRACESTATE_BYTES
            {
                return None;
            }
            keys.push(key);
            if !joined.is_empty() {
                joined.push(',');
            }
            joined.push_str(member);
        }
    }
    if joined.is_empty() {
        return None;
    }
    HeaderValue::from_str(&joined).ok()
}

fn is_key(key: &str) -> bool {
    let is_of_key =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-*/@".contains(&byte);
    let first = key.bytes().next();
    first.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && key.len() <= PART
        && key.bytes().all(is_of_key)
        && key.bytes().filter(|&byte| byte == b'@').count() <= 1
}

/// Returns true for printable ASCII without `,` and `=`, which ends in another than a space.
fn is_value(value: &str) -> bool {
    let is_of_value = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b',' && byte != b'=';
    (1..=PART).contains(&value.len()) && value.bytes().all(is_of_value) && !value.ends_with(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined_of(values: &[&str]) -> Option<String> {
        let values: Vec<HeaderValue> = values
            .iter()
            .map(|value| HeaderValue::from_str(value).unwrap())
            .collect();
        joined(&values).map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn members_are_kept_in_their_order() {
        assert_eq!(joined_of(&[]), None);
        assert_eq!(joined_of(&["", " , "]), None);
        assert_eq!(joined_of(&["a=1 ,, b=x y"]).unwrap(), "a=1,b=x y");
        assert_eq!(joined_of(&["1a@b=c", "d=e"]).unwrap(), "1a@b=c,d=e");
    }

    #[test]
    fn lists_that_are_not_valid_are_absent() {
        let many: Vec<String> = (0..33).map(|at| format!("k{at}=v")).collect();
        let long = format!("a={}", "x".repeat(300));
        let total = format!(
            "a={},b={},c={}",
            "x".repeat(250),
            "x".repeat(250),
            "x".repeat(9)
        );
        for bad in [
            "a",
            "a=",
            "=b",
            "A=b",
            "a=b,a=c",
            "a=b=c",
            "a@b@c=d",
            &many.join(","),
            &long,
            &total,
        ] {
            assert_eq!(joined_of(&[bad]), None, "{bad}");
        }
        assert_eq!(joined_of(&["a=1", "a=2"]), None);
    }
}
