use core::ops::Range;

use super::frame::Head;

/// Where a frame lies.
#[derive(Debug)]
pub(crate) enum Source {
    /// In the input.
    Input(Range<usize>),
    /// In the framer's `carry`.
    Carry,
    /// In the framer's `joined`.
    Joined,
}

/// Result of processing input.
#[derive(Debug)]
pub(crate) enum Step {
    /// It was taken in whole, and no frame is complete.
    More,
    /// A frame is complete.
    Frame(Found),
}

/// A complete frame.
#[derive(Debug)]
pub(crate) struct Found {
    /// How much of the input was taken in.
    pub(crate) consumed: usize,
    pub(crate) source: Source,
    pub(crate) head: Head,
}
