use std::sync::Arc;

use openresponses_types::json::RawJson;
use openresponses_types::{Field, Input, Item, Response, ResponseStatus, Violation};

use super::conversation::Conversation;

/// A response and the conversation that it is the last turn of.
#[derive(Clone, Debug)]
pub struct StoredResponse {
    /// Without its output, which is the end of the conversation.
    response: Arc<Response>,
    /// What came before the response, then its output.
    conversation: Conversation,
    input_start: usize,
    output_start: usize,
}

impl StoredResponse {
    /// A response to `input`, after the turns of `previous`.
    #[must_use]
    pub fn new(mut response: Response, previous: &Conversation, input: Vec<Arc<Item>>) -> Self {
        let output = std::mem::take(&mut response.output)
            .into_value()
            .unwrap_or_default();
        let context = previous.appended(input);
        let output_start = context.len();
        let conversation = context.appended(output.into_iter().map(Arc::new).collect());
        let input_start = previous.len();
        Self {
            response: Arc::new(response),
            conversation,
            input_start,
            output_start,
        }
    }

    /// The response's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.response.id
    }

    /// How far the response has come.
    pub(crate) fn status(&self) -> Option<&ResponseStatus> {
        self.response.status.value()
    }

    /// The response, complete.
    #[must_use]
    pub fn response(&self) -> Response {
        let output = self.conversation.items_from(self.output_start);
        let mut response = (*self.response).clone();
        response.output = Field::Value(output.iter().map(|item| Item::clone(item)).collect());
        response
    }

    /// The record with a change to its response that does not concern the output.
    #[must_use]
    pub(crate) fn changed(&self, change: impl FnOnce(&mut Response)) -> Self {
        let mut changed = self.clone();
        change(Arc::make_mut(&mut changed.response));
        changed
    }

    /// Everything that the model saw: the turns before and the response's own input.
    #[must_use]
    pub fn input_items(&self) -> Vec<Arc<Item>> {
        let mut items = self.conversation.items();
        items.truncate(self.output_start);
        items
    }

    /// What this turn added to the conversation: its own input and its output.
    #[must_use]
    pub fn own_items(&self) -> Vec<Arc<Item>> {
        self.conversation.items_from(self.input_start)
    }

    /// What a turn that continues this response goes on from.
    #[must_use]
    pub fn conversation(&self) -> &Conversation {
        &self.conversation
    }

    /// True when the response can be continued: it came to an end, and did not fail.
    #[must_use]
    pub fn is_continuable(&self) -> bool {
        matches!(
            self.status(),
            Some(ResponseStatus::Completed | ResponseStatus::Incomplete)
        )
    }

    /// The record as one JSON document, with nothing shared: for stores outside the process.
    /// `own_input` is where the turn's own items start.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::from("{\"response\":");
        // Printing into a string cannot fail.
        let _ = self.response().write_json(&mut out);
        out.push_str(",\"input\":[");
        for (at, item) in self.input_items().iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            let _ = item.write_json(&mut out);
        }
        out.push_str("],\"own_input\":");
        out.push_str(&self.input_start.to_string());
        out.push('}');
        out
    }

    /// A record that [`to_json`](Self::to_json) printed.
    ///
    /// # Errors
    /// When it is none.
    pub fn from_json(json: &str) -> Result<Self, Violation> {
        let raw = RawJson::parse(json)?;
        let member = |name: &str| {
            raw.reader()
                .member(name)
                .map(|mut reader| reader.raw())
                .unwrap_or("null")
        };
        let response = Response::from_json(member("response").as_bytes())?;
        let mut items = match Input::from_json(member("input").as_bytes())? {
            Input::Items(items) => items.into_iter().map(Arc::new).collect(),
            Input::Text(_) => Vec::new(),
        };
        let own = member("own_input").parse().unwrap_or(0).min(items.len());
        let input = items.split_off(own);
        Ok(Self::new(
            response,
            &Conversation::default().appended(items),
            input,
        ))
    }

    /// About how many bytes the record takes besides its conversation.
    pub(super) fn own_bytes(&self) -> usize {
        super::conversation::json_bytes(|out| self.response.write_json(out)) + 512
    }
}
