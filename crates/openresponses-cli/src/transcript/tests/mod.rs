//! Valid and invalid transcripts.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod bad;
mod build;
mod good;

use crate::args::CheckProfile;

use super::check;
use crate::checked::Checked;

/// The rules that a transcript violates.
fn rules(checked: &Checked) -> Vec<String> {
    let all = checked.violations.iter();
    all.map(|found| found.rule.to_string()).collect()
}

fn strict(transcript: &str) -> Checked {
    check(transcript.as_bytes(), CheckProfile::Strict)
}

fn compatible(transcript: &str) -> Checked {
    check(transcript.as_bytes(), CheckProfile::Compatible)
}
