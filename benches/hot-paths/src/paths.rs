//! The paths whose instructions are counted, by name.

use bytes::{Bytes, BytesMut};
use openresponses_tower::{Config, OpenResponses};
use openresponses_types::StreamEvent;
use openresponses_types::relay::RelayMode;
use openresponses_types::sequence::Delta;

use crate::{chunks, decode, encode, layer, parse, relay, sample, sequence};

/// Does the work of a path once, and returns a number that depends on it.
pub type Run = Box<dyn FnMut() -> usize>;

/// A path.
pub struct Path {
    /// Its name.
    pub name: &'static str,
    /// How many units (events, requests) one run has.
    pub units: usize,
    /// Makes its data.
    pub prepare: fn() -> Run,
}

const fn path(name: &'static str, units: usize, prepare: fn() -> Run) -> Path {
    Path {
        name,
        units,
        prepare,
    }
}

/// Events of the sample stream, and its end mark.
const FRAMES: usize = sample::DELTAS + 9;

/// All paths.
pub const PATHS: &[Path] = &[
    path("decode, 16 KiB chunks", FRAMES, || {
        decode(decode::frames, 16 * 1024)
    }),
    path("decode, 16 KiB chunks, UTF-8 checked", FRAMES, || {
        decode(decode::texts, 16 * 1024)
    }),
    path("decode, 7 B chunks", FRAMES, || decode(decode::frames, 7)),
    path("FrameStream, 16 KiB chunks", FRAMES, || {
        decode(decode::frame_stream, 16 * 1024)
    }),
    path("FrameStream, 1460 B chunks", FRAMES, || {
        decode(decode::frame_stream, 1460)
    }),
    path("FrameStream, a chunk an event", FRAMES, || {
        let chunks = chunks::cut_at_events(&sample::wire());
        Box::new(move || decode::frame_stream(&chunks))
    }),
    path("EventStream, 16 KiB chunks", FRAMES, || {
        decode(decode::event_stream, 16 * 1024)
    }),
    path("EventReader, 16 KiB chunks", FRAMES, || {
        decode(decode::read_events, 16 * 1024)
    }),
    path("encode deltas, one buffer", sample::DELTAS, || {
        let events = delta_events();
        let mut out = BytesMut::with_capacity(1 << 20);
        Box::new(move || encode::one_buffer(&events, &mut out))
    }),
    path("encode deltas, own Bytes", sample::DELTAS, || {
        let events = delta_events();
        Box::new(move || encode::own_bytes(&events))
    }),
    path("relay, Repair", sample::DELTAS + 8, || {
        let frames = relay::frames();
        Box::new(move || relay::relay(&frames, RelayMode::Repair))
    }),
    path("sequence deltas", sample::DELTAS, || {
        let (response, deltas) = (sample::response(), sample::deltas());
        Box::new(move || sequence::events(&response, &deltas))
    }),
    path("sequence and encode deltas", sample::DELTAS, || {
        let (response, deltas) = (sample::response(), sample::deltas());
        let mut out = BytesMut::with_capacity(1 << 20);
        Box::new(move || sequence::encoded(&response, &deltas, &mut out))
    }),
    path("the end of a text of 1 MiB", 1, || {
        let response = sample::response();
        let mut out = BytesMut::with_capacity(8 << 20);
        let deltas = [Delta::text(sample::text(250_000)), Delta::complete()];
        Box::new(move || sequence::encoded(&response, &deltas, &mut out))
    }),
    path("a JSON answer", 1, || {
        let stream = sample::short_request();
        let body = stream.replace(r#""stream":true"#, r#""stream":false"#);
        calls(Bytes::from(body))
    }),
    path("the first event of a stream", 1, || {
        let body = Bytes::from(sample::short_request());
        let mut endpoint = layer::endpoint();
        Box::new(move || layer::first_frame(&mut endpoint, &body))
    }),
    path("a stream of 500 deltas", sample::DELTAS, || {
        calls(Bytes::from(sample::short_request()))
    }),
    path("a stream of 500 deltas, one by one", sample::DELTAS, || {
        let body = Bytes::from(sample::short_request());
        let mut endpoint = OpenResponses::new(layer::OneByOne, Config::new());
        // For the timers of a silent stream.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        Box::new(move || {
            let _entered = runtime.as_ref().map(tokio::runtime::Runtime::enter);
            layer::call(&mut endpoint, &body)
        })
    }),
    path("a JSON answer, with key, gateway and metrics", 1, || {
        let stream = sample::short_request();
        let body = stream.replace(r#""stream":true"#, r#""stream":false"#);
        gateway_calls(Bytes::from(body))
    }),
    path(
        "a stream of 500 deltas, with key, gateway and metrics",
        sample::DELTAS,
        || gateway_calls(Bytes::from(sample::short_request())),
    ),
    path("parse 300 B", 1, || {
        parse(parse::request, sample::short_request)
    }),
    path("turn of 300 B", 1, || {
        parse(parse::turn, sample::short_request)
    }),
    path("parse 4 KiB, tools", 1, || {
        parse(parse::request, sample::tools_request)
    }),
    path("turn of 4 KiB, tools", 1, || {
        parse(parse::turn, sample::tools_request)
    }),
    path("parse 64 KiB, history", 1, || {
        parse(parse::request, history)
    }),
    path("turn of 64 KiB, history", 1, || parse(parse::turn, history)),
    path("turn of 64 KiB, one text", 1, || {
        parse(parse::turn, sample::text_request)
    }),
    path("turn of 1 MiB, image", 1, || {
        parse(parse::turn, sample::image_request)
    }),
];

/// A path whose cost for one unit must not depend on how many there are.
pub struct Growth {
    /// Its name.
    pub name: &'static str,
    /// Makes the data of so many units.
    pub prepare: fn(usize) -> Run,
}

/// All of them.
pub const GROWTH: &[Growth] = &[
    Growth {
        name: "an event of a stream",
        prepare: |events| {
            let (response, deltas) = (sample::response(), sample::long_deltas(events));
            let mut out = BytesMut::with_capacity(8 << 20);
            Box::new(move || sequence::encoded(&response, &deltas, &mut out))
        },
    },
    Growth {
        name: "a round of 2 KiB in a request",
        prepare: |rounds| {
            let body = sample::history_request(rounds);
            Box::new(move || parse::turn(body.as_bytes()))
        },
    },
];

fn history() -> String {
    sample::history_request(28)
}

fn decode(read: fn(&[Bytes]) -> usize, size: usize) -> Run {
    let chunks = chunks::cut(&sample::wire(), size);
    Box::new(move || read(&chunks))
}

fn delta_events() -> Vec<StreamEvent> {
    let events = sample::events().into_iter();
    events
        .filter(|event| matches!(event, StreamEvent::OutputTextDelta(_)))
        .collect()
}

fn parse(read: fn(&[u8]) -> usize, body: fn() -> String) -> Run {
    let body = body();
    Box::new(move || read(body.as_bytes()))
}

fn gateway_calls(body: Bytes) -> Run {
    let mut gateway = layer::gateway();
    Box::new(move || {
        let call = |endpoint| layer::call(endpoint, &body);
        gateway.as_mut().map_or(0, call)
    })
}

fn calls(body: Bytes) -> Run {
    let mut endpoint = layer::endpoint();
    Box::new(move || layer::call(&mut endpoint, &body))
}
