use std::collections::{BTreeSet, VecDeque};
use std::future::Future;
use std::sync::Arc;

use openresponses_tower::Error;
use openresponses_tower::ids::RandomIds;
use openresponses_tower::output::Output;
use openresponses_types::Item;
use openresponses_types::json::RawJson;
use openresponses_types::sequence::{Delta, Failure, Finish, IdGenerator, IdKind};
use openresponses_types::tool::{ToolChoice, ToolChoiceMode};

use super::appearance::listing;
use super::call::{Call, Job, Outcome};
use super::calling::{Calling, Slot};
use super::held::{Released, is_of_client};
use super::judge::NO_FURTHER_CALLS;
use super::ledger::Ledger;
use super::round::Round;
use super::settings::Settings;
use super::transcript::Transcript;
use crate::offer::{Offers, Resumed, Source};

/// What the machine waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Deltas of the round.
    Sampling,
    /// Results of the calls.
    Calling,
    /// The answer to the next round.
    Asking,
    /// Nothing more.
    Ended,
}

/// The loop of one response.
///
/// Ask for a round with [`choice`](Self::choice) and [`appended`](Self::appended) when it is
/// [`Phase::Asking`], as it is at first; feed it the deltas with [`push`](Self::push); run the
/// [`jobs`](Self::jobs) when it is [`Phase::Calling`] and give it their results with
/// [`finish`](Self::finish). [`pop`](Self::pop) what the client gets after each step.
#[derive(Debug)]
pub(crate) struct LoopMachine {
    pub(super) offers: Offers,
    pub(super) settings: Settings,
    out: VecDeque<Output>,
    phase: Phase,
    round: Round,
    calling: Option<Calling>,
    pub(super) ledger: Ledger,
    appended: Vec<Arc<Item>>,
    /// Requests for approval that the client is about to see.
    asked: Vec<String>,
    /// The ids of the calls of the conversation and of this response.
    call_ids: BTreeSet<String>,
    /// Whether the client saw a call.
    pub(super) is_satisfied: bool,
}

impl LoopMachine {
    /// The loop of a response to the conversation `items`.
    pub(crate) fn new(offers: Offers, settings: Settings, items: &[Arc<Item>]) -> Self {
        let call_ids = items.iter().filter_map(|item| match &**item {
            Item::FunctionCall(call) => Some(call.call_id.clone()),
            _ => None,
        });
        Self {
            offers,
            settings,
            out: VecDeque::new(),
            phase: Phase::Asking,
            round: Round::default(),
            calling: None,
            ledger: Ledger::default(),
            appended: Vec::new(),
            asked: Vec::new(),
            call_ids: call_ids.collect(),
            is_satisfied: false,
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    /// What goes to the client next.
    pub(crate) fn pop(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// What has to be done before the client sees a request for approval. `None` where it is nothing.
    pub(crate) fn keeping(
        &mut self,
    ) -> Option<impl Future<Output = Result<(), Error>> + Send + use<>> {
        let asked = std::mem::take(&mut self.asked);
        if asked.is_empty() {
            return None;
        }
        let Settings {
            approver, scope, ..
        } = &self.settings;
        approver.keeping(scope.as_str(), asked)
    }

    /// Ends with what the client has seen so far.
    pub(crate) fn abandon(&mut self) {
        self.out.clear();
        self.calling = None;
        self.phase = Phase::Ended;
    }

    /// Takes what the model says next.
    pub(crate) fn push(&mut self, delta: Delta) {
        if self.phase != Phase::Sampling {
            return;
        }
        match delta {
            Delta::Call { key, call_id, name } => self.begin_call(key, call_id, name),
            Delta::Arguments { key, delta } => {
                let most = self.settings.limits.argument_bytes;
                self.round.arguments(key, delta, most);
            }
            Delta::EndCall { key } => self.round.end_call(key),
            Delta::Item(item) => self.item(*item),
            Delta::OpenItem(item) if is_of_client(&item) => {
                self.round.is_item_held = true;
                self.round.held.push(Delta::OpenItem(item));
            }
            delta @ Delta::ItemEvent(_) if self.round.is_item_held => self.round.held.push(delta),
            delta @ Delta::CloseItem(_) if self.round.is_item_held => {
                self.round.is_item_held = false;
                self.round.held.push(delta);
            }
            Delta::Usage(usage) => self.ledger.usage(*usage),
            Delta::Member { name, value } => {
                if let Some((name, value)) = self.ledger.member(name, value) {
                    self.out.push_back(Delta::Member { name, value }.into());
                }
            }
            Delta::Finish(finish) => self.end_round(finish),
            delta => {
                self.round.is_item_held &= !matches!(delta, Delta::OpenItem(_));
                self.round.transcript.push(&delta);
                self.out.push_back(delta.into());
            }
        }
        if self.phase == Phase::Sampling && self.round.held.is_too_large() {
            let failure = Failure::new(
                "model_error",
                "client_calls_too_large",
                "The model made larger function calls than can be held.",
            );
            self.end(Finish::Failed(failure.into()));
        }
    }

    /// Lets through what is no delta.
    pub(crate) fn pass(&mut self, output: Output) {
        self.out.push_back(output);
    }

    /// Returns the id of a call, with a number behind it where another call has the same: outputs are
    /// matched by it, and some models number their calls from zero in each round.
    fn unique(&mut self, call_id: Option<String>) -> String {
        let stated = call_id.unwrap_or_else(|| RandomIds.id(IdKind::Call));
        let mut id = stated.clone();
        let mut number = 1;
        while !self.call_ids.insert(id.clone()) {
            number += 1;
            id = format!("{stated}_{number}");
        }
        id
    }

    fn begin_call(&mut self, key: u32, call_id: Option<String>, name: String) {
        if self.offers.is_clients(&name) {
            let call_id = call_id.map(|id| self.unique(Some(id)));
            self.round.begin_client_call(key, call_id, name);
            return;
        }
        let call = Call {
            call_id: self.unique(call_id),
            name,
            arguments: String::new(),
        };
        self.round.server_call(Some(key), call);
    }

    fn item(&mut self, item: Item) {
        match item {
            Item::FunctionCall(mut call) if self.offers.is_clients_call(&call) => {
                call.call_id = self.unique(Some(call.call_id));
                let delta = Delta::item(Item::FunctionCall(call));
                self.round.held.push(delta);
            }
            Item::FunctionCall(call) => {
                let call = Call {
                    call_id: self.unique(Some(call.call_id)),
                    name: call.name,
                    arguments: call.arguments,
                };
                self.round.server_call(None, call);
            }
            other if is_of_client(&other) => self.round.held.push(Delta::item(other)),
            other => {
                let delta = Delta::item(other);
                self.round.transcript.push(&delta);
                self.out.push_back(delta.into());
            }
        }
    }

    /// The model has finished the round.
    fn end_round(&mut self, finish: Finish) {
        let is_complete = finish == Finish::Completed;
        let is_last = self.ledger.rounds() >= self.settings.limits.rounds;
        if !is_complete || self.round.calls.is_empty() || is_last {
            let has_calls = is_complete && !self.round.calls.is_empty();
            let released = self.release();
            self.send(released);
            self.end(match has_calls {
                true => Finish::Incomplete("max_tool_rounds".into()),
                false => finish,
            });
            return;
        }
        // What follows begins a new item.
        self.out.push_back(Delta::EndItem.into());
        let calls = std::mem::take(&mut self.round.calls);
        let transcript = std::mem::take(&mut self.round.transcript);
        let slots = self.judge(calls);
        self.begin_calls(slots, transcript);
    }

    /// Shows the listings of the servers that the client declared.
    pub(crate) fn announce(&mut self, source: &Source) {
        listing(source, &mut self.out);
    }

    /// Goes on where the client has approved calls: they run before the model is sampled.
    pub(crate) fn resume(&mut self, resumed: Vec<Resumed>) {
        let mut transcript = Transcript::default();
        let mut slots = Vec::with_capacity(resumed.len());
        for (index, resumed) in resumed.into_iter().enumerate() {
            transcript.call(index);
            let call = Call {
                call_id: self.unique(Some(resumed.call_id)),
                name: resumed.offer.name.clone(),
                arguments: resumed.arguments,
            };
            let approval = Some(resumed.approval_request_id);
            slots.push(self.slot(call, Some(resumed.offer), approval, index as u64));
        }
        self.begin_calls(slots, transcript);
    }

    fn begin_calls(&mut self, slots: Vec<Slot>, transcript: Transcript) {
        let made = slots.iter().filter(|slot| slot.is_made()).count();
        self.ledger.add_calls(made);
        self.phase = Phase::Calling;
        let entries = transcript.into_entries();
        self.calling = Some(Calling::new(slots, entries, &mut self.out));
        self.after_calls();
    }

    /// The calls to run, each with its index.
    pub(crate) fn jobs(&self) -> impl Iterator<Item = Job> {
        let slots = self.calling.as_ref().map_or(&[][..], Calling::slots);
        slots.iter().enumerate().filter_map(|(index, slot)| {
            let offer = slot.offer.as_ref().filter(|_| slot.outcome.is_none())?;
            Some(Job {
                index,
                call_id: slot.call.call_id.clone(),
                arguments: slot.arguments.clone(),
                offer: offer.clone(),
            })
        })
    }

    /// A running call reports progress.
    pub(crate) fn progress(&mut self, index: usize, report: &RawJson) {
        if let Some(calling) = &self.calling {
            calling.progress(index, report, &mut self.out);
        }
    }

    /// A call has ended.
    pub(crate) fn finish(&mut self, index: usize, outcome: Outcome) {
        let Some(calling) = &mut self.calling else {
            return;
        };
        let outcome = self.settings.bounded(outcome);
        self.ledger.result_bytes += outcome.bytes();
        calling.finish(index, outcome, &mut self.out);
        self.after_calls();
    }

    /// Goes on once all calls of the round have ended.
    fn after_calls(&mut self) {
        if !self.calling.as_ref().is_some_and(Calling::is_over) {
            return;
        }
        let Some(calling) = self.calling.take() else {
            return;
        };
        self.keep(calling.hidden());
        self.is_satisfied |= calling.is_visible();
        if let Some(failure) = calling.failure() {
            self.end(Finish::Failed(failure.into()));
            return;
        }
        if self.ledger.result_bytes > self.settings.limits.total_result_bytes {
            self.end(Finish::Incomplete("max_tool_result_bytes".into()));
            return;
        }
        self.asked = calling.ask(&mut self.out);
        let released = self.release();
        if !self.asked.is_empty() || released.has_calls() {
            self.send(released);
            self.end(Finish::Completed);
            return;
        }
        self.appended.extend(calling.into_items());
        self.refuse(released.left_out);
        self.round = Round::default();
        self.phase = Phase::Asking;
    }

    /// Tells the model, and the next turn, of calls that the client does not get.
    fn refuse(&mut self, calls: Vec<Call>) {
        if calls.is_empty() {
            return;
        }
        let refused = Outcome::Refused(NO_FURTHER_CALLS.into()).text();
        let outputs = calls.iter().map(|call| call.output_item(refused.clone()));
        let outputs: Vec<Item> = outputs.collect();
        let items: Vec<Item> = calls.iter().map(Call::item).chain(outputs).collect();
        self.appended.extend(items.iter().cloned().map(Arc::new));
        self.keep(items);
    }

    /// Keeps what the client does not see in the stored conversation.
    fn keep(&mut self, hidden: Vec<Item>) {
        if hidden.is_empty() {
            return;
        }
        if !self.settings.is_stored {
            tracing::warn!(
                "the next turn will not know the tool calls of this one: it is not stored"
            );
        }
        self.out.push_back(Output::Hidden(hidden));
    }

    /// The provider has answered: a round begins.
    pub(crate) fn answered(&mut self) {
        if self.phase == Phase::Asking {
            self.ledger.begin();
            self.phase = Phase::Sampling;
        }
    }

    /// The time of the loop is over.
    pub(crate) fn expire(&mut self) {
        if self.phase != Phase::Ended {
            if let Some(mut calling) = self.calling.take() {
                calling.expire();
                self.keep(calling.hidden());
            }
            self.end(Finish::Incomplete("max_tool_time".into()));
        }
    }

    /// The provider's output is over: where the round has not ended, it failed.
    pub(crate) fn break_off(&mut self) {
        if self.phase == Phase::Sampling {
            self.fail();
        }
    }

    /// The provider failed. The usage of the rounds before is reported all the same.
    pub(crate) fn fail(&mut self) {
        self.calling = None;
        self.sum_up();
        self.phase = Phase::Ended;
    }

    /// What the rounds so far added to the context.
    pub(crate) fn appended(&self) -> &[Arc<Item>] {
        &self.appended
    }

    /// The tools as the model sees them.
    pub(crate) fn definitions(&self) -> &[openresponses_types::tool::Tool] {
        self.offers.definitions()
    }

    /// Which of its tools the model may or must call in the next round.
    pub(crate) fn choice(&self) -> ToolChoice {
        if self.calls_left() == Some(0) {
            return ToolChoiceMode::None.into();
        }
        let is_first = self.ledger.rounds() == 0;
        self.offers.choice().of_round(is_first, self.is_satisfied)
    }

    /// How many calls the next round may make.
    pub(crate) fn calls_left(&self) -> Option<u64> {
        let most = self.settings.max_calls?;
        Some(most.saturating_sub(self.ledger.calls))
    }

    fn release(&mut self) -> Released {
        std::mem::take(&mut self.round.held).release(self.calls_left())
    }

    fn send(&mut self, released: Released) {
        self.out
            .extend(released.deltas.into_iter().map(Output::from));
    }

    fn sum_up(&mut self) {
        if let Some((name, value)) = self.ledger.report() {
            self.out.push_back(Delta::Member { name, value }.into());
        }
        if let Some(usage) = self.ledger.total() {
            self.out.push_back(Delta::usage(usage).into());
        }
    }

    fn end(&mut self, finish: Finish) {
        self.sum_up();
        self.out.push_back(Delta::Finish(finish).into());
        self.phase = Phase::Ended;
    }
}
