use super::*;
use crate::tagged::TaggedReasoning;

/// The dialect and the kind under which opaque details are kept.
pub(in crate::chat) const DETAILS: (&str, &str) = ("chat", "details");

/// The members that state reasoning as a text.
pub(super) const TEXTS: [&str; 4] = [
    "reasoning_content",
    "reasoning",
    "reasoning_text",
    "thinking",
];

/// Details of the open reasoning that only the server can read, as the members of a JSON array.
#[derive(Debug, Default)]
pub(super) struct Opaque {
    details: Vec<RawJson>,
}

impl Opaque {
    fn push(&mut self, detail: RawJson, out: &mut Deltas) {
        out.hold(detail.get().len());
        self.details.push(detail);
    }

    /// Takes the details as the encrypted content of the reasoning, if there are any.
    pub(super) fn take(&mut self, out: &mut Deltas) -> Option<String> {
        if self.details.is_empty() {
            return None;
        }
        let mut json = String::from("[");
        for detail in self.details.drain(..) {
            if json.len() > 1 {
                json.push(',');
            }
            json.push_str(detail.get());
            out.let_go(detail.get().len());
        }
        json.push(']');
        Some(TaggedReasoning::new(DETAILS.0, DETAILS.1, json).to_string())
    }
}

impl ChatMachine {
    /// Reads the reasoning of a delta or message. Servers state it as `reasoning_content`,
    /// `reasoning`, `reasoning_text`, `thinking` or `reasoning_details`, and some of them twice.
    pub(super) fn reasoning(&mut self, value: Reader<'_>, place: &str, out: &mut Deltas) {
        let mut detailed = String::new();
        if let Some(details) = value.member("reasoning_details") {
            let place = format!("{place}.reasoning_details[]");
            for detail in elements(details) {
                self.detail(detail, &place, &mut detailed, out);
            }
        }
        for name in TEXTS {
            let Some(member) = value.member(name).filter(|value| !is_null(*value)) else {
                continue;
            };
            match text(member) {
                Some(stated) if stated.is_empty() || stated == detailed => {}
                Some(stated) if detailed.is_empty() => {
                    detailed.clone_from(&stated);
                    self.emit(Delta::Reasoning(stated), out);
                }
                _ => out.unplaced(place, name, member),
            }
        }
    }

    fn detail(&mut self, value: Reader<'_>, place: &str, detailed: &mut String, out: &mut Deltas) {
        let mut is_opaque = false;
        for (name, value) in members(value) {
            let stated = text(value).filter(|text| !text.is_empty());
            match (&*name, stated) {
                ("text", Some(text)) => {
                    detailed.push_str(&text);
                    self.emit(Delta::Reasoning(text), out);
                }
                ("summary", Some(text)) => {
                    detailed.push_str(&text);
                    self.emit(Delta::Summary(text), out);
                }
                ("data" | "signature", Some(_)) => is_opaque = true,
                ("text" | "summary" | "data" | "signature", None) => {}
                ("type" | "format" | "index" | "id", _) => {}
                _ => out.unplaced(place, &name, value),
            }
        }
        if is_opaque {
            // The text is in the item already.
            let kept = members(value).filter(|(name, _)| !matches!(&**name, "text" | "summary"));
            let mut json = String::new();
            {
                let mut object = crate::json::Object::begin(&mut json);
                for (name, mut value) in kept {
                    object.raw(&name, value.raw());
                }
            }
            if let Ok(detail) = RawJson::parse(&json) {
                self.opaque.push(detail, out);
            }
        }
    }
}
