use openresponses_types::Response;
use openresponses_types::json::{Document, mended};
use openresponses_types::response::ResponseStatus;
use openresponses_types::sequence::{Delta, Failure, Finish};

use crate::json::{Object, members};

/// The deltas of a response that came as a document; `None` where it is no response.
pub(crate) fn document(body: &[u8]) -> Option<Vec<Delta>> {
    let response = Response::from_json(body).ok().or_else(|| outcome(body))?;
    if response.status.value().is_none() && response.output.value().is_none() {
        return None;
    }
    let items = response.output.into_value().unwrap_or_default();
    let mut deltas: Vec<_> = items.into_iter().map(Delta::item).collect();
    deltas.extend(response.usage.into_value().map(Delta::usage));
    deltas.extend(response.extra.iter().map(|(name, value)| Delta::Member {
        name: name.to_owned(),
        value: value.clone(),
    }));
    deltas.push(match response.status.into_value() {
        Some(ResponseStatus::Completed) => Delta::complete(),
        Some(ResponseStatus::Incomplete) => {
            let details = response.incomplete_details.into_value();
            let reason = details.map(|details| details.reason);
            Delta::incomplete(reason.unwrap_or_else(|| "max_output_tokens".into()))
        }
        // Some servers leave the status out.
        None if response.error.value().is_none() => Delta::complete(),
        _ => match response.error.into_value() {
            Some(error) => failed(&error.code, &error.message),
            None => failed(
                "upstream_error",
                "The upstream's response did not complete.",
            ),
        },
    });
    Some(deltas)
}

/// A response of what matters in a document. Other members may have types of the server's own.
fn outcome(body: &[u8]) -> Option<Response> {
    let mut json = String::new();
    let text;
    let document = match Document::parse(body) {
        Ok(document) => document,
        Err(_) => {
            text = mended(body);
            Document::parse(text.as_bytes()).ok()?
        }
    };
    {
        let mut kept = Object::begin(&mut json);
        kept.string("id", "");
        kept.string("model", "");
        kept.integer("created_at", 0);
        for (name, mut value) in members(document.reader()) {
            if OUTCOME.contains(&&*name) {
                kept.raw(&name, value.raw());
            }
        }
    }
    Response::from_json(json.as_bytes()).ok()
}

const OUTCOME: [&str; 6] = [
    "object",
    "output",
    "usage",
    "status",
    "error",
    "incomplete_details",
];

fn failed(code: &str, message: &str) -> Delta {
    let failure = Failure::new("model_error", code, message);
    Delta::Finish(Finish::Failed(failure.from_upstream().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_another_type_and_a_missing_status_hide_no_output() {
        let output = r#"[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi"}]}]"#;
        for (rest, is_complete) in [
            (
                r#""status":"completed","reasoning":"hm","created_at":1.5"#,
                true,
            ),
            (r#""tools":{}"#, true),
            (r#""status":"incomplete","reasoning":"hm""#, false),
            (r#""status":"in_progress","reasoning":"hm""#, false),
            (
                r#""error":{"code":"c","message":"m"},"reasoning":"hm""#,
                false,
            ),
        ] {
            let deltas = document(format!(r#"{{"output":{output},{rest}}}"#).as_bytes()).unwrap();
            assert!(matches!(deltas[0], Delta::Item(_)), "{rest}");
            assert_eq!(
                deltas.last() == Some(&Delta::complete()),
                is_complete,
                "{rest}"
            );
        }
        assert!(document(br#"{"ok":true}"#).is_none());
        assert!(document(b"[]").is_none());
    }
}
