//! Streams that are cut and resumed on another replica.

use futures_util::StreamExt;
use futures_util::stream;
use http::{Request, Response, StatusCode};
use openresponses_tower::store::ResponseStore;
use openresponses_tower::{Config, Error, OutputStream, Provider};
use openresponses_types::Turn;

use super::{Replica, fail, frame, id_in};
use crate::store_conformance;

/// How many streams run at the same time.
const AT_ONCE: usize = 32;

/// Writes ten words, some of them together.
struct Words;

impl Provider for Words {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        Ok(Response::new(OutputStream::write(|mut out| async move {
            for number in 0..10 {
                out.text(format!("word{number} "));
                if number % 3 != 1 {
                    out.sink().flush().await;
                    tokio::task::yield_now().await;
                }
            }
            out.complete();
            Ok(())
        })))
    }
}

/// Cuts `count` background streams of one replica, each after a random event, and resumes each on the
/// other one. Together they are the bytes of the uncut stream: no event is lost or doubled.
///
/// # Panics
/// When they are not, or one does not end.
pub async fn resumes_cut_streams<S: ResponseStore + Clone>(here: &S, there: &S, count: usize) {
    let here = Replica::new(Words, Config::new().store(here.clone()));
    let there = Replica::new(Words, Config::new().store(there.clone()));
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let cuts = (0..count).map(|_| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        // A stream of ten words has at most 19 events.
        1 + usize::try_from(random % 19).unwrap_or(0)
    });
    let work = stream::iter(cuts).map(async |events| {
        let case = format!("a stream that is cut after {events} events");
        store_conformance::ends(&case, || cut_and_resume(&here, &there, events)).await;
    });
    work.buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
}

async fn cut_and_resume(here: &Replica<Words>, there: &Replica<Words>, events: usize) {
    let body = r#"{"model":"m","input":"x","background":true,"stream":true}"#;
    let (status, mut body) = here.send("POST", "", body.into()).await;
    assert_eq!(status, StatusCode::OK);
    let mut received = String::new();
    while received.matches("\n\n").count() < events {
        match frame(&mut body).await {
            Some(more) => received.push_str(&more),
            None => break,
        }
    }
    drop(body);
    // A connection may break within a frame, whose whole events count.
    let begin: String = received.split_inclusive("\n\n").take(events).collect();
    let begin = begin.trim_end_matches("data: [DONE]\n\n");
    let id = id_in(begin);
    let read = async |query: String| {
        let path = format!("/{id}?stream=true{query}");
        let (status, text) = there.text("GET", &path, String::new()).await;
        assert_eq!(status, StatusCode::OK, "{text}");
        text
    };
    let rest = read(format!("&starting_after={}", last_number(begin))).await;
    let whole = read(String::new()).await;
    assert_eq!(format!("{begin}{rest}"), whole, "cut after {events} events");
    assert!(whole.contains("event: response.completed\n"), "{whole}");
    let numbers = whole
        .split_inclusive("\n\n")
        .filter(|frame| frame.starts_with("event:"));
    for (expected, frame) in (0..).zip(numbers) {
        assert_eq!(last_number(frame), expected, "{whole}");
    }
}

fn last_number(events: &str) -> u64 {
    let last = events.rsplit("\"sequence_number\":").next().unwrap_or("");
    let digits = last.split(|next: char| !next.is_ascii_digit()).next();
    let number = digits.and_then(|digits| digits.parse().ok());
    number.unwrap_or_else(|| fail(&format!("no number in {events}")))
}
