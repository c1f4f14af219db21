//! Annotations of output texts.

use super::super::table::{Branch, COUNT, INTEGER, Object, STRING, Shape, Union, required, tag};
use crate::diagnostics::Leniency;

pub(in super::super) static URL_CITATION_PARAM: Object = Object::new(
    "UrlCitationParam",
    &[
        tag("url_citation"),
        required("start_index", COUNT),
        required("end_index", COUNT),
        required("url", STRING),
        required("title", STRING),
    ],
);

pub(in super::super) static URL_CITATION_BODY: Object = Object::new(
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
pub(super) static ANNOTATION_PARAM: Union =
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
