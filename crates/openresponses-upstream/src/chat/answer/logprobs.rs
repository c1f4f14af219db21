use openresponses_types::content::{LogProb, TopLogProb};
use openresponses_types::json::Reader;

use crate::answer::Deltas;
use crate::json::{count, elements, float, members, text};

const PLACE: &str = "choices[].logprobs";

/// Reads `logprobs`: only those of the content have a place.
pub(super) fn read(value: Reader<'_>, out: &mut Deltas) -> Vec<LogProb> {
    let mut all = Vec::new();
    for (name, value) in members(value) {
        match &*name {
            "content" => all.extend(elements(value).filter_map(|token| logprob(token, out))),
            _ => out.unplaced(PLACE, &name, value),
        }
    }
    all
}

fn logprob(value: Reader<'_>, out: &mut Deltas) -> Option<LogProb> {
    let token = value.member("token").and_then(text)?;
    let mut logprob = LogProb::new(token, value.member("logprob").and_then(float)?);
    for (name, value) in members(value) {
        match &*name {
            "token" | "logprob" => {}
            "bytes" => {
                if let Some(bytes) = bytes(value) {
                    logprob = logprob.bytes(bytes);
                }
            }
            "top_logprobs" => {
                let top: Vec<_> = elements(value).filter_map(top_logprob).collect();
                logprob = logprob.top_logprobs(top);
            }
            _ => out.unplaced("choices[].logprobs.content[]", &name, value),
        }
    }
    Some(logprob)
}

fn top_logprob(value: Reader<'_>) -> Option<TopLogProb> {
    let token = value.member("token").and_then(text)?;
    let logprob = TopLogProb::new(token, value.member("logprob").and_then(float)?);
    Some(match value.member("bytes").and_then(bytes) {
        Some(bytes) => logprob.bytes(bytes),
        None => logprob,
    })
}

/// The bytes of a token, where they are stated.
fn bytes(value: Reader<'_>) -> Option<Vec<i64>> {
    let all = elements(value).map(|byte| i64::try_from(count(byte)?).ok());
    let all: Vec<_> = all.collect::<Option<_>>()?;
    (!all.is_empty()).then_some(all)
}
