use openresponses_sse::{Decoder, Tail};

use super::stray_line::StrayLines;
use super::values::Values;

/// The longest JSON value that is held, in bytes.
const VALUE: usize = 64 << 20;

/// What a body is made of: an event stream or JSON, recognized by its first byte. Servers answer with
/// either, whichever was asked for, and not always under the right content type.
#[derive(Debug, Default)]
pub(super) enum Framing {
    #[default]
    Unknown,
    Events(Box<Events>),
    Json(Values),
}

#[derive(Debug, Default)]
pub(super) struct Events {
    decoder: Decoder,
    stray: StrayLines,
}

/// One piece of a body.
pub(super) enum Piece<'a> {
    /// An event, with its name where it has one.
    Event(Option<&'a str>, &'a [u8]),
    /// The whole body.
    Document(&'a [u8]),
    /// The end mark.
    Done,
    /// Anything else: the stream is broken.
    Broken,
}

impl Framing {
    pub(super) fn push(&mut self, mut bytes: &[u8], each: &mut impl FnMut(Piece<'_>)) {
        if let Self::Unknown = self {
            bytes = bytes.trim_ascii_start();
            // A byte order mark may be cut.
            while let [0xEF | 0xBB | 0xBF, rest @ ..] = bytes {
                bytes = rest.trim_ascii_start();
            }
            *self = match bytes.first() {
                None => return,
                Some(b'{' | b'[') => Self::Json(Values::default()),
                Some(_) => Self::Events(Box::default()),
            };
        }
        match self {
            Self::Unknown => {}
            Self::Events(events) => events.push(bytes, each),
            Self::Json(values) => {
                while let Some(value) = values.next(&mut bytes) {
                    each(if values.is_array() {
                        Piece::Event(None, &value)
                    } else {
                        Piece::Document(&value)
                    });
                }
                if values.held() > VALUE {
                    each(Piece::Broken);
                }
            }
        }
    }

    /// The body is over. A last event that lacks only its blank line counts.
    pub(super) fn end(&mut self, each: &mut impl FnMut(Piece<'_>)) {
        match self {
            Self::Unknown => {}
            Self::Events(events) => {
                if events.decoder.tail() != Tail::Clean {
                    events.push(b"\n\n", each);
                }
            }
            Self::Json(values) => {
                if !values.is_clean() {
                    each(Piece::Broken);
                }
            }
        }
    }
}

impl Events {
    fn push(&mut self, mut bytes: &[u8], each: &mut impl FnMut(Piece<'_>)) {
        while let Some(end) = self.stray.find(bytes) {
            let (before, rest) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
            self.decode(before, each);
            each(Piece::Event(Some("error"), &self.stray.json()));
            bytes = rest;
        }
        self.decode(bytes, each);
    }

    fn decode(&mut self, mut bytes: &[u8], each: &mut impl FnMut(Piece<'_>)) {
        loop {
            match self.decoder.next_frame(&mut bytes) {
                Ok(Some(frame)) if frame.is_done() => each(Piece::Done),
                Ok(Some(frame)) => {
                    let name = frame.event_bytes().map(std::str::from_utf8);
                    let name = name.and_then(Result::ok);
                    each(Piece::Event(name, frame.data_bytes()));
                }
                Ok(None) => return,
                Err(_) => return each(Piece::Broken),
            }
        }
    }
}
