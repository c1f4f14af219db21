use super::*;

const PLACE: &str = "choices[]";

impl ChatMachine {
    pub(super) fn choice(&mut self, value: Reader<'_>, out: &mut Deltas) {
        let index = value.member("index").and_then(count).unwrap_or(0);
        if *self.choice.get_or_insert(index) != index {
            out.unplaced("choices[1..]", "", value);
            return;
        }
        let object = |name: &str| {
            let member = value.member(name);
            member.filter(|member| member.kind() == ValueKind::Object)
        };
        let delta = object("delta");
        // Where deltas went before, it repeats them. Perplexity sends an empty delta beside it.
        let is_first = !self.has_output && !self.calls.is_any();
        let message = object("message").filter(|_| is_first && delta.is_none_or(is_silent));
        let logprobs = value.member("logprobs");
        let written = match (message, delta) {
            (Some(message), _) => self.message(message, "choices[].message", logprobs, out),
            (None, Some(delta)) => self.message(delta, "choices[].delta", logprobs, out),
            // Servers of the oldest API have the text alone.
            (None, None) if is_first || self.is_bare => {
                self.is_bare = true;
                self.bare_text(value, logprobs, out)
            }
            (None, None) => String::new(),
        };
        for (name, value) in members(value) {
            match &*name {
                "index" | "delta" | "message" | "logprobs" => {}
                "finish_reason" => self.finish_reason(value, "finish_reason", out),
                "error" if !is_blank(value) => {
                    self.close(None, out);
                    out.fail_with(UpstreamError::from_json(value), self.policy);
                }
                "native_finish_reason" => self.finish_reason(value, "native_finish_reason", out),
                // Some servers state the text a second time.
                "text" if text(value).is_some_and(|text| text == written) => {}
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

/// Returns true for a delta that has nothing but the role.
fn is_silent(delta: Reader<'_>) -> bool {
    members(delta).all(|(name, value)| name == "role" || is_blank(value))
}
