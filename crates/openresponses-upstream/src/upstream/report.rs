use http::Uri;
use openresponses_types::json::RawJson;
use openresponses_types::sequence::Delta;
use tracing::Span;

use crate::answer::AnswerReader;
use crate::json::Object;
use crate::request::UpstreamRequest;

/// The member of the response that lists what had no place.
const MEMBER: &str = "upstream_report";

pub(super) fn log_request(dialect: &str, request: &UpstreamRequest) {
    for warning in &request.warnings {
        tracing::debug!(dialect, member = %warning.path, reason = warning.reason, "left out of a request");
    }
}

pub(super) fn log_answer(reader: &AnswerReader) {
    for (member, count) in reader.unplaced().iter() {
        tracing::debug!(member, count, "left out of an answer");
    }
}

/// What had no place, as a member of the response; nothing where everything had one.
pub(super) fn member(request: &UpstreamRequest, reader: &AnswerReader) -> Option<Delta> {
    if request.warnings.is_empty() && reader.unplaced().is_empty() {
        return None;
    }
    let mut json = String::new();
    {
        let mut report = Object::begin(&mut json);
        {
            let mut all = report.array("request");
            for warning in &request.warnings {
                let mut entry = all.object();
                entry.string("member", &warning.path.to_string());
                entry.string("reason", warning.reason);
            }
        }
        let mut all = report.array("answer");
        for (member, count) in reader.unplaced().iter() {
            let mut entry = all.object();
            entry.string("member", member);
            entry.integer("count", count);
        }
    }
    Some(Delta::Member {
        name: MEMBER.into(),
        value: RawJson::parse(&json).ok()?,
    })
}

/// Records the server's address in the current span, where a gateway declared it for that.
pub(super) fn record_address(uri: &Uri) {
    let span = Span::current();
    let port = uri.port_u16().or(match uri.scheme_str() {
        Some("http") => Some(80),
        Some("https") => Some(443),
        _ => None,
    });
    span.record("server.address", uri.host());
    span.record("server.port", port.map(i64::from));
}
