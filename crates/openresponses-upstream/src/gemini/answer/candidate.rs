use super::*;

const PLACE: &str = "candidates[]";

impl GeminiMachine {
    pub(super) fn candidate(&mut self, value: Reader<'_>, out: &mut Deltas) {
        let index = value.member("index").and_then(count).unwrap_or(0);
        if *self.candidate.get_or_insert(index) != index {
            out.unplaced("candidates[1..]", "", value);
            return;
        }
        let message = value.member("finishMessage");
        let mut has_failed = false;
        for (name, value) in members(value) {
            match &*name {
                "index" | "finishMessage" => {}
                "content" => self.content(value, out),
                "finishReason" => has_failed = self.finish_reason(value, message, out),
                _ => out.unplaced(PLACE, &name, value),
            }
        }
        if let Some(message) = message.filter(|_| !has_failed) {
            out.unplaced(PLACE, "finishMessage", message);
        }
    }

    fn content(&mut self, value: Reader<'_>, out: &mut Deltas) {
        for (name, value) in members(value) {
            match &*name {
                "parts" => {
                    for part in one_or_more(value).filter(|part| !is_blank(*part)) {
                        self.part(part, out);
                    }
                }
                // Every content is the model's.
                "role" => {}
                _ => out.unplaced("candidates[].content", &name, value),
            }
        }
    }

    /// Reads why the candidate ended; true where it failed. The last reason counts: some servers
    /// state one in each chunk.
    fn finish_reason(
        &mut self,
        value: Reader<'_>,
        message: Option<Reader<'_>>,
        out: &mut Deltas,
    ) -> bool {
        // Vertex may state that there is none yet.
        let Some(word) = text(value).filter(|word| word != "FINISH_REASON_UNSPECIFIED") else {
            return false;
        };
        let ending = finish_reason::read(&word, message.and_then(text));
        if ending.is_none() {
            out.unplaced(PLACE, "finishReason", value);
        }
        let has_failed = matches!(ending, Some(Ending::Failed(_)));
        let ending = ending.or(self.ending.take());
        self.ending = ending.or(Some(Ending::Finish(Finish::Completed)));
        has_failed
    }
}
