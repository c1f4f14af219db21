/// What a [`Relay`](super::Relay) does about an upstream that breaks the protocol.
///
/// | mode | for |
/// |---|---|
/// | [`Repair`](Self::Repair) | servers of others, in production: clients get a legal stream |
/// | [`Enforce`](Self::Enforce) | servers of one's own, where a fault should be found, not hidden |
/// | [`Observe`](Self::Observe) | looking at what a server sends; clients get it as it is |
///
/// ```
/// use openresponses_types::relay::{RelayMode, RelayOptions};
///
/// assert_eq!(RelayOptions::default().mode(), RelayMode::Repair);
/// let own_server = RelayOptions::new(RelayMode::Enforce);
/// # let _ = own_server;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RelayMode {
    /// Passes events on as they are, under the client's numbers, and reports violations.
    Observe,
    /// Ends the response as failed at the first violation of the specification. What the
    /// specification leaves open passes.
    Enforce,
    /// Mends what can be mended, and fails where it cannot.
    #[default]
    Repair,
}

/// What becomes of events whose type is neither the protocol's nor prefixed with a slug, nor one of
/// OpenAI's API that clients know: `keepalive`, `codex.rate_limits`.
///
/// ```
/// use openresponses_types::relay::{RelayMode, RelayOptions, VendorEvents};
///
/// // `codex.rate_limits` reaches clients as `codex:codex.rate_limits`.
/// let options = RelayOptions::new(RelayMode::Repair).vendor_events(VendorEvents::Rename("codex"));
/// # let _ = options;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VendorEvents {
    /// They are dropped.
    #[default]
    Drop,
    /// They pass.
    Pass,
    /// They pass under this slug: `slug:keepalive`.
    Rename(&'static str),
}

/// How an upstream is relayed.
///
/// ```
/// use openresponses_types::relay::{RelayMode, RelayOptions, VendorEvents};
///
/// let options = RelayOptions::new(RelayMode::Repair)
///     .own_item_ids(true)
///     .vendor_events(VendorEvents::Rename("acme"));
/// # let _ = options;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RelayOptions {
    pub(super) mode: RelayMode,
    pub(super) own_item_ids: bool,
    pub(super) vendor_events: VendorEvents,
    pub(super) report_repairs: bool,
    pub(super) report_response_id: bool,
    pub(super) output_limit: usize,
}

impl Default for RelayOptions {
    fn default() -> Self {
        Self::new(RelayMode::default())
    }
}

impl RelayOptions {
    /// Creates options with a mode. Item ids are the upstream's, and vendor events are dropped.
    #[must_use]
    pub fn new(mode: RelayMode) -> Self {
        Self {
            mode,
            own_item_ids: false,
            vendor_events: VendorEvents::Drop,
            report_repairs: false,
            report_response_id: false,
            output_limit: 32 << 20,
        }
    }

    /// Returns the mode.
    #[must_use]
    pub fn mode(&self) -> RelayMode {
        self.mode
    }

    /// Sets whether items get ids of the host's [`IdGenerator`](crate::sequence::IdGenerator) instead
    /// of the upstream's: in the events about them, in extension events that have an `item_id`, and in
    /// the response. Every frame with an id is then printed anew, and an upstream that keeps its
    /// responses does not know the ids that the client sends back. `call_id`s stay as they are.
    /// Default: `false`.
    #[must_use]
    pub fn own_item_ids(mut self, own: bool) -> Self {
        self.own_item_ids = own;
        self
    }

    /// Sets what becomes of unprefixed vendor events such as `keepalive`. In [`RelayMode::Observe`] all
    /// events pass. Default: [`VendorEvents::Drop`].
    #[must_use]
    pub fn vendor_events(mut self, what: VendorEvents) -> Self {
        self.vendor_events = what;
        self
    }

    /// Sets how many bytes of output one response may have, roughly. Beyond them it fails.
    /// Default: 32 MiB.
    #[must_use]
    pub fn output_limit(mut self, bytes: usize) -> Self {
        self.output_limit = bytes;
        self
    }

    /// Sets whether the repairs of a stream are listed in its terminal response, as
    /// `provider_metadata.relay.repairs`. Default: `false`.
    #[must_use]
    pub fn report_repairs(mut self, report: bool) -> Self {
        self.report_repairs = report;
        self
    }

    /// Sets whether the terminal response has the id that the upstream gave its response, as
    /// `provider_metadata.relay.response_id`, unless the upstream did not store it. Default: `false`.
    #[must_use]
    pub fn report_response_id(mut self, report: bool) -> Self {
        self.report_response_id = report;
        self
    }
}

impl From<RelayMode> for RelayOptions {
    fn from(mode: RelayMode) -> Self {
        Self::new(mode)
    }
}
