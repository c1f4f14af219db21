use std::borrow::Cow;

/// Opaque reasoning of an upstream inside a reasoning item's `encrypted_content`, marked with the
/// dialect and the kind of block that it came in, so that it goes back only to where it can be read.
///
/// Printed as `dialect/kind:payload`; the payload is kept byte for byte.
///
/// ```
/// use openresponses_upstream::TaggedReasoning;
///
/// let tagged = TaggedReasoning::new("anthropic", "signature", "EqQB");
/// assert_eq!(tagged.to_string(), "anthropic/signature:EqQB");
/// assert_eq!(TaggedReasoning::read("anthropic/signature:EqQB"), Some(tagged));
/// assert_eq!(TaggedReasoning::read("gAAAAABo"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaggedReasoning<'a> {
    dialect: Cow<'a, str>,
    kind: Cow<'a, str>,
    payload: Cow<'a, str>,
}

impl<'a> TaggedReasoning<'a> {
    /// Marks `payload`. `dialect` and `kind` are lower-case words.
    #[must_use]
    pub fn new(dialect: &'a str, kind: &'a str, payload: impl Into<Cow<'a, str>>) -> Self {
        Self {
            dialect: dialect.into(),
            kind: kind.into(),
            payload: payload.into(),
        }
    }

    /// Reads what `Display` printed; nothing where `text` was not made here.
    #[must_use]
    pub fn read(text: &'a str) -> Option<Self> {
        let (tag, payload) = text.split_once(':')?;
        let (dialect, kind) = tag.split_once('/')?;
        let is_word = |word: &str| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        (is_word(dialect) && is_word(kind)).then(|| Self::new(dialect, kind, payload))
    }

    /// Returns the payload if it was marked with this dialect and kind.
    #[must_use]
    pub fn payload_of(&self, dialect: &str, kind: &str) -> Option<&str> {
        (self.dialect == dialect && self.kind == kind).then_some(&*self.payload)
    }
}

impl std::fmt::Display for TaggedReasoning<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}:{}", self.dialect, self.kind, self.payload)
    }
}
