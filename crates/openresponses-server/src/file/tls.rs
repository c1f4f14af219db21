//! `[tls]`: certificates of the listeners.

use std::ops::Range;
use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

use super::units::Wait;

/// Off without `certificate` and `key`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Tls {
    pub(crate) certificate: Option<Spanned<PathBuf>>,
    pub(crate) key: Option<Spanned<PathBuf>>,
    admin: Option<Spanned<bool>>,
    handshake_timeout: Option<Spanned<Wait>>,
}

impl Tls {
    /// Returns whether the admin listener has the certificate, too.
    pub(crate) fn is_for_admin(&self) -> bool {
        self.admin.as_ref().is_some_and(|admin| *admin.as_ref())
    }

    #[cfg(feature = "tls")]
    pub(crate) fn handshake_timeout(&self) -> Option<std::time::Duration> {
        self.handshake_timeout.as_ref().map(|wait| wait.as_ref().0)
    }

    /// Returns the settings that have no effect, since there is no certificate.
    pub(crate) fn unused(&self) -> Vec<(Range<usize>, &'static str)> {
        if self.certificate.is_some() || self.key.is_some() {
            return Vec::new();
        }
        let admin = self.admin.as_ref().filter(|_| self.is_for_admin());
        let admin = admin.map(|admin| (admin.span(), "tls.admin"));
        let handshake = self.handshake_timeout.as_ref();
        let handshake = handshake.map(|wait| (wait.span(), "tls.handshake_timeout"));
        admin.into_iter().chain(handshake).collect()
    }
}
