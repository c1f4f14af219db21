use openresponses_types::json::RawJson;
use serde::Serialize;

use crate::error::ToolError;

/// The result of a call: the text that the model reads, and members of the item that the client sees.
///
/// A function may return anything that serializes instead: a string is the text, any other value is
/// printed as JSON.
///
/// ```
/// use openresponses_tools::ToolOutput;
///
/// let output = ToolOutput::from_value(&["Paris", "Rome"])?;
/// # let _ = (output, ToolOutput::new("Paris and Rome"));
/// # Ok::<(), openresponses_tools::ToolError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ToolOutput {
    pub(crate) text: String,
    pub(crate) members: Vec<(String, RawJson)>,
}

impl ToolOutput {
    /// Creates a result with a text for the model.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            members: Vec::new(),
        }
    }

    /// Creates a result from a value, printed as JSON unless it is a string.
    ///
    /// # Errors
    /// Fails when the value cannot be printed.
    pub fn from_value<T: Serialize + ?Sized>(value: &T) -> Result<Self, ToolError> {
        let json = RawJson::from_serialize(value)
            .map_err(|error| ToolError::internal(error.to_string()))?;
        let text = match json.reader().string() {
            Some(text) => text.into_owned(),
            None => json.get().to_owned(),
        };
        Ok(Self::new(text))
    }

    /// Sets a member of the item that the client sees, such as `results`. The last value of a name
    /// counts. The members `type`, `id`, `status`, `call_id`, `name`, `arguments`,
    /// `approval_request_id`, `output` and `error` are the loop's: they are left out.
    #[must_use]
    pub fn member(mut self, name: impl Into<String>, value: RawJson) -> Self {
        let name = name.into();
        self.members.retain(|(known, _)| *known != name);
        self.members.push((name, value));
        self
    }
}

impl From<String> for ToolOutput {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for ToolOutput {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}
