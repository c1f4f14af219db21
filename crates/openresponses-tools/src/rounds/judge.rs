//! Which calls run. Spec: "tool_choice", "allowed_tools", `max_tool_calls`, `parallel_tool_calls`.

use openresponses_types::diagnostics::Excerpt;
use serde_json::Value;

use super::call::{Call, Outcome};
use super::calling::Slot;
use super::machine::LoopMachine;
use super::settings::Settings;
use crate::approval::Asked;
use crate::offer::{Appearance, Offer};

impl LoopMachine {
    /// Which of the calls run. The others get a refusal as their result.
    pub(super) fn judge(&self, calls: Vec<(Option<u32>, Call)>) -> Vec<Slot> {
        let mut made = 0;
        let judge = |(_, call): (Option<u32>, Call)| {
            let offer = self.offers.find(&call.name).cloned();
            let slot = self.slot(call, offer, None, made);
            made += u64::from(slot.outcome.is_none());
            slot
        };
        calls.into_iter().map(judge).collect()
    }

    /// A call after `made` others of its round: it runs where it has no outcome yet.
    pub(super) fn slot(
        &self,
        call: Call,
        offer: Option<Offer>,
        approval: Option<String>,
        made: u64,
    ) -> Slot {
        let judged = self
            .permitted(offer.as_ref(), &call, made)
            .and_then(|offer| {
                let arguments = offer.tool.arguments.check(&call.arguments);
                let arguments = arguments.map_err(|error| error.message().to_owned())?;
                Ok((offer, arguments))
            });
        let (arguments, outcome) = match judged {
            Ok((offer, arguments)) => {
                let outcome = match approval {
                    Some(_) => None,
                    None => self.unapproved(offer, &call, &arguments),
                };
                (arguments, outcome)
            }
            Err(reason) => (Value::Null, Some(Outcome::Refused(reason))),
        };
        Slot {
            call,
            offer,
            arguments,
            outcome,
            approval_request_id: approval,
        }
    }

    /// What becomes of a call that needs an approval. `None` where it needs none.
    fn unapproved(&self, offer: &Offer, call: &Call, arguments: &Value) -> Option<Outcome> {
        let Settings {
            head,
            approver,
            scope,
            ..
        } = &self.settings;
        if !offer.tool.approval.is_needed(head, arguments) {
            return None;
        }
        let of = match &offer.appearance {
            Appearance::Hidden => {
                let reason = "The tool needs an approval that this client cannot give.";
                return Some(Outcome::Refused(reason.into()));
            }
            Appearance::Extension(item_type) => item_type.as_str(),
            Appearance::Mcp(label) => label,
        };
        let asked = Asked {
            of,
            name: &offer.tool.name,
            arguments: &call.arguments,
        };
        let issued = approver.issue(scope.as_str(), asked);
        Some(issued.map_or_else(Outcome::Failed, Outcome::Asked))
    }

    /// The offer of a call that the request permits.
    ///
    /// # Errors
    /// Why it may not run, for the model.
    fn permitted<'o>(
        &self,
        offer: Option<&'o Offer>,
        call: &Call,
        made: u64,
    ) -> Result<&'o Offer, String> {
        let Settings {
            limits,
            max_calls,
            is_parallel,
            ..
        } = self.settings;
        let Some(offer) = offer else {
            let name = Excerpt::new(&call.name);
            return Err(format!("There is no tool named '{name}'."));
        };
        if !self.offers.choice().allows(offer) {
            return Err("This request does not allow the tool.".into());
        }
        if max_calls.is_some_and(|most| self.ledger.calls + made >= most) {
            return Err("The request allows no further tool calls.".into());
        }
        if !is_parallel && made >= 1 {
            return Err("The request allows one tool call at a time. Call again.".into());
        }
        if made >= limits.calls_per_round as u64 {
            let most = limits.calls_per_round;
            return Err(format!("At most {most} calls can be made at a time."));
        }
        if call.arguments.len() > limits.argument_bytes {
            let most = limits.argument_bytes;
            return Err(format!("The arguments have more than {most} bytes."));
        }
        Ok(offer)
    }
}
