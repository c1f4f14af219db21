//! What a stream says, read from JSON values alone: nothing here knows the project's types, checker or
//! accumulator.

use serde_json::Value;

/// A run of text inside an item.
#[derive(Clone, Debug)]
struct Piece {
    channel: String,
    index: u64,
    /// Deltas, one after the other.
    deltas: String,
    /// The longest text that an event states as a whole.
    whole: Option<String>,
}

/// One output item, as its events tell it.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) kind: String,
    ids: Vec<String>,
    index: Option<u64>,
    pieces: Vec<Piece>,
    /// The indices that events give content parts and summary parts, in the order of their first
    /// use: some servers leave gaps.
    places: [Vec<u64>; 2],
    /// Whole statements of the item: its `done` event, and its place in the final output.
    pub(crate) stated: Vec<Value>,
    done: bool,
}

/// The end of a stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ending {
    pub(crate) status: String,
    pub(crate) reason: Value,
    pub(crate) error: Value,
    /// Input, output, total, cached, reasoning.
    pub(crate) usage: Option<[u64; 5]>,
}

/// Everything that a stream says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transcript {
    pub(crate) items: Vec<Item>,
    pub(crate) ending: Option<Ending>,
    /// What an `error` event, or an untyped frame with an `error`, says.
    pub(crate) error: Value,
}

impl Transcript {
    /// Reads a stream with all that a real server may leave out or repeat.
    pub(crate) fn read(events: &[Value]) -> Self {
        let mut all = Self::default();
        for event in events {
            all.event(event);
        }
        all
    }

    /// The items of one response document.
    pub(crate) fn of_response(response: &Value) -> Self {
        let mut all = Self::default();
        for (index, item) in array(&response["output"]).iter().enumerate() {
            all.items.push(Item::stated(item, index as u64));
        }
        all.ending = Some(Ending::of(response, ""));
        all
    }

    fn event(&mut self, event: &Value) {
        let Some(kind) = event["type"].as_str() else {
            if event["error"].is_object() {
                self.error = event["error"].clone();
            }
            return;
        };
        match kind {
            "error" => {
                let nested = event["error"].is_object();
                self.error = if nested { &event["error"] } else { event }.clone();
            }
            "response.created" | "response.queued" | "response.in_progress" => {}
            "response.completed" | "response.incomplete" | "response.failed" => {
                if self.ending.is_none() {
                    self.end(kind, &event["response"]);
                }
            }
            "response.output_item.added" | "response.output_item.done" => {
                if event["item"].is_object() {
                    self.whole_item(event, kind.ends_with(".done"));
                }
            }
            _ => self.inner(kind, event),
        }
    }

    fn whole_item(&mut self, event: &Value, done: bool) {
        let item = &event["item"];
        let at = self
            .by_id(item["id"].as_str())
            .or_else(|| self.at_index(event, |found| found.accepts_statement(item, done)));
        let at = at.unwrap_or_else(|| {
            self.items.push(Item::new(item["type"].as_str(), event));
            self.items.len() - 1
        });
        let known = &mut self.items[at];
        known.learn(item["id"].as_str());
        if let Some(kind) = item["type"].as_str() {
            known.kind = kind.into();
        }
        if done {
            known.state(item);
            known.done = true;
        } else if known.stated.is_empty() {
            // Announced with text: deltas go on from there.
            for (channel, index, text) in texts_of(item) {
                known.piece(&channel, index).whole = Some(text);
            }
        }
    }

    /// An event about a part of an item.
    fn inner(&mut self, kind: &str, event: &Value) {
        let Some((channel, text)) = channel(kind, event) else {
            return;
        };
        let fits = |item: &Item| kinds(&channel).is_none_or(|kinds| kinds.contains(&&*item.kind));
        let at = self
            .by_id(event["item_id"].as_str())
            .or_else(|| self.at_index(event, fits))
            .or_else(|| {
                let placed = event["item_id"].is_string() || event["output_index"].is_u64();
                let open = |item: &Item| !item.done && fits(item);
                self.items.iter().rposition(open).filter(|_| !placed)
            });
        let at = at.unwrap_or_else(|| {
            let kind = kinds(&channel).and_then(|kinds| kinds.first().copied());
            self.items.push(Item::new(kind, event));
            self.items.len() - 1
        });
        let item = &mut self.items[at];
        item.learn(event["item_id"].as_str());
        let index = item.place(&channel, event);
        let piece = item.piece(&channel, index);
        match text {
            Text::Delta(text) => piece.deltas.push_str(&text),
            Text::Whole(text) => piece.state(text),
        }
    }

    fn end(&mut self, kind: &str, response: &Value) {
        let streamed = self.items.len();
        for (index, item) in array(&response["output"]).iter().enumerate() {
            let at = self.by_id(item["id"].as_str()).or_else(|| {
                let same = |found: &Item| Some(&*found.kind) == item["type"].as_str();
                (0..streamed).find(|at| *at == index && same(&self.items[*at]))
            });
            match at {
                Some(at) => self.items[at].state(item),
                None => self.items.push(Item::stated(item, index as u64)),
            }
        }
        self.ending = Some(Ending::of(response, kind));
    }

    fn by_id(&self, id: Option<&str>) -> Option<usize> {
        let id = id.filter(|id| !id.is_empty())?;
        self.items
            .iter()
            .position(|item| item.ids.iter().any(|known| known == id))
    }

    fn at_index(&self, event: &Value, fits: impl Fn(&Item) -> bool) -> Option<usize> {
        let index = event["output_index"].as_u64()?;
        self.items
            .iter()
            .rposition(|item| item.index == Some(index) && !item.done && fits(item))
    }
}

impl Item {
    fn new(kind: Option<&str>, event: &Value) -> Self {
        Self {
            kind: kind.unwrap_or_default().into(),
            ids: Vec::new(),
            index: event["output_index"].as_u64(),
            pieces: Vec::new(),
            places: Default::default(),
            stated: Vec::new(),
            done: false,
        }
    }

    fn stated(item: &Value, index: u64) -> Self {
        let mut known = Self::new(item["type"].as_str(), &Value::Null);
        known.index = Some(index);
        known.learn(item["id"].as_str());
        known.state(item);
        known.done = true;
        known
    }

    fn accepts_statement(&self, item: &Value, done: bool) -> bool {
        // An announcement with an id that is new is another item.
        let named = self.ids.is_empty() || item["id"].as_str().is_none();
        item["type"].as_str().is_none_or(|kind| kind == self.kind) && (done || named)
    }

    fn learn(&mut self, id: Option<&str>) {
        if let Some(id) = id.filter(|id| !id.is_empty())
            && !self.ids.iter().any(|known| known == id)
        {
            self.ids.push(id.into());
        }
    }

    fn state(&mut self, item: &Value) {
        for (channel, index, text) in texts_of(item) {
            self.piece(&channel, index).state(text);
        }
        self.stated.push(item.clone());
    }

    fn piece(&mut self, channel: &str, index: u64) -> &mut Piece {
        let same = |piece: &Piece| piece.channel == channel && piece.index == index;
        let at = self.pieces.iter().position(same).unwrap_or_else(|| {
            self.pieces.push(Piece {
                channel: channel.into(),
                index,
                deltas: String::new(),
                whole: None,
            });
            self.pieces.len() - 1
        });
        &mut self.pieces[at]
    }

    /// Which part of its list an event is about.
    fn place(&mut self, channel: &str, event: &Value) -> u64 {
        let (places, index) = match rank(channel) {
            0 => (&mut self.places[0], &event["summary_index"]),
            1 => (&mut self.places[1], &event["content_index"]),
            _ => return 0,
        };
        let Some(index) = index.as_u64() else {
            return self.last_index(channel);
        };
        let known = places.iter().position(|known| *known == index);
        let at = known.unwrap_or_else(|| {
            places.push(index);
            places.len() - 1
        });
        at as u64
    }

    fn last_index(&self, channel: &str) -> u64 {
        let mut of_channel = self.pieces.iter().filter(|piece| piece.channel == channel);
        of_channel.next_back().map_or(0, |piece| piece.index)
    }

    /// The function that the item calls.
    pub(crate) fn name(&self) -> Option<String> {
        let named = |item: &Value| item["name"].as_str().map(Into::into);
        self.stated.iter().find_map(named)
    }

    /// [`texts`](Self::texts) without those of events that are not the protocol's.
    pub(crate) fn known_texts(&self) -> Vec<(String, String)> {
        let mut texts = self.texts();
        texts.retain(|(channel, _)| kinds(channel).is_some());
        texts
    }

    /// Every text of the item that is not empty, in order: summary, content, arguments.
    pub(crate) fn texts(&self) -> Vec<(String, String)> {
        let mut pieces: Vec<&Piece> = self.pieces.iter().collect();
        pieces.sort_by_key(|piece| (rank(&piece.channel), piece.index));
        pieces
            .into_iter()
            .map(|piece| (piece.channel.clone(), piece.text().to_owned()))
            .filter(|(channel, text)| {
                // An empty call has `{}`, which is what clients can parse.
                !(text.is_empty() || channel == "function_call_arguments" && text == "{}")
            })
            .collect()
    }
}

impl Piece {
    fn state(&mut self, text: String) {
        let longer = |known: &String| text.len() > known.len();
        if self.whole.as_ref().is_none_or(longer) {
            self.whole = Some(text);
        }
    }

    /// The whole where it goes on from the deltas, else the deltas, which a client has seen.
    fn text(&self) -> &str {
        match &self.whole {
            Some(whole) if whole.starts_with(&self.deltas) => whole,
            _ => &self.deltas,
        }
    }
}

impl Ending {
    fn of(response: &Value, event: &str) -> Self {
        let status = response["status"].as_str();
        let status = status.or(event.strip_prefix("response."));
        Self {
            status: match status {
                Some("complete") => "completed",
                other => other.unwrap_or_default(),
            }
            .into(),
            reason: response["incomplete_details"]["reason"].clone(),
            error: response["error"].clone(),
            usage: usage(&response["usage"]),
        }
    }
}

fn usage(usage: &Value) -> Option<[u64; 5]> {
    let count = |names: [&str; 2]| names.iter().find_map(|name| usage[*name].as_u64());
    let detail = |names: [&str; 2], member: &str| {
        let mut named = names.iter().map(|name| usage[*name][member].as_u64());
        named.find_map(|count| count).unwrap_or(0)
    };
    let input = count(["input_tokens", "prompt_tokens"])?;
    let output = count(["output_tokens", "completion_tokens"])?;
    Some([
        input,
        output,
        usage["total_tokens"].as_u64().unwrap_or(input + output),
        detail(
            ["input_tokens_details", "prompt_tokens_details"],
            "cached_tokens",
        ),
        detail(
            ["output_tokens_details", "completion_tokens_details"],
            "reasoning_tokens",
        ),
    ])
}

/// The text of an event: the next piece of it, or all of it.
enum Text {
    Delta(String),
    Whole(String),
}

/// Where the text of an event belongs, and the text.
fn channel(kind: &str, event: &Value) -> Option<(String, Text)> {
    let kind = kind.strip_prefix("response.")?;
    let parts = ["part.added", "part.done"];
    if let Some(name) = parts.iter().find_map(|end| kind.strip_suffix(end)) {
        let summary = name == "reasoning_summary_";
        let (channel, text) = part(&event["part"], summary)?;
        return Some((channel, Text::Whole(text)));
    }
    if let Some(name) = kind.strip_suffix(".delta") {
        let text = event["delta"].as_str()?;
        return Some((normal(name), Text::Delta(text.into())));
    }
    let name = kind.strip_suffix(".done")?;
    let text = ["text", "refusal", "arguments", "input", "code"]
        .iter()
        .find_map(|member| event[*member].as_str())?;
    Some((normal(name), Text::Whole(text.into())))
}

fn normal(name: &str) -> String {
    match name {
        "reasoning_text" => "reasoning",
        name => name,
    }
    .into()
}

/// The text of a content part.
fn part(part: &Value, summary: bool) -> Option<(String, String)> {
    let text = part["text"].as_str().or(part["refusal"].as_str())?;
    let channel = match part["type"].as_str() {
        _ if summary => "reasoning_summary_text",
        Some("refusal") => "refusal",
        Some("summary_text") => "reasoning_summary_text",
        Some("reasoning_text") => "reasoning",
        _ => "output_text",
    };
    Some((channel.into(), text.into()))
}

/// The texts that an item states, with their places.
fn texts_of(item: &Value) -> Vec<(String, u64, String)> {
    let mut all = Vec::new();
    for (member, summary) in [("summary", true), ("content", false)] {
        for (index, of) in array(&item[member]).iter().enumerate() {
            if let Some((channel, text)) = part(of, summary) {
                all.push((channel, index as u64, text));
            }
        }
    }
    let channel = match item["type"].as_str() {
        Some("function_call") => ("arguments", "function_call_arguments"),
        Some("mcp_call") => ("arguments", "mcp_call_arguments"),
        Some("custom_tool_call") => ("input", "custom_tool_call_input"),
        Some("code_interpreter_call") => ("code", "code_interpreter_call_code"),
        _ => return all,
    };
    if let Some(text) = item[channel.0].as_str() {
        all.push((channel.1.into(), 0, text.into()));
    }
    all
}

/// Items that a channel's events may be about.
fn kinds(channel: &str) -> Option<&'static [&'static str]> {
    Some(match channel {
        "output_text" => &["message"],
        "refusal" => &["message"],
        "reasoning" | "reasoning_summary_text" => &["reasoning"],
        "function_call_arguments" => &["function_call"],
        "mcp_call_arguments" => &["mcp_call"],
        "custom_tool_call_input" => &["custom_tool_call"],
        "code_interpreter_call_code" => &["code_interpreter_call"],
        _ => return None,
    })
}

fn rank(channel: &str) -> u8 {
    match channel {
        "reasoning_summary_text" => 0,
        "output_text" | "refusal" | "reasoning" => 1,
        _ => 2,
    }
}

pub(crate) fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
