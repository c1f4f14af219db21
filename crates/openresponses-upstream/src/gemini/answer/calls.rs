use openresponses_types::json::{Reader, ValueKind};
use openresponses_types::sequence::Delta;

use super::arguments::Arguments;
use crate::answer::Deltas;
use crate::json::{elements, members, text};

const PLACE: &str = "candidates[].content.parts[].functionCall";

/// The function calls of an answer. Most come whole; where arguments are streamed they come as
/// values with the path of each, and are put together here.
#[derive(Debug, Default)]
pub(super) struct Calls {
    count: u32,
    open: Option<(u32, Arguments)>,
}

impl Calls {
    /// Returns true if `value` goes on with the open call.
    pub(super) fn goes_on(&self, value: Reader<'_>) -> bool {
        self.open.is_some() && value.member("name").is_none()
    }

    /// Reads a `functionCall`.
    pub(super) fn read(&mut self, value: Reader<'_>, out: &mut Deltas) {
        let goes_on = self.goes_on(value);
        let mut will_continue = false;
        let (mut id, mut name, mut whole) = (None, None, None);
        let mut partial = None;
        for (member, mut value) in members(value) {
            match &*member {
                "id" => id = text(value).filter(|id| !id.is_empty()),
                "name" => name = text(value),
                "args" if value.kind() == ValueKind::Object && !goes_on => {
                    whole = Some(value.raw().to_owned());
                }
                // Printed, as other APIs have it.
                "args" if value.kind() == ValueKind::String && !goes_on => {
                    whole = text(value).filter(|text| !text.is_empty());
                }
                "partialArgs" => partial = Some(value),
                "willContinue" => will_continue = value.boolean() == Some(true),
                _ => out.unplaced(PLACE, &member, value),
            }
        }
        if !goes_on {
            self.close(out);
            let Some(name) = name else {
                return out.unplaced(PLACE, "", value);
            };
            let key = self.count;
            self.count += 1;
            out.push(Delta::Call {
                key,
                call_id: id,
                name,
            });
            out.hold(whole.as_ref().map_or(0, String::len));
            let arguments = whole.map_or_else(Arguments::default, Arguments::whole);
            self.open = Some((key, arguments));
        }
        if let Some((_, arguments)) = &mut self.open {
            for mut piece in partial.into_iter().flat_map(elements) {
                if arguments.push(piece) {
                    out.hold(piece.raw().len());
                    arguments.held += piece.raw().len();
                } else {
                    out.unplaced(PLACE, "partialArgs[]", piece);
                }
            }
        }
        if !will_continue {
            self.close(out);
        }
    }

    /// The open call is over.
    pub(super) fn close(&mut self, out: &mut Deltas) {
        if let Some(key) = self.leave(out) {
            out.push(Delta::EndCall { key });
        }
    }

    /// The answer is over: the finish decides whether the open call is complete.
    pub(super) fn leave(&mut self, out: &mut Deltas) -> Option<u32> {
        let (key, arguments) = self.open.take()?;
        out.let_go(arguments.held);
        let delta = arguments.json();
        out.push(Delta::Arguments { key, delta });
        Some(key)
    }
}
