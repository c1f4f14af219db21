//! The body: whole events, the first at once, joined after that, and nothing left behind.
#![allow(clippy::unwrap_used)]

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    pin::Pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::{FutureExt, StreamExt, stream};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use openresponses_sse::{Decoder, EventBody, EventStream, Heartbeat, StreamError, encode};
use openresponses_types::StreamEvent;
use openresponses_types::event::ResponseOutputTextDeltaEvent;

fn delta(number: u64, text: &str) -> StreamEvent {
    ResponseOutputTextDeltaEvent::new(number, "msg_1", 0_u64, 0_u64, text).into()
}

/// Yields the test's events; an inner `None` means "not ready once". Panics when polled after its
/// end and records its drop.
#[derive(Default)]
struct Script {
    steps: VecDeque<Option<StreamEvent>>,
    ended: bool,
    dropped: Rc<Cell<bool>>,
    polls: Rc<Cell<usize>>,
}

impl Script {
    fn new(steps: impl IntoIterator<Item = Option<StreamEvent>>) -> Self {
        let mut script = Self::default();
        script.steps.extend(steps);
        script
    }

    /// A delta for each text, "-" for "not ready once".
    fn of<const N: usize>(texts: [&str; N]) -> Self {
        let step = |text: &str| (text != "-").then(|| delta(0, text));
        Self::new(texts.into_iter().map(step))
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.dropped.set(true);
    }
}

impl Stream for Script {
    type Item = StreamEvent;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<StreamEvent>> {
        assert!(!self.ended, "polled after its end");
        self.polls.set(self.polls.get() + 1);
        match self.steps.pop_front() {
            Some(Some(event)) => Poll::Ready(Some(event)),
            Some(None) => Poll::Pending,
            None => {
                self.ended = true;
                Poll::Ready(None)
            }
        }
    }
}

/// The next frame's bytes; nothing if it is not ready.
fn next<B: Body<Data = Bytes, Error = std::convert::Infallible> + Unpin>(
    body: &mut B,
) -> Option<Bytes> {
    let frame = body.frame().now_or_never()?;
    Some(frame.map_or(Bytes::new(), |frame| frame.unwrap().into_data().unwrap()))
}

/// The deltas in a body frame, which must consist of whole events; "DONE" and ":" for the rest.
fn texts(frame: &[u8]) -> Vec<String> {
    let mut decoder = Decoder::new();
    let mut input = frame;
    let mut texts = Vec::new();
    while let Some(frame) = decoder.next_frame(&mut input).unwrap() {
        texts.push(match frame.is_done() {
            true => "DONE".to_owned(),
            false => match frame.to_event().unwrap() {
                StreamEvent::OutputTextDelta(event) => event.delta,
                other => unreachable!("{other}"),
            },
        });
    }
    assert!(decoder.tail().is_clean(), "half an event");
    assert!(frame.ends_with(b"\n\n"));
    texts
}

#[test]
fn the_first_event_goes_alone_and_ready_ones_are_joined_after_it() {
    let script = Script::of(["a", "b", "c", "-", "-", "-", "d", "-", "-", "e", "f"]);
    let polls = script.polls.clone();
    let mut body = EventBody::new(script);
    assert_eq!(texts(&next(&mut body).unwrap()), ["a"]);
    assert_eq!(polls.get(), 1, "the first frame waits for nothing");
    assert_eq!(next(&mut body), None, "yields once, so that it is written");
    assert_eq!(next(&mut body), None, "yields once more before it sends");
    assert_eq!(next(&mut body), None, "may be polled again at once");
    assert_eq!(texts(&next(&mut body).unwrap()), ["b", "c"]);
    assert!(!body.is_end_stream());
    assert_eq!(texts(&next(&mut body).unwrap()), ["d"]);
    assert_eq!(next(&mut body), None);
    assert_eq!(texts(&next(&mut body).unwrap()), ["e", "f", "DONE"]);
    assert!(body.is_end_stream());
    assert_eq!(next(&mut body).unwrap(), "");
    assert_eq!(next(&mut body).unwrap(), "");
}

#[test]
fn events_that_come_while_the_body_yields_share_its_frame() {
    let mut body = EventBody::new(Script::of([
        "a", "b", "-", "c", "-", "-", "d", "-", "-", "-", "e",
    ]));
    assert_eq!(texts(&next(&mut body).unwrap()), ["a"]);
    for _ in 0..6 {
        assert_eq!(next(&mut body), None);
    }
    assert_eq!(texts(&next(&mut body).unwrap()), ["b", "c", "d"]);
    assert_eq!(texts(&next(&mut body).unwrap()), ["e", "DONE"]);
}

#[test]
fn a_body_that_waits_wakes_its_task() {
    let count = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&count));
    let mut cx = Context::from_waker(&waker);
    let mut body = EventBody::new(Script::of(["a", "-", "b", "-", "-", "-"]));
    let mut poll = || Pin::new(&mut body).poll_frame(&mut cx).is_ready();
    let polls = [poll(), poll(), poll(), poll(), poll(), poll()];
    assert_eq!(polls, [true, false, false, false, true, true]);
    // Not for the silence, twice before the frame of "b".
    assert_eq!(count.0.load(Ordering::Relaxed), 2);
}

/// Counts how often it was woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn the_body_yields_only_when_more_is_ready_and_wakes_the_task() {
    let woken = |steps: Vec<Option<StreamEvent>>| {
        let count = Arc::new(Wakes::default());
        let waker = Waker::from(Arc::clone(&count));
        let mut cx = Context::from_waker(&waker);
        let mut body = EventBody::new(Script::new(steps));
        assert!(Pin::new(&mut body).poll_frame(&mut cx).is_ready());
        let second = Pin::new(&mut body).poll_frame(&mut cx).is_ready();
        (second, count.0.load(Ordering::Relaxed))
    };
    let event = || Some(delta(0, "a"));
    assert_eq!(woken(vec![event(), event()]), (false, 1));
    assert_eq!(woken(vec![event(), None, event()]), (false, 0));
    assert_eq!(woken(vec![event()]), (true, 0));
    let large = Some(delta(0, &"x".repeat(20_000)));
    assert_eq!(woken(vec![event(), large, event()]), (false, 1));
}

#[test]
fn a_silent_stream_is_pending_and_an_empty_one_is_the_end_mark() {
    let mut body = EventBody::new(Script::new([None]));
    assert_eq!(next(&mut body), None);
    assert_eq!(next(&mut body).unwrap(), encode::DONE);
    assert!(body.is_end_stream());
}

#[test]
fn a_frame_is_bounded_but_an_event_is_never_cut() {
    let large = "x".repeat(5_000);
    let huge = "y".repeat(1 << 20);
    let mut steps = vec![Some(delta(0, "first"))];
    steps.extend((0..9).map(|_| Some(delta(0, &large))));
    steps.push(Some(delta(0, &huge)));
    steps.push(Some(delta(0, "last")));
    let mut body = EventBody::new(Script::new(steps));
    let mut counts = Vec::new();
    while !body.is_end_stream() {
        counts.extend(next(&mut body).map(|frame| texts(&frame).len()));
    }
    assert_eq!(counts, [1, 4, 4, 2, 2]);
}

#[test]
fn a_body_of_ready_events_yields_after_64_kib_and_wakes_the_task() {
    let text = "x".repeat(1000);
    let events = (0..300).map(|number| Some(delta(number, &text)));
    let mut body = EventBody::new(Script::new(events));
    assert!(next(&mut body).is_some_and(|first| first.len() < 2 * 1024));
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut cx = Context::from_waker(&waker);
    let (mut runs, mut run) = (Vec::new(), 0);
    loop {
        match Pin::new(&mut body).poll_frame(&mut cx) {
            Poll::Ready(Some(frame)) => run += frame.unwrap().into_data().unwrap().len(),
            Poll::Ready(None) => break,
            Poll::Pending => runs.push(std::mem::take(&mut run)),
        }
    }
    runs.push(run);
    // The first yields behind the first event.
    assert_eq!(runs[0], 0);
    let longest = 64 * 1024 + 17 * 1024;
    assert!(
        runs[1..].iter().all(|run| (1..longest).contains(run)),
        "{runs:?}"
    );
    assert!(runs.len() > 5, "{runs:?}");
    assert_eq!(wakes.0.load(Ordering::Relaxed), runs.len() - 1);
}

#[test]
fn the_stream_is_dropped_at_its_end_and_with_the_body() {
    let script = Script::new([Some(delta(0, "a")), None, Some(delta(0, "b"))]);
    let dropped = script.dropped.clone();
    let mut body = EventBody::new(script);
    assert!(next(&mut body).is_some());
    assert!(!dropped.get() && body.get_ref().is_some());
    drop(body);
    assert!(dropped.get());

    let script = Script::new([Some(delta(0, "a"))]);
    let dropped = script.dropped.clone();
    let mut body = EventBody::new(script);
    assert!(next(&mut body).is_some());
    assert_eq!(next(&mut body).unwrap(), encode::DONE);
    assert!(dropped.get() && body.get_ref().is_none());
}

#[test]
fn the_stream_is_polled_only_on_demand() {
    let script = Script::new((0..100).map(|n| Some(delta(n, "x"))));
    let polls = script.polls.clone();
    let mut body = EventBody::new(script);
    assert_eq!(polls.get(), 0);
    assert!(next(&mut body).is_some());
    assert_eq!(polls.get(), 1);
}

#[test]
fn an_event_that_cannot_be_encoded_is_left_out_and_counted() {
    let bad = StreamEvent::from_json(br#"{"type":"a\ndata: injected"}"#).unwrap();
    let steps = [
        Some(bad.clone()),
        Some(delta(0, "a")),
        Some(bad.clone()),
        None,
        Some(bad),
    ];
    let mut body = EventBody::new(Script::new(steps));
    assert_eq!(texts(&next(&mut body).unwrap()), ["a"]);
    assert_eq!(next(&mut body), None);
    assert_eq!(texts(&next(&mut body).unwrap()), ["DONE"]);
    assert_eq!(body.skipped(), 3);
}

/// Beats on demand and records its calls.
#[derive(Clone, Default)]
struct Manual {
    beat: Rc<Cell<bool>>,
    log: Rc<RefCell<String>>,
}

impl Heartbeat for Manual {
    fn reset(self: Pin<&mut Self>) {
        self.log.borrow_mut().push('r');
    }

    fn poll_beat(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        self.log.borrow_mut().push('?');
        match self.beat.take() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

#[test]
fn comments_come_in_silence_after_the_first_event_only() {
    let heartbeat = Manual::default();
    heartbeat.beat.set(true);
    let steps = [
        None,
        None,
        Some(delta(0, "a")),
        None,
        None,
        None,
        Some(delta(0, "b")),
        None,
        None,
        None,
        None,
    ];
    let mut body = EventBody::with_heartbeat(Script::new(steps), heartbeat.clone());
    assert_eq!(next(&mut body), None);
    assert_eq!(next(&mut body), None);
    assert_eq!(
        *heartbeat.log.borrow(),
        "",
        "not asked before the first event"
    );
    assert_eq!(texts(&next(&mut body).unwrap()), ["a"]);
    assert_eq!(next(&mut body).unwrap(), encode::KEEP_ALIVE);
    assert_eq!(next(&mut body), None);
    heartbeat.beat.set(true);
    assert_eq!(next(&mut body).unwrap(), encode::KEEP_ALIVE);
    assert_eq!(next(&mut body), None, "yields before it sends");
    assert_eq!(next(&mut body), None, "may be polled again at once");
    assert_eq!(
        texts(&next(&mut body).unwrap()),
        ["b"],
        "sent at the third pending after it"
    );
    assert_eq!(next(&mut body), None);
    assert_eq!(next(&mut body).unwrap(), encode::DONE);
    assert_eq!(*heartbeat.log.borrow(), "r?r??rr?r");
}

#[test]
fn a_resumed_stream_sends_comments_before_its_first_event() {
    let heartbeat = Manual::default();
    heartbeat.beat.set(true);
    let steps = [None, None, Some(delta(0, "a"))];
    let mut body = EventBody::with_heartbeat(Script::new(steps), heartbeat.clone()).resumed();
    assert_eq!(next(&mut body).unwrap(), encode::KEEP_ALIVE);
    assert_eq!(next(&mut body), None);
    let rest = next(&mut body).unwrap();
    assert!(rest.ends_with(encode::DONE) && rest.starts_with(b"event: "));
    assert_eq!(*heartbeat.log.borrow(), "?r?r");
}

#[test]
fn what_the_body_sends_the_stream_reads() {
    let events: Vec<_> = (0..200).map(|n| delta(n, "some text")).collect();
    let body = EventBody::new(stream::iter(events.clone()));
    let mut stream = EventStream::new(body);
    let read: Vec<_> = futures_executor::block_on(stream.by_ref().collect());
    let read: Vec<_> = read.into_iter().map(Result::unwrap).collect();
    assert_eq!(read, events);
    assert!(stream.is_done());
}

#[test]
fn the_typed_stream_reports_bad_events_and_goes_on() {
    let body = b"event: x\ndata: {\"type\":\"acme:a\"}\n\ndata: \xFF\n\ndata: [1]\n\n\
                data: {\"type\":\"acme:b\"}\n\ndata: {\"type\":";
    let mut stream = EventStream::new(Full::new(Bytes::from_static(body)));
    let items: Vec<_> = futures_executor::block_on(stream.by_ref().collect());
    let kinds: Vec<_> = items
        .iter()
        .map(|item| match item {
            Ok(event) => event.event_type().to_owned(),
            Err(StreamError::Event(error)) => format!("bad at {}", error.offset()),
            Err(other) => panic!("{other}"),
        })
        .collect();
    assert_eq!(kinds, ["acme:a", "bad at 34", "bad at 43", "acme:b"]);
    assert!(!stream.is_done());
    assert!(!stream.tail().is_clean());
}

#[test]
fn the_typed_stream_ends_at_the_end_mark_without_waiting() {
    let chunk = http_body::Frame::data(Bytes::from_static(b"data: [DONE]\n\ndata: x\n\n"));
    let body = stream::iter([Ok::<_, std::convert::Infallible>(chunk)]).chain(stream::pending());
    let mut stream = EventStream::new(http_body_util::StreamBody::new(body));
    assert!(matches!(stream.next().now_or_never(), Some(None)));
    assert!(matches!(stream.next().now_or_never(), Some(None)));
    assert!(stream.is_done());
}

#[test]
fn paced_events_use_one_buffer_again_and_again() {
    let events = (0..1_000).flat_map(|n| [Some(delta(n, "some text")), None, None, None]);
    let mut body = EventBody::new(Script::new(events));
    let mut frames = 0;
    let info = allocation_counter::measure(|| {
        while !body.is_end_stream() {
            frames += usize::from(next(&mut body).is_some());
        }
    });
    assert_eq!(frames, 1_001);
    assert!(info.count_total <= 8, "{} allocations", info.count_total);
}

#[test]
fn joined_events_cost_a_buffer_for_a_frame_not_for_an_event() {
    let events = (0..1_000).map(|n| Some(delta(n, "some text")));
    let mut body = EventBody::new(Script::new(events));
    let mut frames = Vec::with_capacity(100);
    let info = allocation_counter::measure(|| {
        while !body.is_end_stream() {
            frames.extend(next(&mut body));
        }
    });
    let count = frames.len() as u64;
    assert!(count < 20, "{count}");
    assert!(
        info.count_total <= 8 * count,
        "{} allocations",
        info.count_total
    );
}
