//! From a request to a turn.

use alloc::vec::Vec;

use super::normalizer::Normalizer;
use super::turn::{Context, Turn};
use super::{conversation, dialects};
use crate::diagnostics::{Path, Profile, Violation, ViolationCode};
use crate::item::{Item, Message};
use crate::json::ValueKind;
use crate::request::{CreateRequest, Input};
use crate::schema::undeclared_choices;

impl Normalizer<'_> {
    /// Makes a turn of a request that was found valid.
    ///
    /// # Errors
    /// What is missing, and what only the whole conversation can show to be wrong: outputs without
    /// their call, a forced or allowed tool that is not there, references that lead nowhere
    /// (in [`Profile::Strict`](crate::Profile::Strict)).
    pub fn turn(&self, mut request: CreateRequest) -> Result<Turn, Vec<Violation>> {
        let mut violations = Vec::new();
        let mut warnings = Vec::new();
        let model = core::mem::take(&mut request.model)
            .into_value()
            .or_else(|| self.default_model.map(Into::into));
        if model.is_none() {
            violations.push(missing("model", "Name the model that should answer."));
        }
        let messages = request.extra.get("messages");
        let messages = messages.is_some_and(|value| value.reader().kind() != ValueKind::Null);
        if messages {
            violations.push(unsupported_messages());
        }
        let input = match core::mem::take(&mut request.input).into_value() {
            Some(input) => items(input),
            None => {
                if request.previous_response_id.value().is_none() && !messages {
                    let fix =
                        "Give the model something to answer, or continue a previous response.";
                    violations.push(missing("input", fix));
                }
                Vec::new()
            }
        };
        let is_top_level = match self.profile {
            Profile::Compatible => dialects::allowed_tools(&mut request),
            Profile::Strict => Ok(false),
        };
        let is_top_level = is_top_level.unwrap_or_else(|violation| {
            violations.push(violation);
            false
        });
        let elsewhere = conversation::continues_elsewhere(&request.extra, self.profile);
        let items = conversation::join(self, input, elsewhere, &mut violations, &mut warnings);
        // A turn is large: it is made where it is returned.
        let mut made = Ok(Turn::carry(
            request,
            Context {
                // Without a model there is a violation, and the turn is not returned.
                model: model.unwrap_or_default(),
                items,
                input_start: self.previous.len(),
                warnings,
                profile: self.profile,
            },
        ));
        if let Ok(turn) = &made {
            let place = |index| match is_top_level {
                true => Path::default().member("allowed_tools").index(index),
                false => {
                    let tools = Path::default().member("tool_choice").member("tools");
                    tools.index(index).member("name")
                }
            };
            let undeclared = undeclared_choices(&turn.tool_choice, place, || turn.declared_tools());
            conversation::add_all(&mut violations, undeclared);
        }
        if !violations.is_empty() {
            made = Err(violations);
        }
        made
    }
}

/// The items of an input. A text stands for one message of the user.
pub(super) fn items(input: Input) -> Vec<Item> {
    match input {
        Input::Text(text) => alloc::vec![Item::from(Message::user(text))],
        Input::Items(items) => items,
    }
}

/// The specification prints a request with `messages`, so validation lets them pass. A turn would
/// lose them.
fn unsupported_messages() -> Violation {
    Violation::new(
        Path::default().member("messages"),
        ViolationCode::UnsupportedParameter,
        "CreateResponseBody.messages:unsupported",
        "Unsupported parameter 'messages': send 'input' instead.".into(),
    )
}

pub(super) fn missing(name: &str, fix: &str) -> Violation {
    Violation::new(
        Path::default().member(name),
        ViolationCode::MissingParameter,
        "required",
        alloc::format!("Missing required parameter: '{name}'. {fix}"),
    )
}
