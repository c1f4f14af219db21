//! What parts of requests and of responses have in common.

use super::super::table::{Branch, Enum, Open, Shape, Union};
use crate::diagnostics::Leniency;

/// The part types of the specification, wherever they are legal.
const PART_TYPES: &[&str] = crate::content::ContentPart::TYPES;

const DETAILS: &[&str] = &["low", "high", "auto"];
/// What the original service takes beyond the schema.
const VENDOR_DETAILS: Open = Open::To(&["original"], Leniency::VendorImageDetail);

pub(in super::super) static DETAIL_ENUM: Enum = Enum::open("DetailEnum", DETAILS, VENDOR_DETAILS);
pub(in super::super) static IMAGE_DETAIL: Enum = Enum::open("ImageDetail", DETAILS, VENDOR_DETAILS);

/// The parts that are legal in one place.
pub(super) const fn parts(
    branches: &'static [Branch],
    relaxed: &'static [(Branch, Leniency)],
) -> Union {
    Union {
        name: "",
        what: "a content part",
        branches,
        relaxed,
        elsewhere: PART_TYPES,
        extension: None,
        unknown: Leniency::UnknownContentPart,
        shape: Shape::Plain,
    }
}
