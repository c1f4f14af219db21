//! Content parts of a response.

use super::super::table::{
    Array, Branch, Object, STRING, Union, Value, beyond, optional, required, tag,
};
use super::annotation::ANNOTATION;
use super::logprob::LOG_PROBS;
use super::part::{IMAGE_DETAIL, parts};
use crate::diagnostics::Leniency;

pub(in super::super) static INPUT_TEXT: Object = Object::new(
    "InputTextContent",
    &[tag("input_text"), required("text", STRING)],
);

static ANNOTATIONS: Array = Array::of(Value::Union(&ANNOTATION));

pub(in super::super) static OUTPUT_TEXT: Object = Object::new(
    "OutputTextContent",
    &[
        tag("output_text"),
        required("text", STRING),
        required("annotations", Value::Array(&ANNOTATIONS)),
        optional("logprobs", Value::Array(&LOG_PROBS)),
    ],
);

pub(in super::super) static TEXT: Object =
    Object::new("TextContent", &[tag("text"), required("text", STRING)]);

pub(in super::super) static SUMMARY_TEXT: Object = Object::new(
    "SummaryTextContent",
    &[tag("summary_text"), required("text", STRING)],
);

pub(in super::super) static REASONING_TEXT: Object = Object::new(
    "ReasoningTextContent",
    &[tag("reasoning_text"), required("text", STRING)],
);

pub(in super::super) static REFUSAL: Object = Object::new(
    "RefusalContent",
    &[tag("refusal"), required("refusal", STRING)],
);

pub(in super::super) static INPUT_IMAGE: Object = Object::new(
    "InputImageContent",
    &[
        tag("input_image"),
        required("image_url", STRING).or_null(),
        required("detail", Value::Enum(&IMAGE_DETAIL)).excused(Leniency::ImageWithoutDetail),
    ],
);

pub(in super::super) static INPUT_FILE: Object = Object::new(
    "InputFileContent",
    &[
        tag("input_file"),
        optional("filename", STRING),
        beyond("file_data", STRING),
        optional("file_url", STRING),
    ],
);

pub(in super::super) static INPUT_VIDEO: Object = Object::new(
    "InputVideoContent",
    &[tag("input_video"), required("video_url", STRING)],
);

const INPUT_PARTS: [Branch; 3] = [
    Branch::new("input_text", &INPUT_TEXT),
    Branch::new("input_image", &INPUT_IMAGE),
    Branch::new("input_file", &INPUT_FILE),
];
const VIDEO: Branch = Branch::new("input_video", &INPUT_VIDEO);
const OUTPUT_PARTS: [Branch; 5] = [
    Branch::new("output_text", &OUTPUT_TEXT),
    Branch::new("text", &TEXT),
    Branch::new("summary_text", &SUMMARY_TEXT),
    Branch::new("reasoning_text", &REASONING_TEXT),
    Branch::new("refusal", &REFUSAL),
];
const ALL_BUT_VIDEO: [Branch; 8] = {
    let [text, image, file] = INPUT_PARTS;
    let [output, plain, summary, reasoning, refusal] = OUTPUT_PARTS;
    [
        text, output, plain, summary, reasoning, refusal, image, file,
    ]
};
const ALL: [Branch; 9] = {
    let [
        text,
        output,
        plain,
        summary,
        reasoning,
        refusal,
        image,
        file,
    ] = ALL_BUT_VIDEO;
    [
        text, output, plain, summary, reasoning, refusal, image, file, VIDEO,
    ]
};

static MESSAGE_PARTS: Union = parts(&ALL, &[]);
/// A part of an item: what an event carries, and what reasoning is made of.
pub(crate) static ITEM_PART: Union = parts(&ALL_BUT_VIDEO, &[]);
static TOOL_OUTPUT_PARTS: Union = parts(&INPUT_PARTS, &[(VIDEO, Leniency::VideoElsewhere)]);

pub(super) static MESSAGE_CONTENT: Array = Array::of(Value::Union(&MESSAGE_PARTS));
pub(super) static REASONING_CONTENT: Array = Array::of(Value::Union(&ITEM_PART));
pub(super) static TOOL_OUTPUT: Array = Array::of(Value::Union(&TOOL_OUTPUT_PARTS));
