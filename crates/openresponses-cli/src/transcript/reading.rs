//! Reads a transcript.

use std::collections::{BTreeMap, HashSet};

use openresponses_sse::{DecodeError, DecodeErrorKind, Decoder, Frame, Tail};
use openresponses_types::check::{CheckLimits, Checker, StreamRule, StreamViolation};
use openresponses_types::diagnostics::ValidationReport;
use openresponses_types::event::is_event_name;
use openresponses_types::json::Document;
use openresponses_types::schema::{DocumentKind, validate};
use openresponses_types::{StreamEvent, Violation};

use super::follow::{Lost, reported_by_schema};
use crate::args::CheckProfile;
use crate::checked::Checked;
use crate::finding::{At, Caveat, Finding};

/// Name of the kind.
const KIND: &str = "stream";
/// Section of all rules about framing.
const SECTION: &str = "Streaming HTTP Responses";
/// Maximum number of listed violations.
const MAX_VIOLATIONS: usize = 100;
/// Maximum number of violations kept: one that something is missing is found after later ones.
const MAX_KEPT: usize = 10 * MAX_VIOLATIONS;

/// Checks a whole transcript.
pub(crate) fn check(bytes: &[u8], profile: CheckProfile) -> Checked {
    check_with(bytes, profile, &mut |_| {})
}

/// Like [`check`], and passes readable events on.
pub(crate) fn check_with(
    bytes: &[u8],
    profile: CheckProfile,
    see: &mut dyn FnMut(StreamEvent),
) -> Checked {
    let mut reading = Reading {
        bytes,
        profile,
        // They are taken out after each event; those that are excused count for no limit.
        checker: Checker::new()
            .expect_done_marker(true)
            .limits(CheckLimits::default().violations(usize::MAX)),
        end_mark: None,
        offsets: Vec::new(),
        schema: BTreeMap::new(),
        found: Vec::new(),
        lost: Lost::default(),
        cut: false,
        unnamed: false,
        warned: HashSet::new(),
        checked: Checked {
            kind: Some(KIND),
            ..Checked::default()
        },
    };
    let whole = reading.frames(see);
    reading.end(whole);
    reading.checked
}

struct Reading<'a> {
    bytes: &'a [u8],
    profile: CheckProfile,
    checker: Checker,
    /// The last end mark.
    end_mark: Option<At>,
    /// Offsets of the events.
    offsets: Vec<u64>,
    /// Violations of the events' schemas, by event number.
    schema: BTreeMap<u64, Vec<Violation>>,
    found: Vec<Finding>,
    lost: Lost,
    /// The end is missing, which implies a missing end mark.
    cut: bool,
    /// An event without a name was reported already.
    unnamed: bool,
    warned: HashSet<(&'static str, Option<String>)>,
    checked: Checked,
}

impl Reading<'_> {
    /// Returns true if the bytes end with a complete event.
    fn frames(&mut self, see: &mut dyn FnMut(StreamEvent)) -> bool {
        let mut decoder = Decoder::new();
        let mut input = self.bytes;
        loop {
            match decoder.next_frame(&mut input) {
                Ok(Some(frame)) => self.frame(&frame, see),
                Ok(None) => break,
                Err(error) => {
                    self.framing(error);
                    return false;
                }
            }
        }
        let Tail::Incomplete { offset, bytes } = decoder.tail() else {
            return true;
        };
        if !has_field(bytes) {
            return true;
        }
        let at = self.at(offset);
        self.add(Finding::of_framing(
            "event-incomplete",
            SECTION,
            "An event ends with a blank line; the stream ends before.".into(),
            at,
        ));
        // The event's own type applies if it has one.
        let mut rest: &[u8] = b"\n\n";
        match decoder.next_frame(&mut rest) {
            Ok(Some(frame)) if frame.is_done() || Document::parse(frame.data_bytes()).is_ok() => {
                self.frame(&frame, see);
                true
            }
            _ => false,
        }
    }

    fn frame(&mut self, frame: &Frame<'_>, see: &mut dyn FnMut(StreamEvent)) {
        let at = self.at(frame.offset());
        if !frame.last_id().is_empty() {
            let caveat = Caveat {
                name: "sse_id",
                param: None,
                suggestion: None,
                place: usize::try_from(at.offset).ok(),
                at: None,
            };
            self.warning(caveat, at);
        }
        if frame.is_done() {
            self.checker.done_marker();
            self.end_mark = Some(at);
            return self.take_over();
        }
        self.offsets.push(frame.offset());
        let name = match frame.data().and_then(|_| frame.event()) {
            Ok(name) => name,
            Err(error) => {
                self.framing(error);
                let name = frame.event_bytes().map(String::from_utf8_lossy);
                self.unreadable(&name.unwrap_or_default(), at);
                return;
            }
        };
        let document = match Document::parse(frame.data_bytes()) {
            Ok(document) => document,
            Err(error) => {
                let mut violation = Violation::from(error);
                violation.rule = StreamRule::EventUnreadable.name().into();
                let mut found = Finding::in_event(violation, at, self.start_of(frame));
                found.section = Some(SECTION.into());
                self.add(found);
                self.unreadable(name.unwrap_or_default(), at);
                return;
            }
        };
        let kind = document.reader().member("type");
        let kind = kind.and_then(|mut kind| kind.string());
        // The checker reports an invalid type.
        let has_name = kind.as_deref().is_none_or(is_event_name);
        let report = match has_name {
            true => self.validated(&document, frame, at),
            false => ValidationReport::default(),
        };
        match StreamEvent::from_document(&document) {
            Ok(event) => {
                if name.is_none() && has_name {
                    self.unnamed(at);
                }
                self.checker.push(&event, name);
                if !report.is_ok() {
                    self.schema.insert(at.event, report.violations);
                }
                self.take_over();
                see(event);
            }
            Err(violation) => {
                if report.is_ok() {
                    let found = Finding::in_event(violation, at, self.start_of(frame));
                    self.add(found);
                }
                self.unreadable(kind.as_deref().or(name).unwrap_or_default(), at);
            }
        }
    }

    /// Validates the document of an event, and lists what is found.
    fn validated(
        &mut self,
        document: &Document<'_>,
        frame: &Frame<'_>,
        at: At,
    ) -> ValidationReport {
        let profile = self.profile.of_documents();
        let report = validate(document, DocumentKind::StreamEvent, profile);
        for warning in &report.warnings {
            let mut caveat = Caveat::from(warning);
            caveat.place = match (self.start_of(frame), caveat.place) {
                (Some(start), Some(place)) => Some(start.saturating_add(place)),
                _ => usize::try_from(at.offset).ok(),
            };
            self.warning(caveat, at);
        }
        self.checked.more |= report.more_violations;
        for violation in &report.violations {
            let found = Finding::in_event(violation.clone(), at, self.start_of(frame));
            self.add(found);
        }
        report
    }

    /// Clients that listen for a type miss such an event.
    fn unnamed(&mut self, at: At) {
        if !std::mem::replace(&mut self.unnamed, true) {
            let rule = StreamRule::EventName;
            let message = format!("{} There is no such field.", rule.message());
            let found = Finding::of_framing(rule.name(), rule.section(), message, at);
            self.add(found);
        }
    }

    /// Passes an event whose faults are already reported to the checker.
    fn unreadable(&mut self, event_type: &str, at: At) {
        self.lost.note(event_type, at.event);
        let known = Violation::new(
            openresponses_types::diagnostics::Path::default(),
            openresponses_types::diagnostics::ViolationCode::InvalidJson,
            "",
            String::new(),
        );
        self.checker.unreadable(&known);
        self.take_over();
    }

    fn end(&mut self, whole: bool) {
        self.cut = !whole || !self.checker.is_ended();
        self.checker.end();
        self.take_over();
        self.found.sort_by_key(|found| found.at.map(|at| at.event));
        self.checked.more |= self.found.len() > MAX_VIOLATIONS;
        self.found.truncate(MAX_VIOLATIONS);
        self.checked.violations = std::mem::take(&mut self.found);
    }

    /// Lists what the checker has found since.
    fn take_over(&mut self) {
        while let Some(found) = self.checker.pop() {
            if found.rule == StreamRule::FirstEvent {
                self.lost.note_start(found.event);
            }
            if !self.is_known(&found) {
                let at = self.place(&found);
                self.add(Finding::of_stream(&found, at));
            }
        }
    }

    /// Returns true for what follows from another finding, or what this profile accepts.
    fn is_known(&self, found: &StreamViolation) -> bool {
        match found.rule {
            // Already reported in more detail.
            StreamRule::EventUnreadable => true,
            StreamRule::TypeNotPrefixed if self.profile != CheckProfile::Strict => true,
            StreamRule::DoneMarkerMissing => self.cut,
            _ => {
                let schema = self.schema.get(&found.event).map(Vec::as_slice);
                self.lost.explains(found.rule, found.event)
                    || reported_by_schema(found, schema.unwrap_or_default())
            }
        }
    }

    /// Lists a finding, unless known servers are excused for it.
    fn add(&mut self, found: Finding) {
        if self.profile == CheckProfile::Vendor && self.checked.note(&found) {
            return;
        }
        if self.found.len() < MAX_KEPT {
            self.found.push(found);
        } else {
            self.checked.more = true;
        }
    }

    /// Place of a violation: its event, an end mark, or the end.
    fn place(&self, found: &StreamViolation) -> At {
        let end = || self.at(self.bytes.len() as u64);
        if found.rule == StreamRule::DoneMarkerRepeated {
            return self.end_mark.unwrap_or_else(end);
        }
        let event = found.event;
        let offset = usize::try_from(event)
            .ok()
            .and_then(|at| self.offsets.get(at));
        offset.map_or_else(end, |&offset| At { event, offset })
    }

    fn framing(&mut self, error: DecodeError) {
        let rule = match error.kind() {
            DecodeErrorKind::LineTooLong => "line-too-long",
            DecodeErrorKind::FrameTooLong => "event-too-long",
            _ => "invalid-utf8",
        };
        let at = self.at(error.offset());
        let message = format!("The stream cannot be decoded: {error}.");
        self.add(Finding::of_framing(rule, SECTION, message, at));
    }

    /// Reports a fault of all events once.
    fn warning(&mut self, mut caveat: Caveat, at: At) {
        let fault = (caveat.name, caveat.param.clone());
        if self.warned.len() < MAX_VIOLATIONS && self.warned.insert(fault) {
            caveat.at = Some(at);
            self.checked.warnings.push(caveat);
        }
    }

    fn at(&self, offset: u64) -> At {
        At {
            event: self.checker.events(),
            offset,
        }
    }

    /// Offset of the event's data in the transcript, if it is contiguous.
    fn start_of(&self, frame: &Frame<'_>) -> Option<usize> {
        let (data, all) = (frame.data_bytes().as_ptr_range(), self.bytes.as_ptr_range());
        (all.start <= data.start && data.end <= all.end)
            .then(|| (data.start as usize).saturating_sub(all.start as usize))
    }
}

/// Returns true if there is anything besides comments.
pub(super) fn has_field(bytes: &[u8]) -> bool {
    bytes
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .any(|line| !line.is_empty() && !line.starts_with(b":"))
}
