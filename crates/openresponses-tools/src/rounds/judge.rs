//! Which calls run. Spec: "tool_choice", "allowed_tools", `max_tool_calls`, `parallel_tool_calls`.

use openresponses_tower::Error;
use openresponses_types::diagnostics::Excerpt;
use serde_json::Value;

use super::call::{Call, Outcome};
use super::calling::Slot;
use super::machine::LoopMachine;
use super::settings::Settings;
use crate::approval::Asked;
use crate::offer::{Appearance, Offer, Resumed};

pub(super) const NO_FURTHER_CALLS: &str = "The request allows no further tool calls.";

impl LoopMachine {
    /// Which of the calls run. The others get a refusal as their result.
    pub(super) fn judge(&self, calls: Vec<Call>) -> Vec<Slot> {
        let mut made = 0;
        let judge = |call: Call| {
            let offer = self.offers.find(&call.name).cloned();
            let slot = self.slot(call, offer, None, made);
            made += u64::from(slot.is_made());
            slot
        };
        calls.into_iter().map(judge).collect()
    }

    /// Checks that the request permits the calls that it approves, before their approvals are taken.
    ///
    /// # Errors
    /// What forbids the first that is not permitted.
    pub(crate) fn admit(&self, resumed: &[Resumed]) -> Result<(), Error> {
        for (index, resumed) in resumed.iter().enumerate() {
            // A demand for a tool is for the model's next call.
            self.allowed(&resumed.offer, index as u64, true)
                .map_err(|reason| Error::invalid_request(&resumed.path, reason))?;
        }
        Ok(())
    }

    /// A call after `made` others that count in its round: it runs where it has no outcome yet.
    pub(super) fn slot(
        &self,
        mut call: Call,
        offer: Option<Offer>,
        approval: Option<String>,
        made: u64,
    ) -> Slot {
        let permitted = match (&offer, &approval) {
            (Some(offer), Some(_)) => Ok(offer),
            (offer, _) => self.permitted(offer.as_ref(), &call, made),
        };
        let judged = permitted.and_then(|offer| {
            let arguments = self.arguments(offer, &mut call)?;
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

    /// The arguments of a call, checked. What is too long is not kept.
    fn arguments(&self, offer: &Offer, call: &mut Call) -> Result<Value, String> {
        let most = self.settings.limits.argument_bytes;
        if call.arguments.len() > most {
            call.arguments = "{}".into();
            return Err(format!("The arguments have more than {most} bytes."));
        }
        let arguments = offer.tool.arguments.check(&call.arguments);
        arguments.map_err(|error| error.message().to_owned())
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

    /// The offer of a call of the model's that the request permits, after `made` others in its round.
    ///
    /// # Errors
    /// Why it may not run, for the model.
    fn permitted<'o>(
        &self,
        offer: Option<&'o Offer>,
        call: &Call,
        made: u64,
    ) -> Result<&'o Offer, String> {
        let Some(offer) = offer else {
            let name = Excerpt::new(&call.name);
            return Err(format!("There is no tool named '{name}'."));
        };
        self.allowed(offer, made, self.is_satisfied)?;
        if !self.settings.is_parallel && made >= 1 {
            return Err("The request allows one tool call at a time. Call again.".into());
        }
        let most = self.settings.limits.calls_per_round;
        if made >= most as u64 {
            return Err(format!("At most {most} calls can be made at a time."));
        }
        Ok(offer)
    }

    /// Returns whether the request allows a call of the tool, after `made` others in its round.
    fn allowed(&self, offer: &Offer, made: u64, is_satisfied: bool) -> Result<(), String> {
        if !self.offers.choice().allows(offer, is_satisfied) {
            return Err("This request does not allow the tool.".into());
        }
        let most = self.settings.max_calls;
        if most.is_some_and(|most| self.ledger.calls + made >= most) {
            return Err(NO_FURTHER_CALLS.into());
        }
        Ok(())
    }
}
