#![no_main]

use libfuzzer_sys::fuzz_target;
use openresponses_sse::{DecodeError, Decoder, FrameLimits};

type Seen = (Result<Vec<(u64, Option<Vec<u8>>, Vec<u8>)>, DecodeError>, Option<(u64, u64)>);

/// Decodes the bytes in pieces of these lengths.
fn decode(bytes: &[u8], mut lengths: impl Iterator<Item = usize>) -> Seen {
    let mut decoder = Decoder::with_limits(FrameLimits::new().line(300).frame(500));
    let mut frames = Vec::new();
    let mut rest = bytes;
    loop {
        let length = lengths.next().unwrap_or(usize::MAX).min(rest.len());
        let (mut chunk, behind) = rest.split_at(length);
        rest = behind;
        loop {
            match decoder.next_frame(&mut chunk) {
                Ok(Some(frame)) => frames.push((
                    frame.offset(),
                    frame.event_bytes().map(<[u8]>::to_vec),
                    frame.data_bytes().to_vec(),
                )),
                Ok(None) => break,
                Err(error) => return (Err(error), None),
            }
        }
        if rest.is_empty() && length == 0 || rest.is_empty() && chunk.is_empty() {
            let tail = match decoder.tail() {
                openresponses_sse::Tail::Incomplete { offset, bytes } => Some((offset, bytes.len() as u64)),
                _ => None,
            };
            return (Ok(frames), tail);
        }
    }
}

// The first bytes select the chunk boundaries, on which the result must not depend.
fuzz_target!(|input: (Vec<u8>, Vec<u8>)| {
    let (cuts, bytes) = input;
    let whole = decode(&bytes, std::iter::empty());
    assert_eq!(whole, decode(&bytes, std::iter::repeat(1)));
    let lengths = cuts.iter().map(|cut| usize::from(*cut).max(1));
    assert_eq!(whole, decode(&bytes, lengths));
});
