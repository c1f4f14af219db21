use super::*;
use crate::chat::answer::content::Said;

const PLACE: &str = "choices[]";

impl ChatMachine {
    pub(super) fn choice(&mut self, value: Reader<'_>, out: &mut Deltas) {
        let index = value.member("index").and_then(count).unwrap_or(0);
        if *self.choice.get_or_insert(index) != index {
            out.unplaced("choices[1..]", "", value);
            return;
        }
        let delta = value
            .member("delta")
            .filter(|delta| delta.kind() == ValueKind::Object);
        let logprobs = value.member("logprobs");
        let said = match (delta, value.member("message")) {
            (Some(delta), _) => self.said(delta, "choices[].delta", logprobs, out),
            // Where deltas went before, it repeats them.
            (None, Some(message)) if !self.said && !self.calls.is_any() => {
                self.said(message, "choices[].message", logprobs, out)
            }
            (None, _) => Said::default(),
        };
        for (name, value) in members(value) {
            match &*name {
                "index" | "delta" | "message" | "logprobs" => {}
                "finish_reason" => self.finish_reason(value, "finish_reason", out),
                "native_finish_reason" => self.finish_reason(value, "native_finish_reason", out),
                // Some servers state the text a second time.
                "text" if text(value).is_some_and(|text| text == said.text) => {}
                _ => out.unplaced(PLACE, &name, value),
            }
        }
    }

    fn finish_reason(&mut self, value: Reader<'_>, name: &str, out: &mut Deltas) {
        let Some(word) = text(value).filter(|word| !word.is_empty()) else {
            return;
        };
        let is_native = name == "native_finish_reason";
        match finish::read(&word) {
            Some(finish) => self.finish = Some(worse(self.finish.take(), finish)),
            None if is_native => out.unplaced(PLACE, name, value),
            None => {
                out.unplaced(PLACE, name, value);
                self.finish = Some(worse(self.finish.take(), Finish::Completed));
            }
        }
    }
}
