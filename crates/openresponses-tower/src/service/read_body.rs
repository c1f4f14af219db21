//! Reading a body into memory, within its limit.

use std::pin::pin;

use bytes::{Buf, Bytes, BytesMut};
use http_body::Body;
use http_body_util::BodyExt;

use super::head::too_large;
use crate::error::{BoxError, Error, ErrorKind};

/// The whole body. Stops as soon as it is longer than `limit`.
pub(super) async fn read_body<B>(body: B, limit: u64) -> Result<Bytes, Error>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    let mut body = pin!(body);
    let expected = body.size_hint().lower().min(limit).min(1 << 20);
    let mut all = BytesMut::with_capacity(usize::try_from(expected).unwrap_or_default());
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| unreadable(error.into()))?;
        let Ok(mut data) = frame.into_data() else {
            continue;
        };
        let length = all.len() as u64 + data.remaining() as u64;
        if length > limit {
            return Err(too_large(limit));
        }
        while data.has_remaining() {
            let chunk = data.chunk();
            all.extend_from_slice(chunk);
            let taken = chunk.len();
            data.advance(taken);
        }
    }
    Ok(all.freeze())
}

fn unreadable(source: BoxError) -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "unreadable_body",
        "The body could not be read to its end.",
    )
    .param("body")
    .source(source)
}
