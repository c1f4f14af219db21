//! JSON documents on their way to a client.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;

use super::stall::{Reader, Stalling, Stalls};
use crate::bounds::{Claim, Held};
use crate::error::Error;

/// The largest document that the HTTP server takes whole, and the largest piece of a larger one, in
/// bytes.
const PIECE: usize = 64 * 1024;

/// A document, and what its request holds.
#[derive(Default)]
pub(super) struct Document {
    text: String,
    claim: Option<Claim>,
}

impl Document {
    pub(super) fn new(text: String) -> Self {
        Self { text, claim: None }
    }

    /// Holds a claim until the document was sent.
    pub(super) fn hold(&mut self, claim: Claim) {
        self.claim = Some(claim);
    }

    pub(super) fn length(&self) -> usize {
        self.text.len()
    }

    /// Returns true if the document is sent in pieces.
    pub(super) fn is_large(&self) -> bool {
        self.text.len() > PIECE
    }

    /// Returns the whole text, with its memory. HTTP/2 keeps data until the client has room for it, long after
    /// the body was dropped. The request ends here: a client that has the answer may send the next one.
    pub(super) fn into_data(self) -> Bytes {
        match self.claim {
            Some(claim) => Bytes::from_owner(Counted {
                text: self.text,
                _memory: claim.into_memory(),
            }),
            None => Bytes::from(self.text),
        }
    }
}

/// The text of a document, counted until its last reference is dropped.
struct Counted {
    text: String,
    _memory: Held,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

/// A large document. The HTTP server gets copies of its pieces, so that the document can be freed while
/// HTTP/2 keeps one of them.
struct Pieces {
    document: Document,
    sent: usize,
}

impl Stream for Pieces {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let text = self.document.text.as_bytes();
        let rest = text.get(self.sent..).unwrap_or_default();
        if rest.is_empty() {
            return Poll::Ready(None);
        }
        let piece = Bytes::copy_from_slice(rest.get(..PIECE).unwrap_or(rest));
        self.sent += piece.len();
        if self.sent == self.document.text.len() {
            self.document = Document::default();
        }
        Poll::Ready(Some(piece))
    }
}

impl Stalling for Pieces {
    /// A document has no place for an error: it is cut off.
    fn fail(&mut self, _: Error) {
        self.document = Document::default();
    }
}

/// A large document whose client is watched.
pub(super) struct WatchedDocument {
    reader: Reader<Pieces>,
    /// The bytes that were not given to the HTTP server yet.
    left: u64,
}

impl WatchedDocument {
    pub(super) fn new(document: Document, stalls: &Arc<Stalls>) -> Self {
        let left = document.text.len() as u64;
        let reader = stalls.watch(Pieces { document, sent: 0 });
        Self { reader, left }
    }

    /// Returns the number of bytes that are still to come.
    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// Returns the next piece.
    pub(super) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.reader.wants_more();
        let polled = Pin::new(&mut self.reader.events()).poll_next(cx);
        if let Poll::Ready(Some(piece)) = &polled {
            self.reader.given(piece.len());
            self.left = self.left.saturating_sub(piece.len() as u64);
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bounds::{BoundedResource, Bounds};
    use crate::scope::Scope;

    fn held(bounds: &Bounds) -> (u64, u64) {
        let of = |resource| {
            let mut usage = bounds.usage().into_iter();
            usage.find(|one| one.resource == resource).unwrap().held
        };
        (of(BoundedResource::Memory), of(BoundedResource::Requests))
    }

    /// A document of so many bytes, which are counted.
    fn document(bounds: &Bounds, length: usize) -> Document {
        let mut claim = Claim::new(bounds.tenant(&Scope::anonymous())).unwrap();
        claim.memory().grow(length as u64).unwrap();
        let mut document = Document::new("x".repeat(length));
        document.hold(claim);
        document
    }

    #[test]
    fn the_memory_of_a_small_document_counts_until_the_last_reference_to_it_is_dropped() {
        let bounds = Bounds::new();
        let document = document(&bounds, PIECE);
        assert!(!document.is_large());
        let mut sent = document.into_data();
        let kept = sent.split_off(100);
        drop(sent);
        assert_eq!(held(&bounds), (PIECE as u64, 0));
        drop(kept);
        assert_eq!(held(&bounds), (0, 0));
    }

    #[test]
    fn a_large_document_counts_until_its_last_piece_is_handed_out() {
        let bounds = Bounds::new();
        let length = 3 * PIECE + 1;
        let document = document(&bounds, length);
        assert!(document.is_large());
        let stalls = Arc::new(Stalls::new(None));
        let mut document = WatchedDocument::new(document, &stalls);
        let mut cx = Context::from_waker(std::task::Waker::noop());
        for piece in [PIECE, PIECE, PIECE, 1] {
            assert_eq!(held(&bounds), (length as u64, 1));
            let polled = document.poll_piece(&mut cx);
            assert!(matches!(polled, Poll::Ready(Some(data)) if data.len() == piece));
        }
        assert_eq!((document.left(), held(&bounds)), (0, (0, 0)));
        assert_eq!(document.poll_piece(&mut cx), Poll::Ready(None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_document_that_is_not_read_is_cut_off_and_counts_no_longer() {
        let bounds = Bounds::new();
        let stalls = Arc::new(Stalls::new(Some(Duration::from_secs(45))));
        let mut document = WatchedDocument::new(document(&bounds, 8 << 20), &stalls);
        let mut cx = Context::from_waker(std::task::Waker::noop());
        assert!(document.poll_piece(&mut cx).is_ready());
        tokio::time::sleep(Duration::from_secs(50)).await;
        assert_eq!(held(&bounds), (8 << 20, 1));
        // 64 KiB under way add 16 s.
        tokio::time::sleep(Duration::from_secs(30)).await;
        assert_eq!(held(&bounds), (0, 0));
        assert_eq!(document.poll_piece(&mut cx), Poll::Ready(None));
        assert!(document.left() > 0);
    }
}
