use super::{DecodeError, DecodeErrorKind};

/// Memory limits of the decoder.
///
/// Both lengths are in bytes and default to 64 MiB, which leaves room for the largest event the
/// protocol allows: a terminal event repeats the whole output, with texts of up to 10 MiB and
/// file data of up to 32 MiB. What exceeds a limit is a [`DecodeError`], and
/// it is found before the excess is buffered. Limits beyond 2 GiB count as 2 GiB.
///
/// ```
/// use openresponses_sse::{Decoder, DecodeErrorKind, FrameLimits};
///
/// let mut decoder = Decoder::with_limits(FrameLimits::new().line(16).frame(64));
/// let mut input: &[u8] = b"data: short\n\ndata: longer than sixteen\n\n";
/// assert!(decoder.next_frame(&mut input).is_ok_and(|frame| frame.is_some()));
/// let error = decoder.next_frame(&mut input).err();
/// assert_eq!(error.map(|error| error.kind()), Some(DecodeErrorKind::LineTooLong));
/// assert_eq!(error.map(|error| error.offset()), Some(13));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrameLimits {
    // Of 32 bits, since they go with each frame that is relayed.
    line: u32,
    frame: u32,
}

impl FrameLimits {
    /// The length of both limits unless set otherwise: 64 MiB.
    pub const DEFAULT_BYTES: usize = 64 * 1024 * 1024;

    /// Creates limits of [`DEFAULT_BYTES`](Self::DEFAULT_BYTES).
    #[must_use]
    pub const fn new() -> Self {
        Self {
            line: capped(Self::DEFAULT_BYTES),
            frame: capped(Self::DEFAULT_BYTES),
        }
    }

    /// Sets the longest line, in bytes, without its line end. Comments count as well.
    #[must_use]
    pub const fn line(mut self, bytes: usize) -> Self {
        self.line = capped(bytes);
        self
    }

    /// Sets the longest frame, in bytes, from the start of its first field to the end of its last
    /// line, without the line end and the blank line after it.
    #[must_use]
    pub const fn frame(mut self, bytes: usize) -> Self {
        self.frame = capped(bytes);
        self
    }

    /// Returns whether [`check`](Self::check) would find a fault.
    #[inline]
    pub(crate) fn exceeds(&self, line_start: usize, len: usize) -> bool {
        len > self.line as usize || line_start.saturating_add(len) > self.frame as usize
    }

    /// How many bytes the line of `len` bytes may still grow by.
    pub(crate) fn room(&self, line_start: usize, len: usize) -> usize {
        let frame = (self.frame as usize).saturating_sub(line_start);
        frame.min(self.line as usize).saturating_sub(len)
    }

    /// Checks the line of `len` bytes that starts `line_start` bytes into the frame at `offset`.
    /// Where both limits are exceeded, the one that the stream meets first is named, so that the
    /// cuts of the stream make no difference. An empty line never exceeds anything.
    pub(crate) fn check(
        &self,
        offset: u64,
        line_start: usize,
        len: usize,
    ) -> Result<(), DecodeError> {
        let (line, frame) = (self.line as usize, self.frame as usize);
        if len == 0 {
            Ok(())
        } else if line_start.saturating_add(line) > frame {
            match line_start.saturating_add(len) > frame {
                true => Err(DecodeError::new(DecodeErrorKind::FrameTooLong, offset)),
                false => Ok(()),
            }
        } else if len > line {
            let offset = offset.saturating_add(line_start as u64);
            Err(DecodeError::new(DecodeErrorKind::LineTooLong, offset))
        } else {
            Ok(())
        }
    }
}

/// Places in a frame are kept in 32 bits.
const fn capped(bytes: usize) -> u32 {
    const MAX_FRAME_BYTES: u32 = 1 << 31;
    if bytes < MAX_FRAME_BYTES as usize {
        bytes as u32
    } else {
        MAX_FRAME_BYTES
    }
}

impl Default for FrameLimits {
    fn default() -> Self {
        Self::new()
    }
}
