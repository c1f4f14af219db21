use openresponses_types::Item;
use openresponses_types::item::{FunctionCall, FunctionCallOutput};
use serde_json::Value;

use crate::error::{ToolError, error_text};
use crate::offer::Offer;
use crate::tool::ToolOutput;

/// A call that the model made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) call_id: String,
    pub(crate) name: String,
    pub(crate) arguments: String,
}

impl Call {
    /// The call as an item of the conversation.
    pub(super) fn item(&self) -> Item {
        let Self {
            call_id,
            name,
            arguments,
        } = self;
        FunctionCall::new(call_id.as_str(), name.as_str(), arguments.as_str()).into()
    }

    /// Its result as an item of the conversation.
    pub(super) fn output_item(&self, text: String) -> Item {
        FunctionCallOutput::new(self.call_id.as_str(), text).into()
    }
}

/// A call to run: its arguments are valid.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) index: usize,
    pub(crate) call_id: String,
    pub(crate) arguments: Value,
    pub(crate) offer: Offer,
}

/// What became of a call.
#[derive(Debug)]
pub(crate) enum Outcome {
    Done(ToolOutput),
    Failed(ToolError),
    /// The call was not run. The model gets the reason as its result.
    Refused(String),
    /// The client is asked for approval, with this id.
    Asked(String),
}

impl Outcome {
    /// What the model reads.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Done(output) => output.text.clone(),
            Self::Failed(error) => error_text(error.message()),
            Self::Refused(reason) => error_text(reason),
            Self::Asked(_) => error_text("The call waits for approval."),
        }
    }

    /// The result for the client.
    pub(super) fn output(&self) -> Option<&str> {
        match self {
            Self::Done(output) => Some(&output.text),
            Self::Failed(_) | Self::Refused(_) | Self::Asked(_) => None,
        }
    }

    /// The error for the client.
    pub(super) fn error(&self) -> Option<&str> {
        match self {
            Self::Failed(error) => Some(error.message()),
            Self::Refused(reason) => Some(reason),
            Self::Done(_) | Self::Asked(_) => None,
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Done(output) => {
                let members = output.members.iter();
                output.text.len() + members.map(|(_, value)| value.get().len()).sum::<usize>()
            }
            Self::Failed(error) => error.message().len(),
            Self::Refused(_) | Self::Asked(_) => 0,
        }
    }
}
