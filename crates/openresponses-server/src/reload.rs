//! Reading the file again while the server runs, at SIGHUP and when a file has changed.

use std::fmt::Display;
use std::future::pending;
use std::pin::pin;

use futures_util::future::select;
use openresponses_tower::Config;

use crate::arguments::Arguments;
use crate::endpoint::{Endpoint, Hosts, Served};
use crate::kept::Kept;
use crate::plan::{self, Plan};
use crate::seen::{Seen, look};
use crate::settings::Settings;
use crate::shutdown::Hangup;
use crate::tls::Tls;

/// Replaces what the endpoint serves with what the file describes now.
///
/// Requests, streams and WebSockets that have begun keep what they began with. The settings of
/// `Settings::fixed_differences`, and whether there is TLS, are those of the start.
pub(crate) struct Reload {
    pub(crate) arguments: Arguments,
    pub(crate) kept: Kept,
    pub(crate) endpoint: Endpoint,
    pub(crate) tls: Option<Tls>,
    /// With the store and the shutdown of the server.
    pub(crate) config: Config,
    pub(crate) settings: Settings,
    /// Those of the listeners where the file names none.
    pub(crate) hosts: Hosts,
    pub(crate) files: Vec<Seen>,
}

impl Reload {
    /// Reloads at each signal and at each change of a file.
    pub(crate) async fn run(mut self, mut hangup: Hangup) {
        loop {
            select(pin!(hangup.next()), pin!(self.changed())).await;
            // Before they are read, so that no later change is missed.
            self.files = plan::files(&self.arguments);
            self.kept.begin_plan();
            match Plan::new(&self.arguments, &self.kept) {
                Ok(plan) => match self.kept.usage.open(plan.settings.usage.as_deref()) {
                    Ok(()) => self.replace(plan),
                    Err(fault) => keep([fault]),
                },
                Err(faults) => keep(faults.iter()),
            }
        }
    }

    fn replace(&mut self, plan: Plan) {
        let Plan {
            settings,
            config,
            provider,
            models,
            registry,
            callers,
            tls,
            cors,
            ..
        } = plan;
        match (&self.tls, tls) {
            (Some(tls), Some(certificate)) => tls.replace(certificate),
            (None, None) => {}
            (Some(_), None) | (None, Some(_)) => {
                tracing::warn!(target: TARGET, name = "tls", "this setting needs a restart");
            }
        }
        for name in self.settings.fixed_differences(&settings) {
            tracing::warn!(target: TARGET, name, "this setting needs a restart");
        }
        let hosts = self.hosts.clone().named(settings.hosts);
        let config = config
            .prefix(&self.settings.prefix)
            .share_state(&self.config)
            .allowed_hosts(hosts.clients.clone());
        let served = Served::new(provider, config, models, &self.settings.prefix, hosts)
            .stall_limit(settings.stall)
            .stopping(settings.stopping)
            .registry(registry)
            .callers(callers)
            .cors(cors);
        self.endpoint.replace(served);
        self.kept.end_plan();
        tracing::info!(target: TARGET, "the file was reloaded");
    }

    /// Waits until a file has changed and is not being written any more.
    async fn changed(&self) {
        let Some(interval) = self.settings.watch else {
            return pending().await;
        };
        let mut before = None;
        loop {
            tokio::time::sleep(interval).await;
            let now = look(&self.files);
            if now != self.files && before.as_ref() == Some(&now) {
                return;
            }
            before = Some(now);
        }
    }
}

/// Goes on with what was read before.
fn keep(faults: impl IntoIterator<Item = impl Display>) {
    for fault in faults {
        tracing::error!(target: TARGET, %fault, "the file was not reloaded");
    }
}

const TARGET: &str = "openresponses::reload";
