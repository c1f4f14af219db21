//! From events to bytes.

use std::convert::Infallible;
use std::hint::black_box;

use axum::response::IntoResponse;
use axum::response::sse::{Event, Sse};
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;
use openresponses_hot_paths::chunks::drain;
use openresponses_hot_paths::encode::{encoded, one_buffer, own_bytes};
use openresponses_sse::encode::Encoder;
use openresponses_types::StreamEvent;
use openresponses_types::event::{ResponseOutputTextDeltaEvent, ResponseOutputTextDoneEvent};
use serde::Serialize;

use crate::{Case, sample};

/// A text delta as one would write it with serde's derive.
#[derive(Clone, Serialize)]
pub(crate) struct PlainDelta {
    r#type: &'static str,
    sequence_number: u64,
    item_id: String,
    output_index: u64,
    content_index: u64,
    delta: String,
    logprobs: Vec<String>,
}

const DELTA: &str = "response.output_text.delta";

fn plain(event: &StreamEvent) -> Option<PlainDelta> {
    let StreamEvent::OutputTextDelta(event) = event else {
        return None;
    };
    Some(PlainDelta {
        r#type: DELTA,
        sequence_number: event.sequence_number,
        item_id: event.item_id.to_string(),
        output_index: event.output_index,
        content_index: event.content_index,
        delta: event.delta.clone(),
        logprobs: Vec::new(),
    })
}

/// Encodes with axum, one body frame an event, as its `Sse` does.
fn axum<T>(events: &'static [T], event: impl Fn(&T) -> Event + Send + 'static) -> usize
where
    T: Sync,
{
    let events = stream::iter(black_box(events))
        .then(move |each| std::future::ready(Ok::<_, Infallible>(event(each))));
    let body = Sse::new(events).into_response().into_body();
    drain(body.into_data_stream(), |chunk| {
        black_box(chunk).map_or(0, |chunk| chunk.len())
    })
}

/// The text deltas among the events, plain.
pub(crate) fn plain_deltas(events: &[StreamEvent]) -> &'static [PlainDelta] {
    Vec::leak(events.iter().filter_map(plain).collect())
}

/// Encodes with axum's `json_data`.
pub(super) fn axum_json_data(plain: &'static [PlainDelta]) -> usize {
    axum(plain, |event| {
        Event::default()
            .event(DELTA)
            .json_data(event)
            .unwrap_or_default()
    })
}

fn deltas() -> Case {
    let events: Vec<StreamEvent> = sample::events()
        .into_iter()
        .filter(|event| matches!(event, StreamEvent::OutputTextDelta(_)))
        .collect();
    let frames: &'static [Bytes] = Vec::leak(events.iter().map(encoded).collect());
    let plain = plain_deltas(&events);
    let events: &'static [StreamEvent] = Vec::leak(events);
    let mut out = BytesMut::with_capacity(1 << 20);
    Case::new("sse_encode", "text deltas", events.len())
        .limit("memcpy into Bytes", move || {
            let copy = |frame: &Bytes| black_box(Bytes::copy_from_slice(frame)).len();
            black_box(frames).iter().map(copy).sum()
        })
        .ours("Encoder, one buffer", move || one_buffer(events, &mut out))
        .ours("Encoder, own Bytes", move || own_bytes(events))
        .peer("serde_json into a buffer", move || {
            let mut out = Vec::with_capacity(16 * 1024);
            let mut bytes = 0;
            for event in black_box(plain) {
                out.clear();
                out.extend_from_slice(b"event: ");
                out.extend_from_slice(DELTA.as_bytes());
                out.extend_from_slice(b"\ndata: ");
                let _ = serde_json::to_writer(&mut out, event);
                out.extend_from_slice(b"\n\n");
                bytes += black_box(&out).len();
            }
            bytes
        })
        .peer("sse-stream", move || {
            let events = stream::iter(black_box(plain)).map(|event| {
                let data = serde_json::to_string(event).unwrap_or_default();
                Ok::<_, Infallible>(sse_stream::Sse::default().event(DELTA).data(data))
            });
            let body = sse_stream::SseBody::new(events);
            drain(body.into_data_stream(), |chunk| {
                black_box(chunk).map_or(0, |chunk| chunk.len())
            })
        })
        .peer("axum data", move || {
            axum(plain, |event| {
                let data = serde_json::to_string(event).unwrap_or_default();
                Event::default().event(DELTA).data(data)
            })
        })
        .peer("axum json_data", move || axum_json_data(plain))
}

#[derive(Serialize)]
struct PlainDone {
    r#type: &'static str,
    sequence_number: u64,
    item_id: &'static str,
    output_index: u64,
    content_index: u64,
    text: String,
}

fn done() -> Case {
    let text = sample::text(250_000);
    let plain: &'static PlainDone = Box::leak(Box::new(PlainDone {
        r#type: "response.output_text.done",
        sequence_number: 7,
        item_id: "msg_1",
        output_index: 0,
        content_index: 0,
        text: text.clone(),
    }));
    let mut after_deltas = Encoder::new();
    let mut out = BytesMut::with_capacity(2 << 20);
    for word in text.split_inclusive(' ') {
        let delta = ResponseOutputTextDeltaEvent::new(6_u64, "msg_1", 0_u64, 0_u64, word);
        out.clear();
        // A text delta can always be encoded.
        let _ = after_deltas.encode(&delta.into(), &mut out);
    }
    let event = ResponseOutputTextDoneEvent::new(7_u64, "msg_1", 0_u64, 0_u64, text);
    let event: &'static StreamEvent = Box::leak(Box::new(event.into()));
    let frame = encoded(event);
    let mut fresh = BytesMut::with_capacity(2 << 20);
    let mut into = Vec::with_capacity(2 << 20);
    Case::new("sse_encode", "a done event of 1 MiB", 1)
        .limit("memcpy into Bytes", move || {
            black_box(Bytes::copy_from_slice(black_box(&frame))).len()
        })
        .ours("Encoder, after its deltas", move || {
            out.clear();
            let _ = after_deltas.encode(black_box(event), &mut out);
            black_box(&out).len()
        })
        .ours("Encoder, alone", move || {
            one_buffer(std::slice::from_ref(event), &mut fresh)
        })
        .peer("serde_json into a buffer", move || {
            into.clear();
            let _ = serde_json::to_writer(&mut into, black_box(plain));
            black_box(&into).len()
        })
        .peer("axum json_data", move || {
            axum(std::slice::from_ref(plain), |event| {
                Event::default().json_data(event).unwrap_or_default()
            })
        })
}

pub(super) fn cases() -> Vec<Case> {
    vec![deltas(), done()]
}
