//! Which content parts are legal where in a response.

use super::input_part::{INPUT_FILE, INPUT_IMAGE, INPUT_TEXT, INPUT_VIDEO};
use super::output_part::{OUTPUT_TEXT, REASONING_TEXT, REFUSAL, SUMMARY_TEXT, TEXT};
use super::part::parts;
use crate::diagnostics::Leniency;
use crate::rules::{Array, Branch, Union, Value};

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

pub(crate) static MESSAGE_CONTENT: Array = Array::of(Value::Union(&MESSAGE_PARTS));

pub(crate) static REASONING_CONTENT: Array = Array::of(Value::Union(&ITEM_PART));

pub(crate) static TOOL_OUTPUT: Array = Array::of(Value::Union(&TOOL_OUTPUT_PARTS));
