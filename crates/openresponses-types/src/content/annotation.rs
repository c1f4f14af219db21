//! What a text refers to.

use alloc::string::String;

use crate::diagnostics::Leniency;
use crate::rules::{Branch, COUNT, INTEGER, Object, STRING, Shape, Union, required, tag};
use crate::wire::{object, union};

object! {
    /// A citation of a web page for the characters from `start_index` to `end_index`.
    ///
    /// ```
    /// use openresponses_types::content::UrlCitation;
    ///
    /// let value = UrlCitation::new("https://example.com", 0, 5, "Example");
    /// assert_eq!(value.to_json(), r#"{"type":"url_citation","url":"https://example.com","start_index":0,"end_index":5,"title":"Example"}"#);
    /// ```
    pub struct UrlCitation("url_citation") {
        required {
            /// The URL of the page.
            url: String,
            /// The index of the first cited character, from 0.
            start_index: i64,
            /// The index after the last cited character.
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
    ///
    /// ```
    /// use openresponses_types::content::{Annotation, UrlCitation};
    ///
    /// let citation = UrlCitation::new("https://example.com", 0, 5, "Example");
    /// assert!(matches!(Annotation::from(citation), Annotation::UrlCitation(_)));
    /// ```
    pub enum Annotation {
        /// A citation of a web page.
        UrlCitation(UrlCitation) = "url_citation",
    }
}

pub(crate) static URL_CITATION_PARAM: Object = Object::new(
    "UrlCitationParam",
    &[
        tag("url_citation"),
        required("start_index", COUNT),
        required("end_index", COUNT),
        required("url", STRING),
        required("title", STRING),
    ],
);

pub(crate) static URL_CITATION_BODY: Object = Object::new(
    "UrlCitationBody",
    &[
        tag("url_citation"),
        required("url", STRING),
        required("start_index", INTEGER),
        required("end_index", INTEGER),
        required("title", STRING),
    ],
);

/// What a request may carry: the schema has one type and no union.
pub(crate) static ANNOTATION_PARAM: Union =
    annotations("", &[Branch::new("url_citation", &URL_CITATION_PARAM)]);

pub(crate) static ANNOTATION: Union = annotations(
    "Annotation",
    &[Branch::new("url_citation", &URL_CITATION_BODY)],
);

const fn annotations(name: &'static str, branches: &'static [Branch]) -> Union {
    Union {
        name,
        what: "an annotation",
        branches,
        relaxed: &[],
        elsewhere: &[],
        extension: None,
        unknown: Leniency::UnknownAnnotation,
        shape: Shape::Plain,
    }
}
