use openresponses_types::Response;
use openresponses_types::response::ResponseStatus;
use openresponses_types::sequence::{Delta, Failure, Finish};

/// The deltas of a response that came as a document; `None` where it is no response.
pub(crate) fn document(body: &[u8]) -> Option<Vec<Delta>> {
    let response = Response::from_json(body).ok()?;
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

fn failed(code: &str, message: &str) -> Delta {
    let failure = Failure::new("model_error", code, message);
    Delta::Finish(Finish::Failed(failure.from_upstream()))
}
