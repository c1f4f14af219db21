//! The end of the upstream's response.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::failure;
use super::items::{announcement, is_streamable};
use super::options::RelayMode;
use super::push::{Held, Lost, Relay, State};
use super::repair::Repair;
use crate::event::{ItemKind, LifecycleEvent, item_id};
use crate::item::{Item, ItemStatus};
use crate::json::{RawJson, ValueKind};
use crate::response::{InputTokensDetails, OutputTokensDetails, Response, ResponseStatus, Usage};
use crate::sequence::{Finish, Sequencer};
use crate::stream_output::protocol_status;
use crate::wire::{Extra, with_member};

impl Relay {
    /// One of the three events that end a stream.
    pub(super) fn terminal(
        &mut self,
        lifecycle: LifecycleEvent,
        response: &Arc<Response>,
        client: &mut Sequencer,
    ) {
        match self.ending(lifecycle, response) {
            Ending::Finish(finish) => self.finish(finish, response, client),
            Ending::Failed => self.finish_failed(response, client),
        }
    }

    /// How the response ends.
    fn ending(&mut self, lifecycle: LifecycleEvent, response: &Response) -> Ending {
        let by_event = failure::status_of(lifecycle);
        let status = failure::final_status(response).unwrap_or(&by_event);
        if *status != by_event {
            self.repairs.note(Repair::StatusFromBody);
        }
        match status {
            ResponseStatus::Completed => Ending::Finish(Finish::Completed),
            ResponseStatus::Incomplete => {
                let reason = response.incomplete_details.value();
                let reason = reason.map(|details| details.reason.as_str());
                let reason = reason.filter(|reason| !reason.is_empty());
                Ending::Finish(Finish::Incomplete(reason.unwrap_or("unknown").into()))
            }
            ResponseStatus::Failed
            | ResponseStatus::Cancelled
            | ResponseStatus::Queued
            | ResponseStatus::InProgress
            | ResponseStatus::Other(_) => Ending::Failed,
        }
    }

    /// The upstream's response failed. Its reason may have come before, or may follow.
    pub(super) fn finish_failed(&mut self, response: &Arc<Response>, client: &mut Sequencer) {
        let failure = match (&self.state, failure::of_response(response)) {
            (State::Failing(error), None) => failure::upstream_failure(error),
            (State::Failing(error), Some(mut own)) => {
                if own.message.is_empty() {
                    own.message.clone_from(&error.message);
                }
                // The event's type is the class where the code tells none.
                if own.kind.as_str().is_none_or(str::is_empty) {
                    own.kind.clone_from(&error.kind);
                }
                if own.param.as_str().is_none() {
                    own.param.clone_from(&error.param);
                }
                failure::upstream_failure(&own)
            }
            (_, Some(own)) => failure::upstream_failure(&own),
            (_, None) => {
                let response = Box::new(Response::clone(response));
                self.state = State::FailedWithoutReason(response);
                return;
            }
        };
        self.finish(Finish::Failed(failure.into()), response, client);
    }

    /// Ends the client's response as the upstream's ended.
    pub(super) fn finish(
        &mut self,
        mut finish: Finish,
        upstream: &Response,
        client: &mut Sequencer,
    ) {
        if let State::Failing(error) = &self.state
            && !matches!(finish, Finish::Failed(_))
        {
            finish = Finish::Failed(failure::upstream_failure(error).into());
        }
        if self.options.mode == RelayMode::Observe {
            let items = self.observed_items(Some(upstream), client);
            client.events.replace_items(items);
        } else {
            finish = self.finish_output(finish, upstream, client);
        }
        self.adopt_members(upstream, client);
        self.state = State::Ended;
        if client.is_finished() {
            return;
        }
        if matches!(finish, Finish::Completed) {
            client.check_required_call();
        }
        client.close_response(finish);
    }

    fn finish_output(
        &mut self,
        finish: Finish,
        upstream: &Response,
        client: &mut Sequencer,
    ) -> Finish {
        if matches!(finish, Finish::Failed(_)) {
            self.reopen_held(client);
            return finish;
        }
        let items = upstream.output_items();
        self.take_output(items, &finish, client);
        self.close_open(&finish, client);
        self.forget_early();
        if self.lost == Some(Lost::Unconfirmed) && self.is_confirmed(items, client) {
            self.lost = None;
        }
        if self.lost.is_some() {
            self.reopen_held(client);
            return Finish::Failed(failure::incomplete_text().into());
        }
        let last = client.events.len().checked_sub(1);
        match finish {
            Finish::Incomplete(_) if self.held.as_ref().map(|held| held.at) == last => {
                self.confirm_held(client);
            }
            _ => self.release_held(client),
        }
        finish
    }

    /// Compares the upstream's output with what was streamed, and streams what was not.
    fn take_output(&mut self, items: &[Item], finish: &Finish, client: &mut Sequencer) {
        let sources = self.sources_of(items, client);
        let mut streamed = 0;
        for (item, source) in items.iter().zip(sources) {
            let (source, added) = match source {
                Some(source) => (source, false),
                None => {
                    self.repairs.note(Repair::OutputRestored);
                    let id = item_id(item).unwrap_or_default();
                    (
                        self.add_missing(&id, None, announcement(item), client),
                        true,
                    )
                }
            };
            let Some(at) = self.source.get(source).and_then(|item| item.at) else {
                continue;
            };
            streamed += 1;
            if added && matches!(item, Item::FunctionCall(call) if !call.arguments.is_empty()) {
                let id = item_id(item).unwrap_or_default();
                self.early.finished(&id, None);
            }
            self.take_item(at, item, added, finish, client);
        }
        if streamed < client.events.len() {
            self.repairs.note(Repair::OutputRestored);
        }
    }

    fn take_item(
        &mut self,
        at: usize,
        item: &Item,
        added: bool,
        finish: &Finish,
        client: &mut Sequencer,
    ) {
        let done = client.events.item(at).is_some_and(|item| item.done);
        if done {
            self.compare_finished(at, item, client);
            let mut merged = self.merged(at, item, client);
            if let Some(status) = client
                .events
                .item(at)
                .and_then(|ours| protocol_status(&ours.item))
            {
                merged.set_status(status);
            } else if is_streamable(&merged)
                // A finished reasoning item may lack a status, but not end incomplete later.
                && (!matches!(merged, Item::Reasoning(_)) || is_unfinished(&merged))
            {
                merged.set_status(ItemStatus::Completed);
            }
            if let Some(ours) = client.events.item_mut(at) {
                ours.item = merged;
            }
            return;
        }
        if !added {
            self.repairs.note(Repair::ItemDone);
        }
        let last = at + 1 == client.events.len() && matches!(finish, Finish::Incomplete(_));
        let done = self.settle(at, item, last, client);
        let status = done.status().unwrap_or(ItemStatus::Completed);
        if let Some(ours) = client.events.item_mut(at) {
            ours.item = done;
        }
        self.close(at, status, client);
    }

    /// Closes an item; the done event of an incomplete one waits.
    fn close(&mut self, at: usize, status: ItemStatus, client: &mut Sequencer) {
        client.events.finish_inside(at);
        // Implementers' items may have any status.
        let is_protocols = client
            .events
            .item(at)
            .is_some_and(|item| item.shape() != ItemKind::Opaque);
        if status != ItemStatus::Incomplete || !is_protocols {
            return client.events.finish_item(at, status);
        }
        self.release_held(client);
        if let Some(item) = client.events.item_mut(at) {
            item.close();
            item.item.set_status(status);
            self.held = Some(Held::new(at, item.item.clone()));
        }
    }

    /// The sources of the terminal response's items: those of their ids first, then for each of the
    /// others the next one of its type that is not another's.
    fn sources_of(&self, items: &[Item], client: &Sequencer) -> Vec<Option<usize>> {
        let mut taken: BTreeSet<usize> = BTreeSet::new();
        let by_id = |item: &Item| {
            let id = item_id(item).filter(|id| !id.is_empty())?;
            self.source.by_id(&id)
        };
        let mut sources: Vec<Option<usize>> = items
            .iter()
            .map(|item| by_id(item).filter(|source| taken.insert(*source)))
            .collect();
        // Sources before the place of a type are taken or of another type.
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, (item, source)) in items.iter().zip(&mut sources).enumerate() {
            if source.is_none() {
                let place = places.entry(item.type_name()).or_default();
                *source = self.alike(item, index, &taken, place, client);
                taken.extend(*source);
            }
        }
        sources
    }

    /// An item of the same type that is not taken: the one at the same index, else the first from `place`
    /// on, to which `place` is moved.
    fn alike(
        &self,
        item: &Item,
        index: usize,
        taken: &BTreeSet<usize>,
        place: &mut usize,
        client: &Sequencer,
    ) -> Option<usize> {
        let is_alike = |source: &usize| {
            // A call that was left out is judged again.
            let at = self.source.get(*source).and_then(|known| known.at);
            !taken.contains(source)
                && at
                    .and_then(|at| client.events.item(at))
                    .is_some_and(|ours| ours.item.type_name() == item.type_name())
        };
        let same_index = self.source.by_index(index as u64).filter(is_alike);
        same_index.or_else(|| {
            let found = (*place..self.source.len()).find(is_alike);
            *place = found.unwrap_or(self.source.len());
            found
        })
    }

    /// Closes what the upstream left open.
    fn close_open(&mut self, finish: &Finish, client: &mut Sequencer) {
        let last = client.events.len().checked_sub(1);
        for at in 0..client.events.len() {
            if !client.events.is_open(at) {
                continue;
            }
            self.repairs.note(Repair::ItemDone);
            let cut = Some(at) == last && matches!(finish, Finish::Incomplete(_));
            let status = if cut {
                ItemStatus::Incomplete
            } else {
                ItemStatus::Completed
            };
            self.close(at, status, client);
        }
    }

    /// Returns true if the terminal response shows that the client has all of the output.
    fn is_confirmed(&self, items: &[Item], client: &Sequencer) -> bool {
        items.len() == client.events.len() && !items.is_empty()
    }

    /// What the upstream's response says besides its output.
    fn adopt_members(&mut self, upstream: &Response, client: &mut Sequencer) {
        if let Some(usage) = upstream.usage.value() {
            client.response_mut().usage = self.mapped_usage(usage).into();
        }
        // What is missing was read as empty.
        let tier = upstream.service_tier.value();
        if tier.is_some_and(|tier| !tier.as_str().is_empty()) {
            client.response_mut().service_tier = upstream.service_tier.clone();
        }
        let settings = client.provider_settings;
        settings.adopt(client.response_mut(), upstream);
        client.response_mut().extra.fill(&upstream.extra);
        if let Some(report) = self.report(upstream) {
            let metadata = client.response().extra.get("provider_metadata");
            let metadata = with_report(metadata, &report);
            client
                .response_mut()
                .extra
                .insert("provider_metadata", metadata);
        }
    }

    /// What `provider_metadata.relay` says, if anything.
    fn report(&self, upstream: &Response) -> Option<RawJson> {
        let repairs = self.options.report_repairs && !self.repairs.is_empty();
        let keeps = !upstream.id.is_empty() && upstream.store.value() != Some(&false);
        let id = self.options.report_response_id && keeps;
        if !repairs && !id {
            return None;
        }
        let mut report = RawJson::empty_object();
        if repairs {
            let count = |(repair, count): (Repair, u32)| format!("\"{}\":{count}", repair.name());
            let counts: Vec<String> = self.repairs.iter().map(count).collect();
            let counts = RawJson::checked(&format!("{{{}}}", counts.join(",")));
            report = with_member(&report, "repairs", &counts);
        }
        if id {
            report = with_member(&report, "response_id", &RawJson::string(&upstream.id));
        }
        Some(report)
    }

    /// Usage under the names of Chat Completions, which the typed reading keeps as unknown members.
    fn mapped_usage(&mut self, usage: &Usage) -> Usage {
        let count = |extra: &Extra, name: &str| {
            let number = extra.get(name)?.reader().number()?.parse().ok();
            number.filter(|count: &u64| *count > 0)
        };
        let mut usage = usage.clone();
        let (prompt, completion) = (
            count(&usage.extra, "prompt_tokens"),
            count(&usage.extra, "completion_tokens"),
        );
        if usage.input_tokens == 0 && usage.output_tokens == 0 {
            if prompt.is_some() || completion.is_some() {
                self.repairs.note(Repair::UsageMapped);
            }
            usage.input_tokens = prompt.unwrap_or_default();
            usage.output_tokens = completion.unwrap_or_default();
        }
        if usage.total_tokens == 0 {
            usage.total_tokens = usage.input_tokens.saturating_add(usage.output_tokens);
        }
        if usage.input_tokens_details.value().is_none() {
            usage.input_tokens_details = InputTokensDetails::new(0u64).into();
        }
        if usage.output_tokens_details.value().is_none() {
            usage.output_tokens_details = OutputTokensDetails::new(0u64).into();
        }
        usage
    }
}

/// The response's `provider_metadata` with the relay's report.
fn with_report(metadata: Option<&RawJson>, report: &RawJson) -> RawJson {
    let metadata = metadata.filter(|raw| raw.reader().kind() == ValueKind::Object);
    let metadata = metadata.cloned().unwrap_or_else(RawJson::empty_object);
    with_member(&metadata, "relay", report)
}

/// How a response ends, before its reason is known.
enum Ending {
    Finish(Finish),
    Failed,
}

/// Returns whether the item's status says that it is in progress or incomplete.
fn is_unfinished(item: &Item) -> bool {
    matches!(
        protocol_status(item),
        Some(ItemStatus::InProgress | ItemStatus::Incomplete)
    )
}
