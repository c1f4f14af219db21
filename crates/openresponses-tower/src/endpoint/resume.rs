//! Streams that are resumed: `GET {prefix}/responses/{id}?stream=true&starting_after=N`.

use std::str::FromStr;

use http::{HeaderMap, Response};

use super::core::Core;
use super::follow::Follower;
use super::respond;
use super::response_body::ResponseBody;
use crate::bounds::Claim;
use crate::config::Config;
use crate::error::Error;
use crate::store::ScopedStore;

/// Header of a client that reconnects, with the last id that it got (WHATWG HTML, "Server-sent
/// events").
const LAST_EVENT_ID: &str = "last-event-id";

/// What a client asks for instead of a document.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct StreamQuery {
    /// The number of the last event that the client has.
    after: Option<u64>,
    /// Frames have their number as their id.
    with_ids: bool,
}

impl StreamQuery {
    /// Reads `stream`, `starting_after` and `event_ids`. Returns `None` for a client that wants a
    /// document. `Last-Event-ID` has precedence, since a reconnecting client repeats its first query.
    pub(super) fn read(query: &str, headers: &HeaderMap) -> Result<Option<Self>, Error> {
        let (mut streams, mut wanted) = (false, Self::default());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "stream" => streams = is_set(&value, "stream")?,
                "event_ids" => wanted.with_ids = is_set(&value, "event_ids")?,
                "starting_after" if !value.is_empty() => {
                    wanted.after = Some(number(&value, "starting_after")?);
                }
                _ => {}
            }
        }
        // A client that wants a document may send the header with all of its requests.
        if let Some(value) = headers.get(LAST_EVENT_ID).filter(|_| streams) {
            let value = value.to_str().unwrap_or_default();
            wanted.after = Some(number(value, LAST_EVENT_ID)?);
            wanted.with_ids = true;
        }
        Ok(streams.then_some(wanted))
    }
}

fn is_set(value: &str, name: &str) -> Result<bool, Error> {
    match value {
        "true" | "True" | "1" => Ok(true),
        "" | "false" | "False" | "0" => Ok(false),
        _ => Err(Error::invalid_request(
            name,
            format!("Invalid value: '{name}' is 'true' or 'false'."),
        )),
    }
}

fn number(value: &str, name: &str) -> Result<u64, Error> {
    u64::from_str(value).map_err(|_| {
        Error::invalid_request(
            name,
            format!("Invalid value: '{name}' is the 'sequence_number' of an event."),
        )
    })
}

/// Answers with the events after a position, and follows the response to its end.
pub(super) async fn resume<P>(
    core: &Core<P>,
    store: &ScopedStore,
    id: &str,
    query: StreamQuery,
    claim: Claim,
) -> Result<Response<ResponseBody>, Error> {
    let Config {
        shutdown,
        heartbeat,
        presences,
        ..
    } = &core.config;
    // A turn whose client has left continues while another follows it.
    let following = presences.follow(store.scope(), id);
    let mut follower = Follower::new(store.clone(), id, query.after, shutdown, claim.tenant());
    follower.first_page().await?;
    let events = follower.with_ids(query.with_ids).events((following, claim));
    let headers = HeaderMap::new();
    Ok(respond::followed(headers, events, *heartbeat, &core.stalls))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn a_query_asks_for_a_stream_or_a_document() {
        let read = |query: &str| StreamQuery::read(query, &HeaderMap::new());
        let wanted = |after, with_ids| Some(StreamQuery { after, with_ids });
        for query in ["", "stream=false", "stream=", "starting_after=3"] {
            assert_eq!(read(query).unwrap(), None, "{query}");
        }
        assert_eq!(read("stream=true").unwrap(), wanted(None, false));
        let query = "include[]=x&stream=true&starting_after=3&event_ids=true";
        assert_eq!(read(query).unwrap(), wanted(Some(3), true));
        for query in [
            "stream=yes",
            "stream=true&starting_after=-1",
            "stream=true&starting_after=x",
        ] {
            assert!(read(query).is_err(), "{query}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(LAST_EVENT_ID, HeaderValue::from_static("7"));
        let found = StreamQuery::read("stream=true&starting_after=3", &headers);
        assert_eq!(found.unwrap(), wanted(Some(7), true));
        headers.insert(LAST_EVENT_ID, HeaderValue::from_static("abc"));
        assert_eq!(StreamQuery::read("stream=false", &headers).unwrap(), None);
        let refused = StreamQuery::read("stream=true", &headers).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidRequest);
    }
}
