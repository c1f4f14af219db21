use core::fmt::{self, Write};
use core::ops::Range;
use std::sync::Arc;

use openresponses_types::event::DeltaEvent;
use openresponses_types::json;

/// Room for a frame up to its text, in bytes.
const TYPICAL: usize = 256;

/// The frame of a part's next delta up to its text.
///
/// Deltas of one part differ in their number and in what follows the opening quote of the text. The
/// number mostly goes up by one, which changes a digit in place.
#[derive(Clone, Debug)]
pub(super) struct Template {
    event_type: &'static str,
    item_id: Arc<str>,
    output_index: u64,
    part_index: Option<u64>,
    number: u64,
    /// Where the number stands in `prefix`.
    digits: Range<usize>,
    /// The frame up to its text.
    prefix: Vec<u8>,
}

impl Template {
    /// The template for `delta` and those that follow it.
    pub(super) fn new(delta: &DeltaEvent<'_>) -> Result<Self, fmt::Error> {
        let (name, number) = (delta.event_type, delta.sequence_number);
        let mut prefix = String::with_capacity(TYPICAL);
        write!(
            prefix,
            "event: {name}\ndata: {{\"type\":\"{name}\",\"sequence_number\":"
        )?;
        let first_digit = prefix.len();
        write!(prefix, "{number}")?;
        let digits = first_digit..prefix.len();
        prefix.push_str(",\"item_id\":");
        json::write_string(&mut prefix, delta.item_id)?;
        write!(prefix, ",\"output_index\":{}", delta.output_index)?;
        if let Some((member, index)) = delta.part {
            write!(prefix, ",\"{member}\":{index}")?;
        }
        prefix.push_str(",\"delta\":\"");
        Ok(Self {
            event_type: name,
            item_id: Arc::clone(delta.item_id),
            output_index: delta.output_index,
            part_index: delta.part.map(|(_, index)| index),
            number,
            digits,
            prefix: prefix.into_bytes(),
        })
    }

    /// Returns true if `delta` differs in nothing that the template has but the number.
    #[inline]
    pub(super) fn is_of(&self, delta: &DeltaEvent<'_>) -> bool {
        // Both texts are nearly always at the same address as before.
        (core::ptr::eq(self.event_type, delta.event_type) || self.event_type == delta.event_type)
            && self.output_index == delta.output_index
            && self.part_index == delta.part.map(|(_, index)| index)
            && (Arc::ptr_eq(&self.item_id, delta.item_id) || self.item_id == *delta.item_id)
    }

    /// The frame up to the text of the delta with a number.
    #[inline]
    pub(super) fn prefix(&mut self, number: u64) -> &[u8] {
        if number != self.number {
            self.print(number);
            self.number = number;
        }
        &self.prefix
    }

    /// Prepares the frame of the number that mostly comes next: after the last frame was copied, since a copy
    /// waits for what was just written.
    #[inline]
    pub(super) fn count_up(&mut self) {
        let digits = self.prefix.get_mut(self.digits.clone()).unwrap_or_default();
        let next = self.number.wrapping_add(1);
        if !count_up(digits) {
            self.print(next);
        }
        self.number = next;
    }

    #[inline(never)]
    fn print(&mut self, number: u64) {
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(number);
        self.prefix.splice(self.digits.clone(), digits.bytes());
        self.digits.end = self.digits.start + digits.len();
    }
}

/// Adds one to a printed number; false if it then has one digit more.
#[inline]
fn count_up(digits: &mut [u8]) -> bool {
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return true;
        }
        *digit = b'0';
    }
    false
}
