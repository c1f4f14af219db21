//! Random numbers of the system, without which there is no approval.

use std::io;

/// The system's random numbers: [`getrandom::fill`].
pub(super) type Fill = fn(&mut [u8]) -> Result<(), getrandom::Error>;

pub(super) fn random_bytes<const N: usize>(fill: Fill) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    match fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(io::Error::other(format!(
            "the system has no random numbers: {error}"
        ))),
    }
}
