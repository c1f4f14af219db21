//! What a text refers to.

use alloc::string::String;

use crate::wire::{object, union};

object! {
    /// A web page that the text from `start_index` to `end_index` (characters) refers to.
    pub struct UrlCitation("url_citation") {
        required {
            /// The page's address.
            url: String,
            /// The first character of the citation, from 0.
            start_index: i64,
            /// The character behind the citation.
            end_index: i64,
            /// The page's title.
            title: String,
        }
    }
}

union! {
    /// An annotation of an output text.
    ///
    /// | `type` | variant | since |
    /// |---|---|---|
    /// | `url_citation` | [`UrlCitation`](Self::UrlCitation) | 2026-01-15 |
    /// | `slug:name` | [`Extension`](Self::Extension) | |
    /// | any other | [`Unknown`](Self::Unknown) | |
    pub enum Annotation {
        /// A citation of a web page.
        UrlCitation(UrlCitation) = "url_citation",
    }
}
