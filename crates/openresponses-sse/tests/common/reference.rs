//! The standard's algorithm, word by word and slowly: what the decoder is compared with.

use std::time::Duration;

use super::{Event, Outcome, text};

struct Line<'a> {
    text: &'a [u8],
    start: usize,
    next: usize,
    has_end: bool,
}

fn lines(stream: &[u8], mut at: usize) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    while at < stream.len() {
        let mut end = at;
        while end < stream.len() && stream[end] != b'\n' && stream[end] != b'\r' {
            end += 1;
        }
        let next = match &stream[end..] {
            [b'\r', b'\n', ..] => end + 2,
            [_, ..] => end + 1,
            [] => end,
        };
        lines.push(Line {
            text: &stream[at..end],
            start: at,
            next,
            has_end: next > end,
        });
        at = next;
    }
    lines
}

/// What the standard makes of a stream, without limits.
pub fn reference(stream: &[u8]) -> Outcome {
    let mut outcome = Outcome::default();
    if stream.len() < 3 && b"\xEF\xBB\xBF".starts_with(stream) && !stream.is_empty() {
        outcome.tail = Some((0, text(stream)));
        return outcome;
    }
    let start = if stream.starts_with(b"\xEF\xBB\xBF") {
        3
    } else {
        0
    };
    let (mut data, mut data_lines, mut event) = (Vec::new(), 0, Vec::new());
    let (mut id, mut retry, mut frame_start) = (Vec::new(), None, None);
    let mut last_id = Vec::new();
    for line in lines(stream, start) {
        if !line.has_end {
            let start = frame_start.unwrap_or(line.start);
            outcome.tail = Some((start as u64, text(&stream[start..])));
            frame_start = None;
            break;
        }
        if line.text.is_empty() {
            last_id.clone_from(&id);
            if data_lines > 0 {
                data.pop();
                let offset = frame_start.unwrap();
                let mut canonical = Vec::new();
                if !event.is_empty() {
                    canonical.extend([b"event: ", &event[..], b"\n"].concat());
                }
                canonical.extend([b"data: ", &data[..], b"\n\n"].concat());
                let is_canonical = canonical == stream[offset..line.next] && data_lines == 1;
                outcome.events.push(Event {
                    event: (!event.is_empty()).then(|| text(&event)),
                    data: text(&data),
                    last_id: text(&last_id),
                    retry,
                    offset: offset as u64,
                    data_lines,
                    canonical: is_canonical.then(|| text(&canonical)),
                });
            }
            data.clear();
            event.clear();
            (data_lines, retry, frame_start) = (0, None, None);
            continue;
        }
        let (name, value) = match line.text.iter().position(|byte| *byte == b':') {
            Some(0) => continue,
            Some(colon) => (&line.text[..colon], &line.text[colon + 1..]),
            None => (line.text, &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"data" => {
                data.extend_from_slice(value);
                data.push(b'\n');
                data_lines += 1;
            }
            b"event" => event = value.to_vec(),
            b"id" if !value.contains(&0) => id = value.to_vec(),
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                let digits = std::str::from_utf8(value).unwrap();
                let millis = Duration::from_millis(digits.parse().unwrap_or(u64::MAX));
                retry = Some(millis);
                outcome.retry = retry;
            }
            _ => continue,
        }
        frame_start = frame_start.or(Some(line.start));
    }
    if let Some(start) = frame_start {
        outcome.tail = Some((start as u64, text(&stream[start..])));
    }
    outcome.last_id = text(&last_id);
    outcome
}
