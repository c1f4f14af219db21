/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Member(String),
    Index(usize),
}

/// The most steps of a path.
const STEPS: usize = 64;

/// Reads a path such as `$.items[0].name` or `$['a b']`; `None` if it is not a path.
pub(super) fn read(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if steps.len() == STEPS {
            return None;
        }
        let step;
        (step, rest) = if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (name, after) = after
                .split_at_checked(end)
                .filter(|(name, _)| !name.is_empty())?;
            (Step::Member(name.to_owned()), after)
        } else {
            bracket(rest.strip_prefix('[')?)?
        };
        steps.push(step);
    }
    Some(steps)
}

/// Reads an index or a quoted name up to the closing bracket.
fn bracket(text: &str) -> Option<(Step, &str)> {
    let Some(quote) = text
        .chars()
        .next()
        .filter(|quote| matches!(quote, '\'' | '"'))
    else {
        let (index, rest) = text.split_once(']')?;
        return Some((Step::Index(index.parse().ok()?), rest));
    };
    let mut name = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => name.push(chars.next()?.1),
            _ if c == quote => {
                let rest = text.get(at + 1..)?.strip_prefix(']')?;
                return Some((Step::Member(name), rest));
            }
            _ => name.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_names_indices_and_quoted_names() {
        let member = |name: &str| Step::Member(name.to_owned());
        for (path, steps) in [
            ("$", Some(vec![])),
            ("$.a", Some(vec![member("a")])),
            (
                "$.a[10].b",
                Some(vec![member("a"), Step::Index(10), member("b")]),
            ),
            (r"$['a.\'b']['c']", Some(vec![member("a.'b"), member("c")])),
            (r#"$["a]"]"#, Some(vec![member("a]")])),
            ("a", None),
            ("$a", None),
            ("$..a", None),
            ("$[-1]", None),
            ("$['a'", None),
        ] {
            assert_eq!(read(path), steps, "{path}");
        }
        assert_eq!(read(&format!("${}", ".a".repeat(65))), None);
    }
}
