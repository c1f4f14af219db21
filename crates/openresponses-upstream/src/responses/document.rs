use openresponses_types::Response;
use openresponses_types::response::ResponseStatus;
use openresponses_types::sequence::{Delta, Failure, Finish};

/// The deltas of a response that came as a document.
pub(crate) fn document(body: &[u8]) -> Vec<Delta> {
    let Ok(response) = Response::from_json(body) else {
        return vec![failed(
            "upstream_error",
            "The upstream's answer could not be read.",
        )];
    };
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
    deltas
}

fn failed(code: &str, message: &str) -> Delta {
    Delta::Finish(Finish::Failed(Failure::new("model_error", code, message)))
}
