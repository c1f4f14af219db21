//! Which content parts are legal where in a request.

use super::input_part::{
    CHAT_IMAGE_PART, INPUT_FILE_PARAM, INPUT_IMAGE_PARAM, INPUT_TEXT_PARAM, INPUT_VIDEO,
};
use super::output_part::{
    OUTPUT_TEXT_PARAM, REASONING_TEXT, REFUSAL_PARAM, SUMMARY_PARAM, TEXT as PLAIN_TEXT,
};
use super::part::parts;
use crate::diagnostics::Leniency;
use crate::rules::{Array, Branch, Union, Value};

const TEXT: Branch = Branch::new("input_text", &INPUT_TEXT_PARAM);

const IMAGE: Branch = Branch::new("input_image", &INPUT_IMAGE_PARAM);

const FILE: Branch = Branch::new("input_file", &INPUT_FILE_PARAM);

const VIDEO: Branch = Branch::new("input_video", &INPUT_VIDEO);

const OUTPUT_TEXT: Branch = Branch::new("output_text", &OUTPUT_TEXT_PARAM);

const REFUSAL: Branch = Branch::new("refusal", &REFUSAL_PARAM);

const SUMMARY: Branch = Branch::new("summary_text", &SUMMARY_PARAM);

/// An image in the shape of Chat Completions.
const CHAT_IMAGE: (Branch, Leniency) = (
    Branch::new("image_url", &CHAT_IMAGE_PART),
    Leniency::NestedImageUrl,
);

static USER_PARTS: Union = parts(
    &[TEXT, IMAGE, FILE],
    &[(VIDEO, Leniency::VideoElsewhere), CHAT_IMAGE],
);

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

static TOOL_OUTPUT_PARTS: Union = parts(&[TEXT, IMAGE, FILE, VIDEO], &[CHAT_IMAGE]);

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

pub(crate) static USER_CONTENT: Array = Array::of(Value::Union(&USER_PARTS));

pub(crate) static SYSTEM_CONTENT: Array = Array::of(Value::Union(&SYSTEM_PARTS));

pub(crate) static ASSISTANT_CONTENT: Array = Array::of(Value::Union(&ASSISTANT_PARTS));

pub(crate) static TOOL_OUTPUT_PARAM: Array = Array::of(Value::Union(&TOOL_OUTPUT_PARTS));

pub(crate) static ANY_CONTENT: Array = Array::of(Value::Union(&ANY_PARTS));

pub(crate) static REASONING_CONTENT_PARAM: Array = Array::of(Value::Union(&REASONING_PARTS));

pub(crate) static SUMMARY_CONTENT: Array = Array::of(Value::Union(&SUMMARY_PARTS));
