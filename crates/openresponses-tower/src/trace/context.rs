//! `traceparent`. Spec: <https://www.w3.org/TR/trace-context/>.

use std::fmt;

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};

use super::state;

/// The header with the ids.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The header with the vendors' values.
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// The length of `traceparent` in version 00, in bytes.
const LENGTH: usize = 55;

/// The longest `traceparent` of a later version that is read, in bytes.
const MAX_TRACEPARENT_BYTES: usize = 256;

/// The flags that version 00 and its successor define: sampled, and random ids.
const FLAGS: u8 = 0b11;

/// A span in a trace, as `traceparent` and `tracestate` name it.
///
/// ```
/// use http::HeaderMap;
/// use openresponses_tower::trace::TraceContext;
///
/// let mut headers = HeaderMap::new();
/// headers.insert(
///     "traceparent",
///     "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse()?,
/// );
/// let context = TraceContext::from_headers(&headers).ok_or("not valid")?;
/// assert_eq!(context.trace_id_hex(), "0af7651916cd43dd8448eb211c80319c");
/// assert!(context.is_sampled());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct TraceContext {
    trace_id: u128,
    span_id: u64,
    flags: u8,
    state: Option<HeaderValue>,
}

impl TraceContext {
    /// Creates the context of a span. `None` if an id is zero, which no span has.
    #[must_use]
    pub fn new(trace_id: u128, span_id: u64, flags: u8) -> Option<Self> {
        (trace_id != 0 && span_id != 0).then_some(Self {
            trace_id,
            span_id,
            flags: flags & FLAGS,
            state: None,
        })
    }

    /// Sets `tracestate`. A value that is not valid is left out.
    #[must_use]
    pub fn with_state(mut self, value: &str) -> Self {
        self.state = HeaderValue::from_str(value)
            .ok()
            .and_then(|value| state::joined([&value]));
        self
    }

    /// Reads the headers of a request. `None` without a valid `traceparent`; a `tracestate` that is
    /// not valid is left out.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(TRACEPARENT).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return None;
        };
        let mut context = parse(value.as_bytes())?;
        context.state = state::joined(headers.get_all(TRACESTATE));
        Some(context)
    }

    /// Returns the id of the trace.
    #[must_use]
    pub fn trace_id(&self) -> u128 {
        self.trace_id
    }

    /// Returns the id of the trace as it is written: 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id_hex(&self) -> String {
        format!("{:032x}", self.trace_id)
    }

    /// Returns the id of the span.
    #[must_use]
    pub fn span_id(&self) -> u64 {
        self.span_id
    }

    /// Returns the flags: 1 for sampled, 2 for a random trace id.
    #[must_use]
    pub fn flags(&self) -> u8 {
        self.flags
    }

    /// Returns true if the span is recorded by its process.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.flags & 1 == 1
    }

    /// Returns `traceparent`, in version 00.
    #[must_use]
    pub fn traceparent(&self) -> String {
        let Self {
            trace_id,
            span_id,
            flags,
            state: _,
        } = self;
        format!("00-{trace_id:032x}-{span_id:016x}-{flags:02x}")
    }

    /// Returns `tracestate`.
    #[must_use]
    pub fn tracestate(&self) -> Option<&str> {
        self.state.as_ref().and_then(|value| value.to_str().ok())
    }

    /// Replaces both headers of a request by this context.
    pub fn write(&self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::from_str(&self.traceparent()) {
            headers.insert(TRACEPARENT, value);
        }
        match &self.state {
            Some(state) => drop(headers.insert(TRACESTATE, state.clone())),
            None => drop(headers.remove(TRACESTATE)),
        }
    }
}

impl fmt::Debug for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TraceContext")
            .field(&self.traceparent())
            .finish()
    }
}

/// Reads `version-traceid-parentid-flags`. A later version may have more after the flags.
fn parse(value: &[u8]) -> Option<TraceContext> {
    let (known, rest) = value.split_at_checked(LENGTH)?;
    let known = std::str::from_utf8(known).ok()?;
    let [version, trace, span, flags] = [0..2, 3..35, 36..52, 53..55].map(|at| known.get(at));
    let version = hex(version?)?;
    let is_whole = match version {
        0 => rest.is_empty(),
        0xff => false,
        _ => rest.is_empty() || (rest.starts_with(b"-") && value.len() <= MAX_TRACEPARENT_BYTES),
    };
    let has_dashes = [2, 35, 52].iter().all(|&at| value.get(at) == Some(&b'-'));
    if !is_whole || !has_dashes {
        return None;
    }
    let flags = u8::try_from(hex(flags?)?).ok()?;
    let span = u64::try_from(hex(span?)?).ok()?;
    TraceContext::new(hex(trace?)?, span, flags)
}

/// Reads lowercase hexadecimal digits; others are not valid.
fn hex(digits: &str) -> Option<u128> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if !digits.bytes().all(is_digit) {
        return None;
    }
    u128::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn read(parent: &str, states: &[&str]) -> Option<TraceContext> {
        let mut headers = HeaderMap::new();
        headers.append(TRACEPARENT, HeaderValue::from_str(parent).unwrap());
        for state in states {
            headers.append(TRACESTATE, HeaderValue::from_str(state).unwrap());
        }
        TraceContext::from_headers(&headers)
    }

    #[test]
    fn valid_headers_are_written_as_they_came() {
        let context = read(GOOD, &["a=1,b=2", "c@d=3"]).unwrap();
        assert_eq!(context.traceparent(), GOOD);
        assert_eq!(context.tracestate(), Some("a=1,b=2,c@d=3"));
        assert!(context.is_sampled());
        let mut headers = HeaderMap::new();
        headers.insert(TRACEPARENT, HeaderValue::from_static("garbage"));
        headers.insert(TRACESTATE, HeaderValue::from_static("garbage"));
        context.write(&mut headers);
        assert_eq!(TraceContext::from_headers(&headers), Some(context));
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        let later = format!("{}-more", GOOD.replacen("00", "cc", 1));
        assert_eq!(read(&later, &[]).unwrap().traceparent(), GOOD);
        let flags = format!("{}ff", &GOOD[..53]);
        assert_eq!(read(&flags, &[]).unwrap().flags(), 3, "others are unknown");
    }

    #[test]
    fn what_is_not_valid_is_absent() {
        for bad in [
            "",
            "00",
            "garbage",
            &GOOD[..54],
            &format!("{GOOD}0"),
            &format!("{GOOD}-more"),
            &GOOD.to_uppercase(),
            &GOOD.replacen("00", "ff", 1),
            &GOOD.replacen("00", "0g", 1),
            &GOOD.replacen('-', "_", 1),
            &GOOD.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
            &GOOD.replace("b7ad6b7169203331", &"0".repeat(16)),
            &GOOD.replace("0af7", "+af7"),
            &format!("{}.more", GOOD.replacen("00", "cc", 1)),
            &format!("{}-{}", GOOD.replacen("00", "cc", 1), "x".repeat(60_000)),
        ] {
            let shown: String = bad.chars().take(80).collect();
            assert_eq!(read(bad, &[]), None, "{shown}");
        }
        let mut twice = HeaderMap::new();
        twice.append(TRACEPARENT, HeaderValue::from_static(GOOD));
        twice.append(TRACEPARENT, HeaderValue::from_static(GOOD));
        assert_eq!(TraceContext::from_headers(&twice), None);
        let mut bytes = HeaderMap::new();
        let odd = GOOD.replace("0af7", "é7").into_bytes();
        bytes.insert(TRACEPARENT, HeaderValue::from_bytes(&odd).unwrap());
        assert_eq!(TraceContext::from_headers(&bytes), None);
    }

    #[test]
    fn a_state_that_is_not_valid_is_left_out() {
        let context = read(GOOD, &["no equals sign"]).unwrap();
        assert_eq!(context.tracestate(), None);
        assert_eq!(context.clone().with_state("a=1").tracestate(), Some("a=1"));
        assert_eq!(context.with_state("a=\u{e9}").tracestate(), None);
    }

    #[test]
    fn a_span_has_ids() {
        assert_eq!(TraceContext::new(0, 1, 1), None);
        assert_eq!(TraceContext::new(1, 0, 1), None);
    }
}
