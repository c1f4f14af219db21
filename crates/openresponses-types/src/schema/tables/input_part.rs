//! Content parts of a request.

use super::super::table::{
    Array, Branch, Object, STRING, Union, Value, at_most, beyond, optional, required, tag,
};
use super::TEXT_MAX;
use super::annotation::ANNOTATION_PARAM;
use super::content::{INPUT_VIDEO, REASONING_TEXT, TEXT as PLAIN_TEXT};
use super::logprob::RETURNED_LOG_PROBS;
use super::part::{IMAGE_DETAIL, parts};
use crate::diagnostics::Leniency;

/// The longest image URL, in code points.
const IMAGE_URL_MAX: usize = 20_971_520;

/// The longest file in base64, in code points.
const FILE_DATA_MAX: usize = 33_554_432;

pub(in super::super) static INPUT_TEXT_PARAM: Object = Object::new(
    "InputTextContentParam",
    &[tag("input_text"), required("text", at_most(TEXT_MAX))],
);

pub(in super::super) static INPUT_IMAGE_PARAM: Object = Object::new(
    "InputImageContentParamAutoParam",
    &[
        tag("input_image"),
        optional("image_url", at_most(IMAGE_URL_MAX)).or_null(),
        optional("detail", Value::Enum(&IMAGE_DETAIL)).or_null(),
    ],
);

pub(in super::super) static INPUT_FILE_PARAM: Object = Object::new(
    "InputFileContentParam",
    &[
        tag("input_file"),
        optional("filename", STRING).or_null(),
        optional("file_data", at_most(FILE_DATA_MAX)).or_null(),
        optional("file_url", STRING).or_null(),
    ],
);

static ANNOTATIONS: Array = Array::of(Value::Union(&ANNOTATION_PARAM));

pub(in super::super) static OUTPUT_TEXT_PARAM: Object = Object::new(
    "OutputTextContentParam",
    &[
        tag("output_text"),
        required("text", at_most(TEXT_MAX)),
        optional("annotations", Value::Array(&ANNOTATIONS)),
        beyond("logprobs", Value::Array(&RETURNED_LOG_PROBS)),
    ],
);

pub(in super::super) static REFUSAL_PARAM: Object = Object::new(
    "RefusalContentParam",
    &[tag("refusal"), required("refusal", at_most(TEXT_MAX))],
);

pub(in super::super) static SUMMARY_PARAM: Object = Object::new(
    "ReasoningSummaryContentParam",
    &[tag("summary_text"), required("text", at_most(TEXT_MAX))],
);

const TEXT: Branch = Branch::new("input_text", &INPUT_TEXT_PARAM);
const IMAGE: Branch = Branch::new("input_image", &INPUT_IMAGE_PARAM);
const FILE: Branch = Branch::new("input_file", &INPUT_FILE_PARAM);
const VIDEO: Branch = Branch::new("input_video", &INPUT_VIDEO);
const OUTPUT_TEXT: Branch = Branch::new("output_text", &OUTPUT_TEXT_PARAM);
const REFUSAL: Branch = Branch::new("refusal", &REFUSAL_PARAM);
const SUMMARY: Branch = Branch::new("summary_text", &SUMMARY_PARAM);

static USER_PARTS: Union = parts(&[TEXT, IMAGE, FILE], &[(VIDEO, Leniency::VideoElsewhere)]);

static SYSTEM_PARTS: Union = parts(
    &[TEXT],
    &[
        (IMAGE, Leniency::MediaInSystemMessage),
        (FILE, Leniency::MediaInSystemMessage),
    ],
);

static ASSISTANT_PARTS: Union = parts(
    &[OUTPUT_TEXT, REFUSAL],
    &[
        (TEXT, Leniency::InputPartInAssistantMessage),
        (IMAGE, Leniency::InputPartInAssistantMessage),
        (FILE, Leniency::InputPartInAssistantMessage),
    ],
);

static TOOL_OUTPUT_PARTS: Union = parts(&[TEXT, IMAGE, FILE, VIDEO], &[]);

/// For a message whose role is not known.
static ANY_PARTS: Union = parts(&[TEXT, IMAGE, FILE, VIDEO, OUTPUT_TEXT, REFUSAL], &[]);

static SUMMARY_PARTS: Union = parts(&[SUMMARY], &[]);

/// What the reasoning that comes back is made of: no part of the request's schema.
static REASONING_PARTS: Union = parts(
    &[
        Branch::new("reasoning_text", &REASONING_TEXT),
        OUTPUT_TEXT,
        Branch::new("text", &PLAIN_TEXT),
        SUMMARY,
        TEXT,
        REFUSAL,
        IMAGE,
        FILE,
    ],
    &[],
);

pub(super) static USER_CONTENT: Array = Array::of(Value::Union(&USER_PARTS));
pub(super) static SYSTEM_CONTENT: Array = Array::of(Value::Union(&SYSTEM_PARTS));
pub(super) static ASSISTANT_CONTENT: Array = Array::of(Value::Union(&ASSISTANT_PARTS));
pub(super) static TOOL_OUTPUT: Array = Array::of(Value::Union(&TOOL_OUTPUT_PARTS));
pub(super) static ANY_CONTENT: Array = Array::of(Value::Union(&ANY_PARTS));
pub(super) static REASONING_CONTENT: Array = Array::of(Value::Union(&REASONING_PARTS));
pub(super) static SUMMARY_CONTENT: Array = Array::of(Value::Union(&SUMMARY_PARTS));
