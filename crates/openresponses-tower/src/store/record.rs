use std::sync::Arc;

use openresponses_types::diagnostics::{Path, ViolationCode};
use openresponses_types::json::RawJson;
use openresponses_types::request::Input;
use openresponses_types::response::ResponseStatus;
use openresponses_types::{Field, Item, Response, Violation};

use super::conversation::Conversation;
use super::hidden::{check_hidden, hide, is_hidden};

/// A response and the conversation that it ends.
#[derive(Clone, Debug)]
pub struct StoredResponse {
    /// Without `output`, which is the end of the conversation.
    response: Arc<Response>,
    /// The context of the response, then its output.
    conversation: Conversation,
    input_start: usize,
    output_start: usize,
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
    fn assemble(
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
            conversation,
            input_start,
            output_start,
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

    /// Returns the complete response.
    #[must_use]
    pub fn response(&self) -> Response {
        let output = self.conversation.items_from(self.output_start);
        let mut response = (*self.response).clone();
        let visible = output.iter().filter(|item| !is_hidden(item));
        response.output = Field::Value(visible.map(|item| Item::clone(item)).collect());
        response
    }

    /// Returns the record with a changed response. The change does not concern the output.
    #[must_use]
    pub(crate) fn changed(&self, change: impl FnOnce(&mut Response)) -> Self {
        let mut changed = self.clone();
        change(Arc::make_mut(&mut changed.response));
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

    fn context_items(&self) -> Vec<Arc<Item>> {
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

    /// Writes the record as one self-contained JSON document, for stores outside the process.
    /// `own_input` is the index of the turn's own first input item.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::from("{\"response\":");
        // Printing into a string cannot fail.
        let _ = self.response().write_json(&mut out);
        out.push_str(",\"input\":");
        write_items(&mut out, &self.context_items());
        let output = self.conversation.items_from(self.output_start);
        if output.iter().any(|item| is_hidden(item)) {
            out.push_str(",\"output\":");
            write_items(&mut out, &output);
        }
        out.push_str(",\"own_input\":");
        out.push_str(&self.input_start.to_string());
        out.push('}');
        out
    }

    /// Reads a record that [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    /// When any part of it is missing or cannot be read: a conversation with gaps is never returned.
    /// A store answers with a [`StoreError`](super::StoreError), which the client sees as 503.
    pub fn from_json(json: &str) -> Result<Self, Violation> {
        let raw = RawJson::parse(json)?;
        let member = |name: &'static str| {
            let found = raw.reader().member(name);
            found
                .map(|mut reader| reader.raw())
                .ok_or_else(|| unreadable(name))
        };
        let mut response = Response::from_json(member("response")?.as_bytes())?;
        let items = |name| match Input::from_json(member(name)?.as_bytes())? {
            Input::Items(items) => Ok(items),
            _ => Err(unreadable(name)),
        };
        let visible = take_output(&mut response);
        let output = match raw.reader().member("output") {
            // The output with the hidden items in it.
            Some(_) => {
                let output = items("output")?;
                output.iter().try_for_each(check_hidden)?;
                output
            }
            None => visible,
        };
        let input = items("input")?;
        input.iter().try_for_each(check_hidden)?;
        let mut items: Vec<Arc<Item>> = input.into_iter().map(Arc::new).collect();
        let own = member("own_input")?.parse().ok();
        let own = own.filter(|own| *own <= items.len());
        let input = items.split_off(own.ok_or_else(|| unreadable("own_input"))?);
        let before = Conversation::default().appended(items);
        let output = output.into_iter().map(Arc::new).collect();
        Ok(Self::assemble(response, &before, input, output))
    }

    /// Returns the approximate size of the record without its conversation, in bytes.
    pub(super) fn own_bytes(&self) -> usize {
        super::conversation::json_bytes(|out| self.response.write_json(out)) + 512
    }
}

fn take_output(response: &mut Response) -> Vec<Item> {
    std::mem::take(&mut response.output)
        .into_value()
        .unwrap_or_default()
}

fn unreadable(member: &'static str) -> Violation {
    Violation::new(
        Path::default().member(member),
        ViolationCode::InvalidValue,
        "stored_record:readable",
        format!("The stored record has no readable '{member}'."),
    )
}

fn write_items(out: &mut String, items: &[Arc<Item>]) {
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        // Printing into a string cannot fail.
        let _ = item.write_json(out);
    }
    out.push(']');
}

#[cfg(test)]
mod tests {
    use openresponses_types::content::OutputText;
    use openresponses_types::item::{FunctionCall, FunctionCallOutput, Message};

    use super::*;

    fn message(text: &str) -> Item {
        Message::output("msg_1", OutputText::new(text)).into()
    }

    #[test]
    fn a_record_with_a_part_that_cannot_be_read_is_an_error() {
        let mut response = Response::new("resp_1", "model", 1);
        response.output = vec![message("Hello.")].into();
        let user: Arc<Item> = Arc::new(Message::user("Hi").into());
        let call: Item = FunctionCall::new("call_1", "weather", "{}").into();
        let hidden = vec![(0, vec![call])];
        let record =
            StoredResponse::with_hidden(response, &Conversation::default(), vec![user], hidden);
        let json = record.to_json();
        assert!(StoredResponse::from_json(&json).is_ok());
        for (from, to) in [
            ("\"response\":", "\"other\":"),
            ("\"input\":[", "\"other\":["),
            ("\"input\":[", "\"input\":\"text\",\"other\":["),
            ("\"input\":[", "\"input\":null,\"other\":["),
            ("\"input\":[", "\"input\":[7,"),
            ("\"own_input\":0", "\"own_input\":2"),
            ("\"own_input\":0", "\"own_input\":-1"),
            ("\"own_input\":0", "\"other\":0"),
            (
                "\"output\":[{\"type\":\"openresponses:hidden\"",
                "\"output\":[{\"type\":7",
            ),
            ("\"items\":[", "\"other\":["),
        ] {
            let bad = json.replacen(from, to, 1);
            assert_ne!(bad, json, "{from}");
            assert!(StoredResponse::from_json(&bad).is_err(), "{bad}");
        }
        assert!(StoredResponse::from_json(&json[..json.len() - 1]).is_err());
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
        for first in [
            StoredResponse::from_json(&first.to_json()).unwrap(),
            first.clone(),
        ] {
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
            let next = StoredResponse::from_json(&next.to_json()).unwrap();
            assert_eq!(next.input_items().len(), 4);
            assert_eq!(next.conversation().context().len(), 6);
            assert_eq!(next.own_items().len(), 1);
        }
    }
}
