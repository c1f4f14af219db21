//! Whether JSON is longer than a limit, without printing more than that.

use std::fmt;

/// Returns true when `print` writes more than `limit` bytes. It is stopped there.
pub(crate) fn is_longer(limit: usize, print: impl FnOnce(&mut Limited) -> fmt::Result) -> bool {
    print(&mut Limited(limit)).is_err()
}

/// Counts the bytes written to it down.
pub(crate) struct Limited(usize);

impl fmt::Write for Limited {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.checked_sub(text.len()).ok_or(fmt::Error)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_stops_at_the_limit() {
        let longer = |limit| {
            let mut parts = 0;
            let is = is_longer(limit, |out| {
                (0..10).try_for_each(|_| {
                    parts += 1;
                    fmt::Write::write_str(out, "abcd")
                })
            });
            (is, parts)
        };
        assert_eq!(longer(40), (false, 10));
        assert_eq!(longer(39), (true, 10));
        assert_eq!(longer(8), (true, 3));
    }
}
