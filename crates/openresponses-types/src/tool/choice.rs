//! Which tools the model may or must call. Spec: "tool_choice", "allowed_tools".

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::nested::is_nested;
use crate::diagnostics::{Leniency, Violation};
use crate::json::{Reader, Source, ValueKind};
use crate::rules::{
    Array, Branch, Enum, Object, STRING, Shape, Union, Value, optional, required, tag,
};
use crate::wire::{
    Extension, Field, Print, ReadResult, Unknown, WireValue, json_and_serde, object,
    object_with_constructor, open_enum, union,
};

open_enum! {
    /// Whether the model may or must call tools.
    ///
    /// ```
    /// use openresponses_types::tool::ToolChoiceMode;
    ///
    /// assert_eq!(ToolChoiceMode::Required.as_str(), "required");
    /// assert_eq!(ToolChoiceMode::from_json(br#""required""#), Ok(ToolChoiceMode::Required));
    /// ```
    pub enum ToolChoiceMode {
        /// The model must not call any tool.
        None = "none",
        /// Decided by the model.
        Auto = "auto",
        /// The model must call at least one tool.
        Required = "required",
    }
}

object_with_constructor! {
    (pub(crate)) from_members
    /// The choice of one function. Merges `SpecificFunctionParam` and `FunctionToolChoice`.
    ///
    /// ```
    /// use openresponses_types::tool::FunctionToolChoice;
    ///
    /// let value = FunctionToolChoice::new("weather");
    /// assert_eq!(value.to_json(), r#"{"type":"function","name":"weather"}"#);
    /// ```
    pub struct FunctionToolChoice("function") {
        optional {
            /// The function's name. Optional in a response.
            name: String,
        }
    }
}

impl FunctionToolChoice {
    /// Creates the choice of the function `name`.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self::from_members().name(name.into())
    }
}

union! {
    /// One tool of the request's tools.
    ///
    /// | `type` | variant | since |
    /// |---|---|---|
    /// | `function` | [`Function`](Self::Function) | 2026-01-15 |
    /// | `slug:name` | [`Extension`](Self::Extension) | |
    /// | any other | [`Unknown`](Self::Unknown) | |
    ///
    /// ```
    /// use openresponses_types::tool::{FunctionToolChoice, SpecificToolChoice};
    ///
    /// let choice = SpecificToolChoice::from(FunctionToolChoice::new("weather"));
    /// assert!(matches!(choice, SpecificToolChoice::Function(_)));
    /// ```
    pub enum SpecificToolChoice {
        /// A function.
        Function(FunctionToolChoice) = "function",
    }
    foreign |_: &str, reader: &Reader<'_>| is_nested(reader);
}

object! {
    /// The subset of the tools that may be called. Merges `AllowedToolsParam` and
    /// `AllowedToolChoice`.
    ///
    /// ```
    /// use openresponses_types::tool::{AllowedTools, FunctionToolChoice};
    ///
    /// let allowed = AllowedTools::new([FunctionToolChoice::new("weather").into()]);
    /// assert_eq!(allowed.tools.len(), 1);
    /// ```
    pub struct AllowedTools("allowed_tools") {
        required {
            /// 1 to 128 tools.
            tools: Vec<SpecificToolChoice>,
        }
        optional {
            /// Whether the model must call one of them. Default: `auto`.
            mode: ToolChoiceMode,
        }
    }
}

/// Which tools the model may or must call: a mode, one tool, or a set of allowed ones.
///
/// | `type` | variant | since |
/// |---|---|---|
/// | a string instead: `"none"`, `"auto"`, `"required"` | [`Mode`](Self::Mode) | 2026-01-15 |
/// | `function` | [`Function`](Self::Function) | 2026-01-15 |
/// | `allowed_tools` | [`AllowedTools`](Self::AllowedTools) | 2026-01-15 |
/// | `slug:name` | [`Extension`](Self::Extension) | |
/// | any other | [`Unknown`](Self::Unknown) | |
///
/// ```
/// use openresponses_types::tool::{ToolChoice, ToolChoiceMode};
///
/// assert_eq!(ToolChoice::from(ToolChoiceMode::Required), ToolChoice::Mode(ToolChoiceMode::Required));
/// assert!(matches!(ToolChoice::function("weather"), ToolChoice::Function(_)));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ToolChoice {
    /// Whether the model may or must call tools.
    Mode(ToolChoiceMode),
    /// The model must call this function.
    Function(FunctionToolChoice),
    /// The model may call these tools.
    AllowedTools(Box<AllowedTools>),
    /// The model must call this extension tool.
    Extension(Extension),
    /// A choice of any other type, kept as received.
    Unknown(Unknown),
}

impl ToolChoice {
    /// Creates the choice that forces the function `name`.
    #[must_use]
    pub fn function(name: &str) -> Self {
        Self::Function(FunctionToolChoice::new(name))
    }
}

impl From<ToolChoiceMode> for ToolChoice {
    fn from(mode: ToolChoiceMode) -> Self {
        Self::Mode(mode)
    }
}

impl From<AllowedTools> for ToolChoice {
    fn from(allowed: AllowedTools) -> Self {
        Self::AllowedTools(Box::new(allowed))
    }
}

impl From<FunctionToolChoice> for ToolChoice {
    fn from(function: FunctionToolChoice) -> Self {
        Self::Function(function)
    }
}

macro_rules! choice {
    ($($part:ty),*) => {$(
        impl From<$part> for Field<ToolChoice> {
            fn from(part: $part) -> Self {
                Self::Value(part.into())
            }
        }
    )*};
}

choice!(
    ToolChoiceMode,
    AllowedTools,
    FunctionToolChoice,
    SpecificToolChoice
);

impl From<SpecificToolChoice> for ToolChoice {
    fn from(choice: SpecificToolChoice) -> Self {
        match choice {
            SpecificToolChoice::Function(function) => Self::Function(function),
            SpecificToolChoice::Extension(raw) => Self::Extension(raw),
            SpecificToolChoice::Unknown(raw) => Self::Unknown(raw),
        }
    }
}

impl WireValue for ToolChoice {
    fn read<'a, S: Source<'a>>(reader: &mut S) -> ReadResult<Self> {
        match reader.kind() {
            ValueKind::String => WireValue::read(reader).map(Self::Mode),
            ValueKind::Object => {
                let is_set = crate::wire::peek_type(reader)?.as_deref() == Some("allowed_tools");
                if is_set {
                    WireValue::read(reader).map(Self::AllowedTools)
                } else {
                    SpecificToolChoice::read(reader).map(Self::from)
                }
            }
            _ => Err(Violation::wrong_type("a string or an object", reader)),
        }
    }

    fn surely_keeps(&self, rule: &Value) -> bool {
        match self {
            Self::Mode(mode) => mode.surely_keeps(rule),
            Self::Function(function) => {
                rule.surely_has_branch("function", |object| function.surely_keeps(object))
            }
            Self::AllowedTools(allowed) => {
                rule.surely_has_branch("allowed_tools", |object| allowed.surely_keeps(object))
            }
            Self::Extension(_) | Self::Unknown(_) => false,
        }
    }

    fn write<W: Print + ?Sized>(&self, out: &mut W) -> fmt::Result {
        match self {
            Self::Mode(mode) => mode.write(out),
            Self::Function(function) => function.write(out),
            Self::AllowedTools(allowed) => allowed.write(out),
            Self::Extension(raw) => out.write_str(raw.json().get()),
            Self::Unknown(raw) => out.write_str(raw.json().get()),
        }
    }
}

json_and_serde!(ToolChoice);

pub(crate) static TOOL_CHOICE_VALUE: Enum =
    Enum::closed("ToolChoiceValueEnum", ToolChoiceMode::VALUES);

pub(crate) static SPECIFIC_FUNCTION: Object = Object::new(
    "SpecificFunctionParam",
    &[tag("function"), required("name", STRING)],
);

/// The inside of a function choice in the shape of Chat Completions.
static NESTED_FUNCTION: Object = Object::new("SpecificFunctionParam", &[required("name", STRING)]);

/// What may stand beside it.
static BESIDE_NESTED: Object = Object::new("SpecificFunctionParam", &[tag("function")]);

const NESTED: Shape = Shape::Function {
    nested: &NESTED_FUNCTION,
    beside: &BESIDE_NESTED,
    leniency: Leniency::NestedFunctionChoice,
};

pub(crate) static ALLOWED_TOOLS: Object = Object::new(
    "AllowedToolsParam",
    &[
        tag("allowed_tools"),
        required("tools", Value::Array(&ALLOWED)),
        optional("mode", Value::Enum(&TOOL_CHOICE_VALUE)),
    ],
);

static ALLOWED: Array = Array {
    items: Value::Union(&SPECIFIC_TOOL_CHOICE),
    min: 1,
    max: Some(128),
};

pub(crate) static SPECIFIC_TOOL_CHOICE: Union = choices(
    "SpecificToolChoiceParam",
    &[Branch::new("function", &SPECIFIC_FUNCTION)],
    NESTED,
);

static CHOICE_PARAM: Union = choices(
    "ToolChoiceParam",
    &[
        Branch::new("function", &SPECIFIC_FUNCTION),
        Branch::new("allowed_tools", &ALLOWED_TOOLS),
    ],
    NESTED,
);

/// The choice of a request.
pub(crate) const TOOL_CHOICE_PARAM: Value = Value::EnumOr(&TOOL_CHOICE_VALUE, &CHOICE_PARAM);

pub(crate) static FUNCTION_CHOICE: Object = Object::new(
    "FunctionToolChoice",
    &[tag("function"), optional("name", STRING)],
);

static RESPONSE_ALLOWED: Array = Array::of(Value::Union(&RESPONSE_ALLOWED_TOOL));

static RESPONSE_ALLOWED_TOOL: Union = choices(
    "",
    &[Branch::new("function", &FUNCTION_CHOICE)],
    Shape::Plain,
);

pub(crate) static ALLOWED_TOOL_CHOICE: Object = Object::new(
    "AllowedToolChoice",
    &[
        tag("allowed_tools"),
        required("tools", Value::Array(&RESPONSE_ALLOWED)),
        required("mode", Value::Enum(&TOOL_CHOICE_VALUE)),
    ],
);

static CHOICE: Union = choices(
    "",
    &[
        Branch::new("function", &FUNCTION_CHOICE),
        Branch::new("allowed_tools", &ALLOWED_TOOL_CHOICE),
    ],
    Shape::Plain,
);

/// The choice of a response.
pub(crate) const TOOL_CHOICE: Value = Value::EnumOr(&TOOL_CHOICE_VALUE, &CHOICE);

const fn choices(name: &'static str, branches: &'static [Branch], shape: Shape) -> Union {
    Union {
        name,
        what: "a tool choice",
        branches,
        relaxed: &[],
        elsewhere: &[],
        extension: None,
        unknown: Leniency::UnknownToolChoice,
        shape,
    }
}
