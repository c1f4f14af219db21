use super::*;

const PLACE: &str = "candidates[].content.parts[]";

impl GeminiMachine {
    /// Reads a part: a text, a thought or a function call; others have no place.
    pub(super) fn part(&mut self, value: Reader<'_>, out: &mut Deltas) {
        let stated = |name: &str| value.member(name).and_then(text);
        let call = value.member("functionCall");
        let written = stated("text");
        if call.is_none() && written.is_none() {
            return other(value, out);
        }
        let is_thought = value
            .member("thought")
            .is_some_and(|mut thought| thought.boolean() == Some(true));
        let signature = stated("thoughtSignature").filter(|signature| !signature.is_empty());
        match (call, written) {
            (Some(call), _) => {
                if self.calls.goes_on(call) {
                    // Its signature came with its name.
                    self.signatures.text(String::new(), signature, out);
                } else {
                    self.signatures.call(signature, out);
                }
                self.calls.read(call, out);
            }
            (None, Some(written)) => {
                self.calls.close(out);
                if is_thought {
                    self.signatures.thought(written, signature, out);
                } else {
                    self.signatures.text(written, signature, out);
                }
            }
            (None, None) => {}
        }
        for (name, value) in members(value) {
            match &*name {
                "text" if call.is_none() => {}
                "functionCall" | "thought" | "thoughtSignature" => {}
                _ => out.unplaced(PLACE, &name, value),
            }
        }
    }
}

/// Counts every member of a part without a text or a call.
fn other(value: Reader<'_>, out: &mut Deltas) {
    for (name, value) in members(value) {
        out.unplaced(PLACE, &name, value);
    }
}
