//! The decoding does not depend on chunk boundaries and follows the standard.

mod common;

use common::{assert_cuts_do_not_matter, borrowed, owned, reference::reference, transcripts::HARD};
use openresponses_sse::FrameLimits;
use proptest::prelude::*;

#[test]
fn hard_transcripts_in_every_two_pieces_and_byte_by_byte() {
    for stream in HARD {
        let outcome = assert_cuts_do_not_matter(stream, FrameLimits::new());
        assert_eq!(outcome, reference(stream), "{}", common::text(stream));
    }
}

#[test]
fn hard_transcripts_in_every_three_pieces() {
    for stream in HARD.iter().filter(|stream| stream.len() < 100) {
        let expected = reference(stream);
        for first in 0..=stream.len() {
            for second in first..=stream.len() {
                let pieces = [&stream[..first], &stream[first..second], &stream[second..]];
                assert_eq!(borrowed(pieces, FrameLimits::new()), expected);
            }
        }
    }
}

#[test]
fn hard_transcripts_one_after_another() {
    let stream = HARD.concat();
    let expected = reference(&stream);
    for size in [1, 2, 3, 5, 7, 11, 64, 1000, stream.len()] {
        assert_eq!(
            borrowed(stream.chunks(size), FrameLimits::new()),
            expected,
            "{size}"
        );
        assert_eq!(
            owned(stream.chunks(size), FrameLimits::new()),
            expected,
            "{size}"
        );
    }
}

#[test]
fn limits_are_met_at_the_same_place_however_the_stream_is_cut() {
    for stream in HARD {
        for line in [1, 5, 9, 30] {
            for frame in [4, 9, 17, 40] {
                assert_cuts_do_not_matter(stream, FrameLimits::new().line(line).frame(frame));
            }
        }
    }
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        &b"data"[..],
        b"event",
        b"id",
        b"retry",
        b":",
        b": ",
        b" ",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b"\r\n\r\n",
        b"x",
        b"1",
        b"\0",
        b"\xEF\xBB\xBF",
        b"\xEF",
        b"data: x\n\n",
        b"[DONE]",
        b"event: e\ndata: {}\n\n",
        b":c\n",
    ])
    .prop_map(<[u8]>::to_vec);
    prop_oneof![9 => known, 1 => prop::collection::vec(any::<u8>(), 0..4)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_any_cuts(
        pieces in prop::collection::vec(piece(), 0..40),
        cuts in prop::collection::vec(0_usize..200, 0..8),
    ) {
        let stream = pieces.concat();
        let mut cuts: Vec<_> = cuts.into_iter().map(|at| at.min(stream.len())).collect();
        cuts.sort_unstable();
        cuts.push(stream.len());
        let mut start = 0;
        let mut chunks = Vec::new();
        for at in cuts {
            chunks.push(&stream[start..at]);
            start = at;
        }
        let expected = reference(&stream);
        prop_assert_eq!(&borrowed([&stream[..]], FrameLimits::new()), &expected);
        prop_assert_eq!(&borrowed(chunks.iter().copied(), FrameLimits::new()), &expected);
        prop_assert_eq!(&owned(chunks, FrameLimits::new()), &expected);
    }
}
