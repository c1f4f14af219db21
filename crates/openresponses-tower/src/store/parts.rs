//! Records as text, for stores outside the process.

use std::fmt::Write as _;
use std::sync::Arc;

use openresponses_types::diagnostics::{Path, ViolationCode};
use openresponses_types::json::RawJson;
use openresponses_types::request::Input;
use openresponses_types::{Item, Response, Violation};

use super::conversation::{Ancestor, Conversation};
use super::hidden::{check_hidden, is_hidden};
use super::job::Job;
use super::record::StoredResponse;

/// What a store keeps of one record: the response, and the items that the conversation has beyond
/// the record's [`ancestor`](StoredResponse::ancestor). The items of a conversation are those of the
/// ancestors, the first one first, then these.
///
/// ```
/// use std::sync::Arc;
///
/// use openresponses_tower::store::{Conversation, StoredResponse};
/// use openresponses_types::Response;
/// use openresponses_types::item::Message;
///
/// let input = vec![Arc::new(Message::user("Hello").id("msg_1").into())];
/// let record = StoredResponse::new(Response::new("resp_1", "m", 0), &Conversation::default(), input);
/// let parts = record.parts();
/// let again = StoredResponse::from_parts("resp_1", None, [], &parts.head, &parts.items)?;
/// assert_eq!(again.to_json(), record.to_json());
/// # Ok::<(), openresponses_types::Violation>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordParts {
    /// The response without its output, where input and output start, and what is needed to run an
    /// unfinished response again, as JSON.
    pub head: String,
    /// A JSON array of items.
    pub items: String,
    /// The items that references can name: those of the turn itself. Each id is there once.
    pub index: Vec<ItemPlace>,
}

/// An item in [`RecordParts::items`].
///
/// ```
/// use std::sync::Arc;
///
/// use openresponses_tower::store::{Conversation, StoredResponse};
/// use openresponses_types::Response;
/// use openresponses_types::item::Message;
///
/// let input = vec![Arc::new(Message::user("Hello").id("msg_1").into())];
/// let record = StoredResponse::new(Response::new("resp_1", "m", 0), &Conversation::default(), input);
/// let parts = record.parts();
/// let place = &parts.index[0];
/// assert_eq!(&*place.id, "msg_1");
/// assert!(parts.items[place.start..place.end].contains("Hello"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ItemPlace {
    /// The id of the item.
    pub id: Box<str>,
    /// The first byte of the item.
    pub start: usize,
    /// The byte after the item.
    pub end: usize,
}

impl RecordParts {
    /// Returns the size in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.head.len() + self.items.len()
    }
}

impl StoredResponse {
    /// Returns about how many bytes [`parts`](Self::parts) returns, and seldom less. It is measured once.
    pub(super) fn parts_bytes(&self) -> usize {
        let base = self.ancestor().map_or(0, Ancestor::len);
        self.own_bytes() + self.conversation.bytes_from(base)
    }

    /// Returns the record as text.
    #[must_use]
    pub fn parts(&self) -> RecordParts {
        let base = self.ancestor().map_or(0, Ancestor::len);
        let own = self.input_start.saturating_sub(base);
        let output = self.output_start.saturating_sub(base);
        let mut head = format!("{{\"input\":{own},\"output\":{output},\"response\":");
        // Printing into a string cannot fail.
        let _ = self.response.write_json(&mut head);
        if let Some(job) = self.job() {
            head.push_str(",\"job\":");
            job.write(&mut head);
        }
        head.push('}');
        let (items, places) = print(&self.conversation.items_from(base));
        let mut index: Vec<ItemPlace> = places.into_iter().skip(own).flatten().collect();
        index.sort_by(|one, other| one.id.cmp(&other.id));
        index.dedup_by(|later, first| later.id == first.id);
        RecordParts { head, items, index }
    }

    /// Reads a record of the tree `root` that [`parts`](Self::parts) returned. `parent` is the id of
    /// its ancestor, and `earlier` are the items up to the end of that, the first ones first.
    ///
    /// # Errors
    /// When any part of it is missing or cannot be read: a conversation with gaps is never returned.
    /// A store answers with a [`StoreError`](super::StoreError), which the client sees as 503.
    pub fn from_parts<'a>(
        root: &str,
        parent: Option<&str>,
        earlier: impl IntoIterator<Item = &'a str>,
        head: &str,
        items: &str,
    ) -> Result<Self, Violation> {
        let raw = RawJson::parse(head)?;
        let member = |name: &'static str| {
            let found = raw.reader().member(name);
            found
                .map(|mut reader| reader.raw())
                .ok_or_else(|| unreadable(name))
        };
        let mut conversation = Conversation::default();
        for part in earlier {
            conversation = conversation.appended(read_items(part)?);
        }
        let ancestor = parent.map(|id| Ancestor::new(id.into(), root.into(), conversation.len()));
        let mut input = read_items(items)?;
        let position = |name, most: usize| {
            let found = member(name)?.parse::<usize>().ok();
            found
                .filter(|found| *found <= most)
                .ok_or_else(|| unreadable(name))
        };
        let output_start = position("output", input.len())?;
        let own = position("input", output_start)?;
        let output = input.split_off(output_start);
        let own_input = input.split_off(own);
        let conversation = conversation.appended(input);
        let response = Response::from_json(member("response")?.as_bytes())?;
        let job = match raw.reader().member("job") {
            Some(json) => Some(Job::read(&json).ok_or_else(|| unreadable("job"))?),
            None => None,
        };
        let mut record = Self::assemble(response, &conversation, own_input, output);
        record.ancestor = ancestor.map(Arc::new);
        // What is large is read beside the threads that serve connections.
        Ok(record.with_job(job).saved().measured())
    }

    /// Writes the record with its whole conversation as one JSON document, for an export. `own_input`
    /// is the index of the turn's own first input item.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::from("{\"response\":");
        // Printing into a string cannot fail.
        let _ = self.response().write_json(&mut out);
        out.push_str(",\"input\":");
        out.push_str(&print(&self.context_items()).0);
        let output = self.conversation.items_from(self.output_start);
        if output.iter().any(|item| is_hidden(item)) {
            out.push_str(",\"output\":");
            out.push_str(&print(&output).0);
        }
        let _ = write!(out, ",\"own_input\":{}}}", self.input_start);
        out
    }
}

/// Prints items as an array. Returns it with the places of those that have an id.
fn print(items: &[Arc<Item>]) -> (String, Vec<Option<ItemPlace>>) {
    let mut out = String::from("[");
    let mut places = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        let start = out.len();
        // Printing into a string cannot fail.
        let _ = item.write_json(&mut out);
        let end = out.len();
        places.push(item.referable_id().map(|id| ItemPlace {
            id: Box::from(&*id),
            start,
            end,
        }));
    }
    out.push(']');
    (out, places)
}

fn read_items(json: &str) -> Result<Vec<Arc<Item>>, Violation> {
    match Input::from_json(json.as_bytes())? {
        Input::Items(items) => {
            items.iter().try_for_each(check_hidden)?;
            Ok(items.into_iter().map(Arc::new).collect())
        }
        _ => Err(unreadable("items")),
    }
}

fn unreadable(member: &'static str) -> Violation {
    Violation::new(
        Path::default().member(member),
        ViolationCode::InvalidValue,
        "stored_record:readable",
        format!("The stored record has no readable '{member}'."),
    )
}

#[cfg(test)]
mod tests {
    use openresponses_types::Profile;
    use openresponses_types::content::OutputText;
    use openresponses_types::item::{FunctionCall, Message};
    use openresponses_types::normalize::Normalizer;
    use openresponses_types::schema::{DocumentKind, read_request};

    use super::*;

    fn turn(previous: &Conversation, id: &str) -> StoredResponse {
        let mut response = Response::new(id, "model", 1);
        let answer = Message::output(format!("msg_{id}"), OutputText::new("Hello."));
        response.output = vec![answer.into()].into();
        let user: Arc<Item> = Arc::new(Message::user("Hi").id(format!("in_{id}")).into());
        let call: Item = FunctionCall::new("call_1", "weather", "{}").into();
        StoredResponse::with_hidden(response, previous, vec![user], vec![(0, vec![call])])
    }

    #[test]
    fn a_record_of_a_request_as_deep_as_it_may_be_is_read() {
        let nested = format!("{}{}", "[".repeat(123), "]".repeat(123));
        let body = format!(
            r#"{{"model":"m","input":"x","tools":[{{"type":"function","name":"f","parameters":{{"x":{nested}}}}}]}}"#
        );
        let kind = DocumentKind::CreateRequest;
        let (request, _) = read_request(body.as_bytes(), kind, Profile::Compatible).unwrap();
        let turn = Normalizer::new(Profile::Compatible).turn(request).unwrap();
        let response = turn.response("resp_1", 1);
        let input = turn.items.clone();
        let record = StoredResponse::with_hidden(response, &Conversation::default(), input, vec![]);
        let parts = record.parts();
        let read = StoredResponse::from_parts("resp_1", None, [], &parts.head, &parts.items);
        assert_eq!(read.unwrap().to_json(), record.to_json());
    }

    #[test]
    fn a_record_holds_what_is_beyond_its_ancestor() {
        let first = turn(&Conversation::default(), "resp_1").saved();
        let unsaved = turn(first.conversation(), "resp_2");
        let third = turn(unsaved.conversation(), "resp_3");
        assert_eq!(third.ancestor().map(Ancestor::id), Some("resp_1"));
        assert_eq!(third.root(), "resp_1");
        let parts = third.parts();
        let ids: Vec<_> = parts.index.iter().map(|place| &*place.id).collect();
        assert_eq!(ids, ["in_resp_3", "msg_resp_3"]);
        for place in &parts.index {
            let item = Item::from_json(&parts.items.as_bytes()[place.start..place.end]);
            assert_eq!(item.unwrap().id().as_deref(), Some(&*place.id));
        }
        let before = first.parts();
        let earlier = [&*before.items];
        let read = StoredResponse::from_parts(
            "resp_1",
            Some("resp_1"),
            earlier,
            &parts.head,
            &parts.items,
        );
        let read = read.unwrap();
        assert_eq!((read.ancestor(), read.root()), (third.ancestor(), "resp_1"));
        assert_eq!(read.to_json(), third.to_json());
        assert_eq!(
            read.conversation().ancestor().map(Ancestor::id),
            Some("resp_3")
        );
        assert_eq!(read.parts(), parts);
        let whole = third.detached().parts();
        let read =
            StoredResponse::from_parts("resp_3", None, [], &whole.head, &whole.items).unwrap();
        assert_eq!(read.to_json(), third.to_json());
    }

    #[test]
    fn a_record_with_a_part_that_cannot_be_read_is_an_error() {
        let parts = turn(&Conversation::default(), "resp_1").parts();
        let read =
            |head: &str, items: &str| StoredResponse::from_parts("resp_1", None, [], head, items);
        assert!(read(&parts.head, &parts.items).is_ok());
        for (from, to) in [
            ("\"response\":", "\"other\":"),
            ("\"input\":0", "\"input\":2"),
            ("\"input\":0", "\"input\":-1"),
            ("\"input\":0", "\"other\":0"),
            ("\"output\":1", "\"output\":4"),
            ("\"output\":1", "\"other\":1"),
        ] {
            let bad = parts.head.replacen(from, to, 1);
            assert_ne!(bad, parts.head, "{from}");
            assert!(read(&bad, &parts.items).is_err(), "{bad}");
        }
        for (from, to) in [
            ("[{", "[7,{"),
            ("\"type\":\"openresponses:hidden\"", "\"type\":7"),
            ("\"items\":[", "\"other\":["),
        ] {
            let bad = parts.items.replacen(from, to, 1);
            assert_ne!(bad, parts.items, "{from}");
            assert!(read(&parts.head, &bad).is_err(), "{bad}");
            let earlier = [&*bad];
            let parent = Some("resp_0");
            let read =
                StoredResponse::from_parts("resp_0", parent, earlier, &parts.head, &parts.items);
            assert!(read.is_err(), "{bad}");
        }
        for bad in ["", "null", "{}", "\"text\""] {
            assert!(read(&parts.head, bad).is_err(), "{bad}");
        }
        assert!(read(&parts.head[..parts.head.len() - 1], &parts.items).is_err());
    }
}
