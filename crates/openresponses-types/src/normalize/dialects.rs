//! Shapes that real clients send, brought into the specification's. Validation has named each
//! leniency by the time this runs; in the `Strict` profile none of these shapes gets here.

use alloc::borrow::Cow;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::echo::null_if_absent;
use crate::content::{Content, ContentPart, ImageDetail, InputImage, InputText, OutputText};
use crate::diagnostics::{Path, Violation, ViolationCode};
use crate::item::{Item, ItemReferenceType, MessageType, Role};
use crate::json::{RawJson, Reader, ValueKind};
use crate::request::{CreateRequest, TextFormat, TextFormatJsonSchema};
use crate::tool::{
    AllowedTools, FunctionTool, FunctionToolChoice, SpecificToolChoice, Tool, ToolChoice,
    ToolChoiceMode, unfolded,
};
use crate::wire::{Field, Unknown, WireValue, gathered};

/// The item with its `type` written, and assistant's texts as the output that they were.
pub(super) fn item(mut item: Item) -> Item {
    match &mut item {
        Item::Message(message) => {
            message.kind = Field::Value(MessageType::Message);
            if let Content::Parts(parts) = &mut message.content {
                parts.iter_mut().for_each(input_part);
                if message.role == Role::Assistant {
                    parts.iter_mut().for_each(assistant_part);
                }
            }
        }
        Item::FunctionCallOutput(output) => {
            if let Content::Parts(parts) = &mut output.output {
                parts.iter_mut().for_each(input_part);
            }
        }
        Item::Reference(reference) => {
            reference.kind = Field::Value(ItemReferenceType::ItemReference);
        }
        _ => {}
    }
    item
}

/// A part in the specification's shape, an image with its detail.
fn input_part(part: &mut ContentPart) {
    if let ContentPart::Unknown(raw) = part
        && raw.type_name() == "image_url"
        && let Some(image) = chat_image(&raw.json().reader())
    {
        *part = ContentPart::InputImage(image);
    }
    default_detail(part);
}

/// An image of Chat Completions: `{"type":"image_url","image_url":{"url":..,"detail":..}}`. Members
/// beside the inner object belong to it as well.
fn chat_image(part: &Reader<'_>) -> Option<InputImage> {
    let inside = part.member("image_url")?;
    inside.member("url")?.string()?;
    gathered(
        "input_image",
        &[
            (inside, |name| match name {
                "url" => Some("image_url"),
                "image_url" => None,
                other => Some(other),
            }),
            (*part, |name| (name != "image_url").then_some(name)),
        ],
    )
}

/// Turns a text of the assistant into the output that it was. One that has members of an output in a shape that
/// cannot be read stays as it came.
fn assistant_part(part: &mut ContentPart) {
    let ContentPart::InputText(input) = part else {
        return;
    };
    let output = if input.extra.is_empty() {
        Some(OutputText::new(core::mem::take(&mut input.text)))
    } else {
        reread(input)
    };
    if let Some(mut output) = output {
        if output.annotations.value().is_none() {
            output.annotations = Vec::new().into();
        }
        *part = ContentPart::OutputText(output);
    }
}

fn reread(input: &InputText) -> Option<OutputText> {
    let json = RawJson::checked(&input.to_json());
    gathered("output_text", &[(json.reader(), |name| Some(name))])
}

fn default_detail(part: &mut ContentPart) {
    if let ContentPart::InputImage(InputImage { detail, .. }) = part
        && detail.value().is_none()
    {
        *detail = ImageDetail::Auto.into();
    }
}

/// The tools, each in the specification's shape.
pub(super) fn tools(tools: Field<Vec<Tool>>) -> Vec<Tool> {
    let tools = tools.into_value().unwrap_or_default();
    tools.into_iter().map(|each| complete(tool(each))).collect()
}

/// A function whose description, parameters and strictness are there, if only as null, as a response
/// must have them. A turn and its responses share it.
fn complete(mut tool: Tool) -> Tool {
    if let Tool::Function(function) = &mut tool {
        let function = Arc::make_mut(function);
        null_if_absent(&mut function.description);
        null_if_absent(&mut function.parameters);
        null_if_absent(&mut function.strict);
    }
    tool
}

/// A function in the nested shape of Chat Completions, unfolded.
fn tool(tool: Tool) -> Tool {
    match &tool {
        Tool::Unknown(raw) if raw.type_name() == "function" => {
            unfolded::<FunctionTool>(&raw.json().reader()).map_or(tool, Tool::from)
        }
        _ => tool,
    }
}

/// A JSON schema in the nested shape of Chat Completions, unfolded. Members of the format itself
/// count more than those inside.
pub(super) fn text_format(mut format: TextFormat) -> TextFormat {
    if let TextFormat::JsonSchema(outer) = &mut format
        && let Some(nested) = outer.extra.get("json_schema")
        && let Ok(inner) = TextFormatJsonSchema::read(&mut nested.reader())
    {
        let TextFormatJsonSchema {
            kind: _,
            name,
            description,
            schema,
            strict,
            extra,
        } = inner;
        fill(&mut outer.name, name);
        fill(&mut outer.description, description);
        fill(&mut outer.schema, schema);
        fill(&mut outer.strict, strict);
        outer.extra.remove("json_schema");
        outer.extra.fill(&extra);
    }
    format
}

fn fill<T>(field: &mut Field<T>, other: Field<T>) {
    if field.value().is_none() {
        *field = other;
    }
}

/// The choice in the specification's shape.
pub(super) fn tool_choice(choice: Field<ToolChoice>) -> ToolChoice {
    match choice.into_value() {
        None => ToolChoice::Mode(ToolChoiceMode::Auto),
        Some(ToolChoice::Unknown(raw)) => match nested_choice(&raw) {
            Some(function) => function.into(),
            None => ToolChoice::Unknown(raw),
        },
        Some(ToolChoice::AllowedTools(mut set)) => {
            for tool in &mut set.tools {
                if let SpecificToolChoice::Unknown(raw) = tool
                    && let Some(function) = nested_choice(raw)
                {
                    *tool = function.into();
                }
            }
            ToolChoice::AllowedTools(set)
        }
        Some(other) => other,
    }
}

/// Makes a choice of the list in a top-level `allowed_tools`, as early gateway clients send it, and returns
/// whether it did. A choice of one tool or of a set is narrower already.
///
/// # Errors
/// An element that names no tool: to leave it out would allow other tools than the client means.
pub(super) fn allowed_tools(request: &mut CreateRequest) -> Result<bool, Violation> {
    let mode = match request.tool_choice.value() {
        None => ToolChoiceMode::Auto,
        Some(ToolChoice::Mode(mode)) => mode.clone(),
        Some(_) => return Ok(false),
    };
    let list = request.extra.get("allowed_tools").map(RawJson::reader);
    let Some(mut reader) = list.filter(|list| list.kind() == ValueKind::Array) else {
        return Ok(false);
    };
    let mut tools = Vec::new();
    let mut elements = reader.enter_array();
    while reader.next_element(&mut elements) {
        let tool = allowed_tool(&reader).ok_or_else(|| names_no_tool(tools.len()))?;
        reader.skip();
        tools.push(tool);
    }
    request.extra.remove("allowed_tools");
    request.tool_choice = AllowedTools::new(tools).mode(mode).into();
    Ok(true)
}

/// The tool that is meant by the name of a function, or by an object as `tools` or `tool_choice` has it.
fn allowed_tool(element: &Reader<'_>) -> Option<SpecificToolChoice> {
    let function = |name: &str| FunctionToolChoice::new(name).into();
    if element.kind() != ValueKind::Object {
        let mut element = *element;
        return element.string().as_deref().map(function);
    }
    match text(element, "type").as_deref() {
        None | Some("function") => {
            let inside = element.member("function");
            let name = text(element, "name").or_else(|| text(&inside?, "name"));
            name.as_deref().map(function)
        }
        Some(_) => {
            let mut element = *element;
            SpecificToolChoice::read(&mut element).ok()
        }
    }
}

fn text<'a>(object: &Reader<'a>, name: &str) -> Option<Cow<'a, str>> {
    object.member(name)?.string()
}

fn names_no_tool(index: usize) -> Violation {
    Violation::new(
        Path::default().member("allowed_tools").index(index),
        ViolationCode::InvalidValue,
        "allowed_tools:names_a_tool",
        alloc::format!(
            "Invalid value for 'allowed_tools[{index}]': expected the name of a function, or an object that \
             names a tool."
        ),
    )
}

/// A choice of a function in the nested shape of Chat Completions.
fn nested_choice(choice: &Unknown) -> Option<FunctionToolChoice> {
    if choice.type_name() != "function" {
        return None;
    }
    unfolded(&choice.json().reader())
        .filter(|choice: &FunctionToolChoice| choice.name.value().is_some())
}
