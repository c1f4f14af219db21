use core::{fmt, mem, time::Duration};

use bytes::{BufMut, Bytes, BytesMut};

use super::{
    DecodeError, Found, FrameLimits, Source, Step, Tail,
    block::{Block, Span},
    canonical::{self, Canonical},
    frame::Head,
    lines::{SHORT, ends_line, line_end},
};

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Buffers that grew past this are given back after use: one huge event must not stay in memory
/// for the rest of a long stream.
const KEEP: usize = 2 * 1024 * 1024;

/// Room that is made for the rest of a frame that crosses chunks, in bytes: enough for a delta.
const ROOM: usize = 512;

/// What [`Framer::front`] came to.
pub(crate) enum Front {
    /// A frame in the input, and its length.
    Frame(Head, usize),
    /// The input is the beginning of a frame, and was taken in whole.
    Taken,
    /// Nothing was taken in.
    Other,
}

/// The state machine behind [`Decoder`](super::Decoder) and [`FrameStream`](crate::FrameStream): it
/// finds the range of a frame, and they return it borrowed or owned.
#[derive(Default)]
pub(crate) struct Framer {
    limits: FrameLimits,
    canonical: Canonical,
    /// The open block, when it began in an earlier chunk; else empty.
    carry: BytesMut,
    /// The data of a frame with several data lines, then its event name.
    joined: BytesMut,
    block: Block,
    /// Where the current line starts in `carry`.
    line_start: usize,
    /// Where the data starts in `carry`, if what lies there may become a canonical frame; else 0.
    data_start: usize,
    /// The bytes of the stream before `carry`.
    offset: u64,
    /// The last frame lay in the input and nothing is pending: all that follows is about the
    /// rest, and is needed only when this is false.
    idle: bool,
    /// How much of the byte order mark was seen; 3 once the question is settled.
    bom: usize,
    /// The last byte was a CR; a LF now belongs to it.
    after_cr: bool,
    /// The open block lies in `carry`, and the input goes on inside its last line, which may grow by so
    /// many bytes; else 0.
    line_room: usize,
    /// The last frame lies in `carry` or `joined`, and was handed out.
    spent: bool,
    last_id: Vec<u8>,
    retry: Option<Duration>,
    failed: Option<DecodeError>,
}

impl Framer {
    pub(crate) fn new(limits: FrameLimits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// Takes in what is at the front of the input, if nothing is pending and it is a frame in the layout
    /// that this crate writes, which nearly every frame is, or the beginning of one; else
    /// [`resume`](Self::resume) takes the input in. They are two so that this one can be inlined.
    #[inline]
    pub(crate) fn front(&mut self, input: &[u8]) -> Front {
        if !self.idle {
            return Front::Other;
        }
        match self.canonical.front(input, &self.limits, self.offset) {
            canonical::Front::Frame(head, consumed) => {
                self.offset += consumed as u64;
                Front::Frame(head, consumed)
            }
            canonical::Front::Open(data_start) => self.open(input, data_start),
            canonical::Front::Other => Front::Other,
        }
    }

    /// Takes in an input that ends within the data of a canonical frame.
    #[inline(never)]
    fn open(&mut self, input: &[u8], data_start: usize) -> Front {
        if self.limits.exceeds(0, input.len()) {
            return Front::Other;
        }
        self.idle = false;
        self.carry.reserve(input.len() + ROOM);
        self.carry.extend_from_slice(input);
        let event = canonical::event(data_start);
        self.block = Block {
            open: event != Span::default(),
            event,
            ..Block::default()
        };
        self.data_start = data_start;
        self.line_start = data_start - canonical::DATA.len();
        self.line_room = self.room();
        Front::Taken
    }

    /// How many bytes the open line may still grow by.
    fn room(&self) -> usize {
        let len = self.carry.len() - self.line_start;
        self.limits.room(self.line_start, len)
    }

    /// Takes in more of the frame in `carry`, if that may be canonical, and the input brings nothing unusual.
    #[inline]
    fn resume_canonical(&mut self, input: &[u8]) -> Option<Step> {
        // Not set again where that is for the other functions.
        let data_start = mem::take(&mut self.data_start);
        if data_start == 0 {
            return None;
        }
        let found = line_end(input);
        let data_end = self.carry.len() + found.unwrap_or(input.len());
        if self.limits.exceeds(0, data_end) {
            return None;
        }
        let Some(len) = found else {
            self.carry.extend_from_slice(input);
            self.data_start = data_start;
            return Some(Step::More);
        };
        let consumed = len + 2;
        let rest = input.get(..consumed)?;
        if !rest.ends_with(b"\n\n") {
            return None;
        }
        self.carry.extend_from_slice(rest);
        self.block = Block::default();
        let head = canonical::head(data_start, data_end, self.offset);
        self.offset += self.carry.len() as u64;
        self.spent = true;
        Some(Step::Frame(Found {
            consumed,
            source: Source::Carry,
            head,
        }))
    }

    /// Takes in input up to the end of the next frame.
    pub(crate) fn resume(&mut self, input: &[u8]) -> Result<Step, DecodeError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if input.is_empty() {
            return Ok(Step::More);
        }
        if self.spent {
            self.recycle();
            match self.front(input) {
                Front::Frame(head, consumed) => {
                    let source = Source::Input(0..consumed);
                    return Ok(Step::Frame(Found {
                        consumed,
                        source,
                        head,
                    }));
                }
                Front::Taken => return Ok(Step::More),
                Front::Other => {}
            }
        }
        let step = self.take_in(input);
        self.line_room = match step {
            Ok(Step::More) if !self.after_cr && !self.carry.is_empty() => self.room(),
            _ => 0,
        };
        step
    }

    /// Makes room after a frame that lay in `carry` or `joined`.
    fn recycle(&mut self) {
        self.spent = false;
        recycle(&mut self.carry);
        recycle(&mut self.joined);
        self.idle = !self.after_cr;
    }

    /// Takes in a few bytes that only make the open line longer; false if they are not just that, and
    /// [`resume`](Self::resume) takes them in. They are two so that this one can be inlined.
    #[inline]
    pub(crate) fn extends_line(&mut self, input: &[u8]) -> bool {
        let fits = !input.is_empty() && input.len() <= self.line_room.min(SHORT);
        if !fits || ends_line(input) {
            return false;
        }
        self.line_room -= input.len();
        match input {
            [byte] => self.carry.put_u8(*byte),
            _ => self.carry.extend_from_slice(input),
        }
        true
    }

    /// Returns true if nothing is pending: what comes next may be a whole frame in the usual
    /// layout.
    #[inline]
    pub(crate) fn is_idle(&self) -> bool {
        self.idle
    }

    fn take_in(&mut self, input: &[u8]) -> Result<Step, DecodeError> {
        if self.idle {
            return self.scan_input(input, 0);
        }
        if let Some(step) = self.resume_canonical(input) {
            return Ok(step);
        }
        let Some(at) = self.leading(input) else {
            return Ok(Step::More);
        };
        if self.carry.is_empty() {
            self.scan_input(input, at)
        } else {
            self.scan_carry(input, at)
        }
    }

    /// The bytes of a frame that was found in `input`.
    pub(crate) fn bytes<'a>(&'a self, source: &Source, input: &'a [u8]) -> &'a [u8] {
        match source {
            Source::Input(range) => input.get(range.clone()).unwrap_or_default(),
            Source::Carry => &self.carry,
            Source::Joined => &self.joined,
        }
    }

    /// The bytes of a frame whose [`Source`] is not the input, given away.
    pub(crate) fn take_held(&mut self, source: &Source) -> Bytes {
        let bytes = match source {
            Source::Input(_) => return Bytes::new(),
            Source::Carry => self.carry.split(),
            Source::Joined => self.joined.split(),
        };
        self.recycle();
        bytes.freeze()
    }

    pub(crate) fn last_id(&self) -> &[u8] {
        &self.last_id
    }

    pub(crate) fn retry(&self) -> Option<Duration> {
        self.block.retry.or(self.retry)
    }

    pub(crate) fn tail(&self) -> Tail<'_> {
        let (bytes, is_open) = match self.bom {
            1 | 2 => (BOM.get(..self.bom).unwrap_or_default(), true),
            _ if self.spent => (&[][..], false),
            _ => (&self.carry[..], !self.carry.is_empty()),
        };
        match is_open {
            true => Tail::Incomplete {
                offset: self.offset,
                bytes,
            },
            false => Tail::Clean,
        }
    }

    /// Passes over what belongs to no line: the byte order mark, and a LF whose CR was the end
    /// of the last input. Says where the lines start, or nothing if the input does not tell yet.
    fn leading(&mut self, input: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(expected) = BOM.get(self.bom) {
            let found = input.get(at)?;
            if found == expected {
                self.bom += 1;
                at += 1;
            } else {
                // Not the mark: these bytes start the first line.
                self.carry
                    .extend_from_slice(BOM.get(..self.bom).unwrap_or_default());
                self.bom = BOM.len();
                return Some(at);
            }
        }
        if at > 0 {
            self.offset = BOM.len() as u64;
        }
        if self.after_cr {
            let next = input.first()?;
            self.after_cr = false;
            if *next == b'\n' {
                at = 1;
                if self.carry.is_empty() {
                    self.offset += 1;
                } else {
                    self.carry.extend_from_slice(b"\n");
                    self.line_start = self.carry.len();
                }
            }
        }
        Some(at)
    }

    /// Reads lines while the open block lies in the input; `self.offset` is that of `input[at]`.
    #[inline]
    fn scan_input(&mut self, input: &[u8], at: usize) -> Result<Step, DecodeError> {
        let base = self.offset;
        let mut block = Block::default();
        let mut start = at;
        let mut line = at;
        loop {
            let bytes = input.get(start..).unwrap_or_default();
            let rest = input.get(line..).unwrap_or_default();
            let offset = base + (start - at) as u64;
            let Some(len) = line_end(rest) else {
                self.idle = false;
                self.offset = offset;
                self.block = block;
                self.check(line - start, rest.len())?;
                self.line_start = line - start;
                self.carry.reserve(bytes.len() + ROOM);
                self.carry.extend_from_slice(bytes);
                return Ok(Step::More);
            };
            let (text, end) = rest.split_at(len);
            let next = line + len + self.line_end_len(end);
            if len > 0 {
                if self.limits.exceeds(line - start, len) {
                    self.offset = offset;
                    self.block = block;
                    self.check(line - start, len)?;
                }
                block.line(text, line - start + len, bytes, &mut self.joined);
                if !block.open {
                    start = next;
                }
            } else {
                if let Some(head) = self.close(block, bytes, offset) {
                    self.offset = base + (next - at) as u64;
                    self.idle = !self.after_cr && head.data_lines == 1;
                    self.spent = head.data_lines > 1;
                    return Ok(Step::Frame(Found {
                        consumed: next,
                        source: match head.data_lines {
                            1 => Source::Input(start..next),
                            _ => Source::Joined,
                        },
                        head,
                    }));
                }
                block = Block::default();
                start = next;
            }
            line = next;
        }
    }

    /// Reads lines while the open block lies in `carry`; `self.offset` is that of its first byte.
    fn scan_carry(&mut self, input: &[u8], mut at: usize) -> Result<Step, DecodeError> {
        loop {
            let rest = input.get(at..).unwrap_or_default();
            let before = self.carry.len() - self.line_start;
            let Some(found) = line_end(rest) else {
                self.check(self.line_start, before + rest.len())?;
                self.carry.extend_from_slice(rest);
                return Ok(Step::More);
            };
            let len = before + found;
            self.check(self.line_start, len)?;
            let (_, end) = rest.split_at(found);
            let taken = found + self.line_end_len(end);
            self.carry
                .extend_from_slice(rest.get(..taken).unwrap_or_default());
            at += taken;
            if len > 0 {
                let line_end = self.line_start + len;
                let text = self.carry.get(self.line_start..line_end);
                self.block.line(
                    text.unwrap_or_default(),
                    line_end,
                    &self.carry,
                    &mut self.joined,
                );
                self.line_start = self.carry.len();
                if self.block.open {
                    continue;
                }
                self.offset += self.carry.len() as u64;
            } else {
                let block = mem::take(&mut self.block);
                let carry = mem::take(&mut self.carry);
                let head = self.close(block, &carry, self.offset);
                self.carry = carry;
                self.offset += self.carry.len() as u64;
                if let Some(head) = head {
                    self.spent = true;
                    return Ok(Step::Frame(Found {
                        consumed: at,
                        source: match head.data_lines {
                            1 => Source::Carry,
                            _ => Source::Joined,
                        },
                        head,
                    }));
                }
            }
            recycle(&mut self.carry);
            return self.scan_input(input, at);
        }
    }

    /// Ends a block at its blank line. Without data there is no frame, but the id counts.
    #[inline]
    fn close(&mut self, block: Block, bytes: &[u8], offset: u64) -> Option<Head> {
        if block.retry.is_some() {
            self.retry = block.retry;
        }
        if let Some(id) = block.id {
            self.last_id.clear();
            self.last_id.extend_from_slice(id.of(bytes));
        }
        let event = match block.data_lines {
            0 => return None,
            1 => block.event,
            // The joined data has left the block; the name goes with it.
            _ => {
                let start = self.joined.len();
                self.joined.extend_from_slice(block.event.of(bytes));
                Span::new(start, self.joined.len())
            }
        };
        Some(Head {
            event,
            data: block.data,
            data_lines: block.data_lines,
            retry: block.retry,
            offset,
        })
    }

    /// Checks a line of the block at `self.offset`; an error is kept.
    fn check(&mut self, line_start: usize, len: usize) -> Result<(), DecodeError> {
        let checked = self.limits.check(self.offset, line_start, len);
        if let Err(error) = checked {
            self.idle = false;
            self.failed = Some(error);
        }
        checked
    }

    /// How long the line end at the start of `rest` is, as far as the input shows it.
    #[inline]
    fn line_end_len(&mut self, rest: &[u8]) -> usize {
        match rest {
            [b'\r', b'\n', ..] => 2,
            [b'\r'] => {
                self.after_cr = true;
                1
            }
            _ => 1,
        }
    }
}

fn recycle(buffer: &mut BytesMut) {
    if buffer.capacity() > KEEP {
        *buffer = BytesMut::new();
    } else {
        buffer.clear();
    }
}

/// Shows no data: it holds what users wrote.
impl fmt::Debug for Framer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Framer")
            .field("limits", &self.limits)
            .field("offset", &self.offset)
            .field("carried", &self.carry.len())
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}
