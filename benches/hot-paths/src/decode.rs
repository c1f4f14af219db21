//! From bytes in chunks to frames and typed events.

use std::hint::black_box;

use bytes::Bytes;
use openresponses_sse::{Decoder, EventStream, FrameStream};
use openresponses_types::event::EventReader;

use crate::chunks::{body_of, drain};

/// Borrowed frames.
#[must_use]
pub fn frames(chunks: &[Bytes]) -> usize {
    let mut decoder = Decoder::new();
    let mut bytes = 0;
    for chunk in black_box(chunks) {
        let mut input = &chunk[..];
        while let Ok(Some(frame)) = decoder.next_frame(&mut input) {
            bytes += frame.data_bytes().len();
        }
    }
    bytes
}

/// Borrowed frames whose data is checked to be UTF-8.
#[must_use]
pub fn texts(chunks: &[Bytes]) -> usize {
    let mut decoder = Decoder::new();
    let mut bytes = 0;
    for chunk in black_box(chunks) {
        let mut input = &chunk[..];
        while let Ok(Some(frame)) = decoder.next_frame(&mut input) {
            bytes += frame.data().map_or(0, str::len);
        }
    }
    bytes
}

/// Owned frames of a body.
#[must_use]
pub fn frame_stream(chunks: &[Bytes]) -> usize {
    drain(FrameStream::new(body_of(black_box(chunks))), |frame| {
        frame.map_or(0, |frame| frame.data_bytes().len())
    })
}

/// Typed events of borrowed frames.
#[must_use]
pub fn events(chunks: &[Bytes]) -> usize {
    let mut decoder = Decoder::new();
    let mut events = 0;
    for chunk in black_box(chunks) {
        let mut input = &chunk[..];
        while let Ok(Some(frame)) = decoder.next_frame(&mut input) {
            events += usize::from(black_box(frame.to_event()).is_ok());
        }
    }
    events
}

/// Typed events of borrowed frames, each in the memory of the one before.
#[must_use]
pub fn reread_events(chunks: &[Bytes]) -> usize {
    let mut decoder = Decoder::new();
    let mut reader = EventReader::new();
    let mut events = 0;
    for chunk in black_box(chunks) {
        let mut input = &chunk[..];
        while let Ok(Some(frame)) = decoder.next_frame(&mut input) {
            if let Ok(event) = black_box(frame.read_event(&mut reader)) {
                reader.take_back(event);
                events += 1;
            }
        }
    }
    events
}

/// Typed events of borrowed frames, of which those of one item share its id.
#[must_use]
pub fn read_events(chunks: &[Bytes]) -> usize {
    let mut decoder = Decoder::new();
    let mut reader = EventReader::new();
    let mut events = 0;
    for chunk in black_box(chunks) {
        let mut input = &chunk[..];
        while let Ok(Some(frame)) = decoder.next_frame(&mut input) {
            events += usize::from(black_box(frame.read_event(&mut reader)).is_ok());
        }
    }
    events
}

/// Typed events of a body.
#[must_use]
pub fn event_stream(chunks: &[Bytes]) -> usize {
    drain(EventStream::new(body_of(black_box(chunks))), |event| {
        usize::from(black_box(event).is_ok())
    })
}
