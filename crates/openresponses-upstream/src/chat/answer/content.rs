use openresponses_types::content::LogProb;

use super::*;

impl ChatMachine {
    /// Reads a `delta` or a `message`, which are of the same shape, and returns its text.
    pub(super) fn message(
        &mut self,
        value: Reader<'_>,
        place: &str,
        logprobs: Option<Reader<'_>>,
        out: &mut Deltas,
    ) -> String {
        let mut written = String::new();
        // Reasoning comes first wherever it stands in the object.
        self.reasoning(value, place, out);
        let mut logprobs = self.logprobs(logprobs, out);
        for (name, value) in members(value) {
            match &*name {
                "content" => {
                    self.content(value, place, &mut logprobs, &mut written, out);
                }
                "refusal" => {
                    if let Some(refusal) = text(value).filter(|text| !text.is_empty()) {
                        self.emit(Delta::Refusal(refusal), out);
                    }
                }
                "tool_calls" => {
                    for call in one_or_more(value).filter(|call| !is_blank(*call)) {
                        self.close_reasoning(out);
                        self.calls.read(call, place, out);
                    }
                }
                "function_call" if !is_null(value) => {
                    self.close_reasoning(out);
                    self.calls.read_legacy(value, place, out);
                }
                "annotations" => self.annotations(value, place, out),
                // Every message is the assistant's.
                "role" => {}
                "reasoning_details" => {}
                name if reasoning::TEXTS.contains(&name) => {}
                _ => out.unplaced(place, &name, value),
            }
        }
        // Tokens of a chunk without text, such as the first bytes of a character.
        if !logprobs.is_empty() {
            self.text(String::new(), logprobs, &mut written, out);
        }
        written
    }

    /// Reads the text of a choice that has no delta and no message.
    pub(super) fn bare_text(
        &mut self,
        choice: Reader<'_>,
        logprobs: Option<Reader<'_>>,
        out: &mut Deltas,
    ) -> String {
        let mut written = String::new();
        if let Some(text) = choice
            .member("text")
            .and_then(text)
            .filter(|it| !it.is_empty())
        {
            let logprobs = self.logprobs(logprobs, out);
            self.text(text, logprobs, &mut written, out);
        }
        written
    }

    /// Reads `content`: a string, or parts as Mistral sends them.
    fn content(
        &mut self,
        value: Reader<'_>,
        place: &str,
        logprobs: &mut Vec<LogProb>,
        written: &mut String,
        out: &mut Deltas,
    ) {
        if let Some(text) = text(value) {
            if !text.is_empty() {
                self.text(text, std::mem::take(logprobs), written, out);
            }
            return;
        }
        let place = format!("{place}.content[]");
        for part in one_or_more(value).filter(|part| !is_blank(*part)) {
            if let Some(text) = text(part) {
                self.text(text, Vec::new(), written, out);
                continue;
            }
            match part.member("type").and_then(text).as_deref() {
                Some("text" | "output_text") => {
                    if let Some(text) = part.member("text").and_then(text) {
                        self.text(text, std::mem::take(logprobs), written, out);
                    }
                    self.rest(part, &place, &["type", "text"], out);
                }
                Some("thinking") => {
                    if let Some(thinking) = part.member("thinking") {
                        self.thinking(thinking, out);
                    }
                    self.rest(part, &place, &["type", "thinking"], out);
                }
                Some("refusal") => {
                    if let Some(refusal) = part.member("refusal").and_then(text) {
                        self.emit(Delta::Refusal(refusal), out);
                    }
                    self.rest(part, &place, &["type", "refusal"], out);
                }
                _ => out.unplaced(&place, "", part),
            }
        }
    }

    /// Counts the members of a part besides those that were read.
    fn rest(&self, part: Reader<'_>, place: &str, read: &[&str], out: &mut Deltas) {
        for (name, value) in members(part) {
            if !read.contains(&&*name) {
                out.unplaced(place, &name, value);
            }
        }
    }

    /// Mistral's thinking: a text, or parts.
    fn thinking(&mut self, value: Reader<'_>, out: &mut Deltas) {
        if let Some(text) = text(value) {
            self.emit(Delta::Reasoning(text), out);
        }
        for part in elements(value) {
            match part.member("text").and_then(text) {
                Some(text) => self.emit(Delta::Reasoning(text), out),
                None => out.unplaced("choices[].delta.content[].thinking[]", "", part),
            }
        }
    }

    fn text(
        &mut self,
        text: String,
        logprobs: Vec<LogProb>,
        written: &mut String,
        out: &mut Deltas,
    ) {
        written.push_str(&text);
        self.has_output = true;
        let split = self.think.push(text);
        self.emit_split(split, logprobs, out);
    }

    pub(super) fn emit_split(&mut self, split: Split, logprobs: Vec<LogProb>, out: &mut Deltas) {
        let Split { reasoning, text } = split;
        if !reasoning.is_empty() {
            self.emit(Delta::Reasoning(reasoning), out);
        }
        if !logprobs.is_empty() {
            self.emit(Delta::TextWithLogprobs(text, logprobs), out);
        } else if !text.is_empty() {
            self.emit(Delta::Text(text), out);
        }
    }

    /// Reads log probabilities. Those of reasoning in tags have no place.
    fn logprobs(&self, value: Option<Reader<'_>>, out: &mut Deltas) -> Vec<LogProb> {
        match value {
            Some(value) if self.think.is_on() => {
                out.unplaced("choices[]", "logprobs", value);
                Vec::new()
            }
            Some(value) => logprobs::read(value, out),
            None => Vec::new(),
        }
    }
}
