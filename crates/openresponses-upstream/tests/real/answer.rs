//! What an answer says, read from its JSON alone.

use serde_json::Value;

/// An answer: its items as their type and text, and what it cost.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: String,
    pub(crate) items: Vec<(String, String)>,
    /// The items as their deltas make them up, of a stream.
    pub(crate) streamed: Vec<(String, String)>,
    /// Input and output tokens.
    pub(crate) usage: [u64; 2],
}

impl Answer {
    /// Reads a stream or a document.
    pub(crate) fn read(body: &str) -> Self {
        if body.starts_with('{') {
            return Self::of_response(&serde_json::from_str(body).unwrap());
        }
        let data = body.lines().filter_map(|line| line.strip_prefix("data: "));
        let data = data.filter(|data| *data != "[DONE]");
        let events: Vec<Value> = data
            .map(|data| serde_json::from_str(data).unwrap())
            .collect();
        let last = events.last().expect(body);
        let mut answer = Self::of_response(&last["response"]);
        for event in &events {
            match event["type"].as_str().unwrap() {
                "response.output_item.added" => {
                    let kind = event["item"]["type"].as_str().unwrap();
                    answer.streamed.push((kind.into(), String::new()));
                }
                "response.output_text.delta" | "response.function_call_arguments.delta" => {
                    let (_, text) = answer.streamed.last_mut().unwrap();
                    text.push_str(event["delta"].as_str().unwrap());
                }
                _ => {}
            }
        }
        answer
    }

    fn of_response(response: &Value) -> Self {
        let items = response["output"].as_array().unwrap().iter().map(|item| {
            let text = match item["arguments"].as_str() {
                Some(arguments) => arguments,
                None => item["content"][0]["text"].as_str().unwrap_or_default(),
            };
            (item["type"].as_str().unwrap().to_owned(), text.to_owned())
        });
        let usage = |name: &str| response["usage"][name].as_u64().unwrap_or_default();
        Self {
            status: response["status"].as_str().unwrap_or_default().into(),
            items: items.collect(),
            streamed: Vec::new(),
            usage: [usage("input_tokens"), usage("output_tokens")],
        }
    }
}
