use std::sync::{Arc, OnceLock};

use openresponses_types::json::Length;
use openresponses_types::response::ResponseStatus;
use openresponses_types::{Field, Item, Response};

use super::claim::Claim;
use super::conversation::{Ancestor, Conversation};
use super::hidden::{hide, is_hidden};
use super::job::Job;

/// What a record takes beside the bytes of its JSON, as `tests/memory.rs` measures it.
const RECORD: usize = 1130;

/// A response and the conversation that it ends.
///
/// ```
/// use std::sync::Arc;
///
/// use openresponses_tower::store::{Conversation, StoredResponse};
/// use openresponses_types::Response;
/// use openresponses_types::item::Message;
///
/// let input = vec![Arc::new(Message::user("Hello").into())];
/// let record = StoredResponse::new(Response::new("resp_1", "m", 0), &Conversation::default(), input);
/// assert_eq!((record.id(), record.own_items().len()), ("resp_1", 1));
/// ```
#[derive(Clone, Debug)]
pub struct StoredResponse {
    /// Without `output`, which is the end of the conversation.
    pub(super) response: Arc<Response>,
    /// The context of the response, then its output.
    pub(super) conversation: Conversation,
    pub(super) input_start: usize,
    pub(super) output_start: usize,
    /// The saved response that this one continues.
    pub(super) ancestor: Option<Arc<Ancestor>>,
    claim: Option<Claim>,
    abandoned: bool,
    /// Of an unfinished response that can be run again.
    job: Option<Job>,
    /// What all but the conversation takes, once it was measured.
    own_bytes: OnceLock<usize>,
}

impl StoredResponse {
    /// Creates the record of a response to `input` that continues `previous`.
    #[must_use]
    pub fn new(response: Response, previous: &Conversation, input: Vec<Arc<Item>>) -> Self {
        Self::with_hidden(response, previous, input, Vec::new())
    }

    /// Creates a record with hidden items, each group before the output item at its index.
    pub(crate) fn with_hidden(
        mut response: Response,
        previous: &Conversation,
        input: Vec<Arc<Item>>,
        hidden: Vec<(usize, Vec<Item>)>,
    ) -> Self {
        let mut output = take_output(&mut response);
        // Of this type only what this server hid is expanded for the model.
        output.retain(|item| !is_hidden(item));
        let mut all = Vec::with_capacity(output.len() + hidden.len());
        let mut hidden = hidden.into_iter().peekable();
        let mut push_hidden = |all: &mut Vec<Arc<Item>>, index: usize| {
            while let Some((_, items)) = hidden.next_if(|(at, _)| *at <= index) {
                all.extend(hide(&items).map(Arc::new));
            }
        };
        for (index, item) in output.into_iter().enumerate() {
            push_hidden(&mut all, index);
            all.push(Arc::new(item));
        }
        push_hidden(&mut all, usize::MAX);
        Self::assemble(response, previous, input, all)
    }

    /// Creates a record of a response without output, and its output with the hidden items.
    pub(super) fn assemble(
        response: Response,
        previous: &Conversation,
        input: Vec<Arc<Item>>,
        output: Vec<Arc<Item>>,
    ) -> Self {
        let context = previous.appended(input);
        let output_start = context.len();
        let conversation = context.appended(output);
        let input_start = previous.len();
        Self {
            response: Arc::new(response),
            ancestor: previous.shared_ancestor(),
            conversation,
            input_start,
            output_start,
            claim: None,
            abandoned: false,
            job: None,
            own_bytes: OnceLock::new(),
        }
    }

    /// Returns the id of the response.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.response.id
    }

    /// Returns the status of the response.
    pub(crate) fn status(&self) -> Option<&ResponseStatus> {
        self.response.status.value()
    }

    /// Returns the response without its output.
    pub(crate) fn without_output(&self) -> Arc<Response> {
        Arc::clone(&self.response)
    }

    /// Returns the complete response.
    #[must_use]
    pub fn response(&self) -> Response {
        let output = self.conversation.items_from(self.output_start);
        let mut response = (*self.response).clone();
        let visible = output.iter().filter(|item| !is_hidden(item));
        response.output = Field::Value(visible.map(|item| Item::clone(item)).collect());
        response
    }

    /// Returns the approximate size of the record with its conversation, in bytes. It is measured once;
    /// stores that [read](Self::from_parts) it have it measured.
    pub(crate) fn bytes(&self) -> usize {
        self.own_bytes() + self.conversation.bytes()
    }

    /// Measures the record, for a caller that is where a large one may be measured.
    #[must_use]
    pub(crate) fn measured(self) -> Self {
        let _ = self.bytes();
        self
    }

    /// Returns the approximate size of the response with its output, in bytes.
    pub(crate) fn response_bytes(&self) -> usize {
        self.own_bytes() + self.conversation.bytes_from(self.output_start)
    }

    /// Returns the record without the items of its output.
    #[must_use]
    pub(crate) fn without_output_items(&self) -> Self {
        let mut without = self.clone();
        without.conversation = self.conversation.before(self.output_start);
        without
    }

    /// Returns the record with a changed response. The change does not concern the output.
    #[must_use]
    pub(crate) fn changed(&self, change: impl FnOnce(&mut Response)) -> Self {
        let mut changed = self.clone();
        change(Arc::make_mut(&mut changed.response));
        if changed.is_finished() {
            changed.job = None;
        }
        changed.own_bytes = OnceLock::new();
        changed
    }

    /// Returns the items that the model read and the client may see: earlier turns and the
    /// response's own input.
    #[must_use]
    pub fn input_items(&self) -> Vec<Arc<Item>> {
        let mut items = self.context_items();
        items.retain(|item| !is_hidden(item));
        items
    }

    pub(super) fn context_items(&self) -> Vec<Arc<Item>> {
        let mut items = self.conversation.items();
        items.truncate(self.output_start);
        items
    }

    /// Returns the items that the turn added: its input and output.
    #[must_use]
    pub fn own_items(&self) -> Vec<Arc<Item>> {
        self.conversation.items_from(self.input_start)
    }

    /// Returns the conversation that the next turn continues.
    #[must_use]
    pub fn conversation(&self) -> &Conversation {
        &self.conversation
    }

    /// Returns true when the response can be continued: it is completed or incomplete.
    #[must_use]
    pub fn is_continuable(&self) -> bool {
        matches!(
            self.status(),
            Some(ResponseStatus::Completed | ResponseStatus::Incomplete)
        )
    }

    /// Returns the conversation's nearest saved response before this one. The store keeps the items
    /// up to it for this record, too.
    #[must_use]
    pub fn ancestor(&self) -> Option<&Ancestor> {
        self.ancestor.as_deref()
    }

    /// Returns the id of the first response of the tree of continuations that the record belongs to.
    #[must_use]
    pub fn root(&self) -> &str {
        self.ancestor().map_or(self.id(), Ancestor::root)
    }

    /// Returns the record without an ancestor: [`parts`](Self::parts) then hold its whole
    /// conversation. For stores that no longer have the ancestor.
    #[must_use]
    pub fn detached(&self) -> Self {
        let mut detached = self.clone();
        detached.ancestor = None;
        detached
    }

    /// Returns the record as one that was saved: what continues its conversation continues it. A
    /// store returns such records from `load`.
    #[must_use]
    pub fn saved(&self) -> Self {
        let id: Arc<str> = self.id().into();
        let root = self.ancestor.as_deref().map(Ancestor::shared_root);
        let root = root.unwrap_or_else(|| Arc::clone(&id));
        let here = Ancestor::new(id, root, self.conversation.len());
        let mut saved = self.clone();
        saved.conversation = saved.conversation.after(here);
        saved
    }

    /// Returns true for a [`saved`](Self::saved) record.
    pub(crate) fn is_saved(&self) -> bool {
        let here = self.conversation.ancestor();
        here.is_some_and(|here| here.id() == self.id())
    }

    /// Returns the id of a [`saved`](Self::saved) record, which its continuations share.
    pub(super) fn saved_id(&self) -> Arc<str> {
        let here = self.conversation.ancestor();
        here.map_or_else(|| self.id().into(), Ancestor::shared_id)
    }

    /// Returns true when no more output will come: the response is neither queued nor in progress.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        !matches!(
            self.status(),
            Some(ResponseStatus::Queued | ResponseStatus::InProgress)
        )
    }

    /// Sets who works on the unfinished response.
    #[must_use]
    pub fn claimed(mut self, claim: Claim) -> Self {
        self.claim = Some(claim);
        self
    }

    /// Returns who works on the unfinished response.
    #[must_use]
    pub fn claim(&self) -> Option<&Claim> {
        self.claim.as_ref().filter(|_| !self.is_finished())
    }

    /// Sets whether the time of the claim has passed without renewal, for stores.
    #[must_use]
    pub fn abandoned(mut self, is: bool) -> Self {
        self.abandoned = is;
        self
    }

    /// Returns true for an unfinished response whose process no longer works on it.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.abandoned && !self.is_finished()
    }

    /// Sets what is needed to run the unfinished response again.
    #[must_use]
    pub(crate) fn with_job(mut self, job: Option<Job>) -> Self {
        self.job = job;
        self.own_bytes = OnceLock::new();
        self
    }

    /// Returns what is needed to run the unfinished response again, if it can be.
    pub(crate) fn job(&self) -> Option<&Job> {
        self.job.as_ref().filter(|_| !self.is_finished())
    }

    /// Returns the conversation that the response continues, and its own input.
    pub(crate) fn start(&self) -> (Conversation, Vec<Arc<Item>>) {
        let mut input = self.own_items();
        input.truncate(self.output_start - self.input_start);
        let before = self.conversation.before(self.input_start);
        (before.after_shared(self.ancestor.clone()), input)
    }

    /// Returns the approximate size of the record without its conversation, in bytes.
    pub(super) fn own_bytes(&self) -> usize {
        *self.own_bytes.get_or_init(|| {
            let job = self.job().map_or(0, Job::bytes);
            Length::of(|out| self.response.write_json(out)) + job + RECORD
        })
    }
}

fn take_output(response: &mut Response) -> Vec<Item> {
    std::mem::take(&mut response.output)
        .into_value()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use openresponses_types::content::OutputText;
    use openresponses_types::item::{FunctionCall, FunctionCallOutput, Message};

    use super::*;

    fn message(text: &str) -> Item {
        Message::output("msg_1", OutputText::new(text)).into()
    }

    fn again(record: &StoredResponse) -> StoredResponse {
        let parts = record.detached().parts();
        StoredResponse::from_parts(record.id(), None, [], &parts.head, &parts.items).unwrap()
    }

    #[test]
    fn what_the_client_does_not_see_is_kept_and_not_shown() {
        let call: Item = FunctionCall::new("call_1", "weather", "{}").into();
        let output: Item = FunctionCallOutput::new("call_1", "22 degrees").into();
        let mut response = Response::new("resp_1", "model", 1);
        response.output = vec![message("Let me look."), message("22 degrees.")].into();
        let hidden = vec![(1, vec![call.clone(), output.clone()])];
        let user: Arc<Item> = Arc::new(Message::user("How warm is it?").into());
        let first = StoredResponse::with_hidden(
            response.clone(),
            &Conversation::default(),
            vec![Arc::clone(&user)],
            hidden,
        );
        for first in [again(&first), first.clone()] {
            assert_eq!(first.response(), response);
            let context = first.conversation().context();
            let context: Vec<&Item> = context.iter().map(|item| &**item).collect();
            assert_eq!(
                context,
                [
                    &*user,
                    &message("Let me look."),
                    &call,
                    &output,
                    &message("22 degrees.")
                ]
            );
            let next = StoredResponse::new(
                Response::new("resp_2", "model", 2),
                first.conversation(),
                vec![Arc::clone(&user)],
            );
            let next = again(&next);
            assert_eq!(next.input_items().len(), 4);
            assert_eq!(next.conversation().context().len(), 6);
            assert_eq!(next.own_items().len(), 1);
        }
    }
}
