//! Data URLs, as images and files carry them.

/// A data URL in base64: `data:image/png;base64,..`. RFC 2397.
///
/// ```
/// use openresponses_types::content::DataUrl;
///
/// let url = DataUrl::parse("data:image/png;name=a.png;base64,iVBORw0KGgo=").unwrap();
/// assert_eq!(url.media_type, "image/png");
/// assert_eq!(url.data, "iVBORw0KGgo=");
/// assert_eq!(DataUrl::parse("https://example.com/a.png"), None);
/// assert_eq!(DataUrl::parse("data:text/plain,hello"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DataUrl<'a> {
    /// The media type without parameters; `text/plain` where the URL has none.
    pub media_type: &'a str,
    /// The data in base64, not checked.
    pub data: &'a str,
}

impl<'a> DataUrl<'a> {
    /// Reads a data URL in base64; nothing for any other text.
    #[must_use]
    pub fn parse(url: &'a str) -> Option<Self> {
        let scheme = url.get(..5)?;
        if !scheme.eq_ignore_ascii_case("data:") {
            return None;
        }
        let (head, data) = url.get(5..)?.split_once(',')?;
        let mut parameters = head.split(';');
        let media_type = parameters
            .next()
            .filter(|media_type| !media_type.is_empty());
        let is_base64 = parameters
            .next_back()?
            .trim()
            .eq_ignore_ascii_case("base64");
        is_base64.then_some(Self {
            media_type: media_type.unwrap_or("text/plain"),
            data,
        })
    }
}
