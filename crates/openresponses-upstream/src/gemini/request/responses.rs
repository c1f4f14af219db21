use openresponses_types::Violation;
use openresponses_types::diagnostics::Path;
use openresponses_types::item::{FunctionCall, FunctionCallOutput, ItemStatus};

use super::content;
use super::messages::Messages;
use super::part::Part;
use crate::json::Object;
use crate::outputs::introduction;
use crate::request::item_path;

/// The responses to calls, in the order of the calls: the API wants them right behind. What a
/// function returned besides text follows them.
pub(super) fn of(
    messages: &mut Messages<'_, '_>,
    calls: &[(usize, &FunctionCall)],
) -> Result<Vec<Part>, Violation> {
    let (mut parts, mut others) = (Vec::new(), Vec::new());
    for (at, call) in calls {
        let Some((path, output)) = messages.walk.output_of(&call.call_id, *at) else {
            let path = item_path(messages.walk.turn, *at);
            parts.push(response(messages, call, path, |_| {}));
            continue;
        };
        messages.walk.notes.warn_of_extra(&path, &output.extra);
        let rest = other_parts(messages, output, path.clone())?;
        if !rest.is_empty() {
            let text = introduction(&call.call_id);
            others.push(Part::text(&text, path.clone()));
            others.extend(rest);
        }
        parts.push(response(messages, call, path, |out| {
            write_texts(output, out);
        }));
    }
    parts.extend(others);
    Ok(parts)
}

fn response(
    messages: &Messages<'_, '_>,
    call: &FunctionCall,
    path: Path,
    write: impl FnOnce(&mut Object<'_>),
) -> Part {
    Part::new(path, |part| {
        let mut out = part.object("functionResponse");
        if messages.dialect.quirks.call_ids {
            out.string("id", &call.call_id);
        }
        out.string("name", &call.name);
        write(&mut out.object("response"));
    })
}

/// The texts of an output: as `error` where it is incomplete, which is that of a function that did
/// not end well.
fn write_texts(output: &FunctionCallOutput, out: &mut Object<'_>) {
    let name = match output.status.value() {
        Some(ItemStatus::Incomplete) => "error",
        _ => "output",
    };
    let texts: Vec<_> = output.output.texts().collect();
    match &texts[..] {
        [] => {}
        [text] => out.string(name, text),
        texts => {
            let mut array = out.array(name);
            texts.iter().for_each(|text| array.string(text));
        }
    }
}

/// The parts of an output that are no texts.
fn other_parts(
    messages: &mut Messages<'_, '_>,
    output: &FunctionCallOutput,
    path: Path,
) -> Result<Vec<Part>, Violation> {
    let place = path.member("output");
    let mut parts = Vec::new();
    for (at, part) in output.output.parts().iter().enumerate() {
        let printed = content::part(part, place.clone().index(at), messages.walk.notes)?;
        if part.text().is_none() {
            parts.extend(printed);
        }
    }
    Ok(parts)
}
