use std::fmt;
use std::sync::Arc;

/// The start of a path that routes stand below, such as `/v1`.
///
/// ```
/// use openresponses_tower::service::Prefix;
///
/// let prefix = Prefix::new("v1/");
/// assert_eq!(prefix.as_str(), "/v1");
/// assert_eq!(prefix.below("responses", "/v1/responses/resp_1"), Some("/resp_1"));
/// assert_eq!(prefix.below("responses", "/v1/responses"), Some(""));
/// assert_eq!(prefix.below("responses", "/v1/responsesx"), None);
/// assert_eq!(Prefix::new("/").as_str(), "");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Prefix(Arc<str>);

impl Prefix {
    /// Creates a prefix. A slash at the start is added and slashes at the end are removed.
    #[must_use]
    pub fn new(path: &str) -> Self {
        let trimmed = path.trim_end_matches('/');
        Self(if trimmed.is_empty() || trimmed.starts_with('/') {
            Arc::from(trimmed)
        } else {
            Arc::from(format!("/{trimmed}"))
        })
    }

    /// Returns the prefix: empty, or with a slash at its start and none at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns what follows `{prefix}/{name}` in `path`: nothing, or something that starts with a
    /// slash. None for any other path. Paths are compared as they are, without decoding.
    #[must_use]
    pub fn below<'p>(&self, name: &str, path: &'p str) -> Option<&'p str> {
        let rest = path.strip_prefix(&*self.0)?.strip_prefix('/')?;
        let rest = rest.strip_prefix(name)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_path_is_below() {
        let below = |prefix: &str, path| Prefix::new(prefix).below("responses", path);
        assert_eq!(below("/v1", "/v1/responses"), Some(""));
        assert_eq!(below("v1", "/v1/responses"), Some(""));
        assert_eq!(below("/v1/", "/v1/responses/resp_1/x"), Some("/resp_1/x"));
        assert_eq!(below("", "/responses"), Some(""));
        for path in [
            "/v1/responsesx",
            "/v1",
            "/responses",
            "/v1//responses",
            "/V1/responses",
            "v1/responses",
            "/v1/%72esponses",
        ] {
            assert_eq!(below("/v1", path), None, "{path}");
        }
    }
}
