//! The configuration file.
//!
//! Each module defines one table. Values are checked on their own (type, range, words) while they
//! are read, and in combination by [`crate::gateway`], which builds what runs.

mod budgets;
mod callers;
mod capabilities;
mod cors;
mod faults;
mod gateway;
mod limits;
mod log;
mod models;
mod path;
mod providers;
mod read;
mod server;
mod source;
mod store;
mod telemetry;
mod tls;
mod tools;
mod units;
mod websocket;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

pub(crate) use budgets::{BudgetStoreKind, Budgets, CallerBudget, Outage, Prices, Usage};
#[cfg(feature = "jwt")]
pub(crate) use callers::Algorithm;
pub(crate) use callers::{Issuer, Keys};
pub(crate) use cors::Cors;
pub(crate) use faults::Faults;
pub(crate) use gateway::{Bare, Failing, Forbidden, Gateway};
pub(crate) use limits::{Amount, Limits, OpenConnectionLimits, Rate};
pub(crate) use log::Log;
pub(crate) use models::{Model, Names, Served};
pub(crate) use path::quoted;
pub(crate) use providers::{Kind, Provider, UpstreamKind};
pub(crate) use server::{Interrupted, Server};
pub(crate) use source::{Fault, Source, unset};
pub(crate) use store::{Store, StoreKind};
pub(crate) use telemetry::Telemetry;
pub(crate) use tls::Tls;
pub(crate) use tools::{NeedsApproval, OfferTo, ToolEntry, ToolKind, ToolLoopSettings};
pub(crate) use units::{Time, Wait};
pub(crate) use websocket::{Origins, WebSocket};

/// The whole file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct File {
    pub(crate) server: Server,
    pub(crate) tls: Tls,
    pub(crate) cors: Cors,
    pub(crate) log: Log,
    pub(crate) telemetry: Telemetry,
    pub(crate) limits: Limits,
    pub(crate) websocket: WebSocket,
    pub(crate) store: Store,
    pub(crate) budgets: Budgets,
    pub(crate) prices: BTreeMap<String, Spanned<Prices>>,
    pub(crate) usage: Usage,
    pub(crate) keys: Vec<Spanned<Keys>>,
    pub(crate) issuers: Vec<Spanned<Issuer>>,
    pub(crate) gateway: Gateway,
    pub(crate) providers: BTreeMap<String, Spanned<Provider>>,
    pub(crate) models: BTreeMap<String, Spanned<Model>>,
    pub(crate) aliases: BTreeMap<String, Spanned<Names>>,
    pub(crate) tools: BTreeMap<String, Spanned<ToolEntry>>,
    pub(crate) tool_loop: ToolLoopSettings,
}

impl File {
    /// Reads a file, and returns the faults of its values with what could be read.
    ///
    /// # Errors
    /// A file that cannot be read as text.
    pub(crate) fn read(path: &Path) -> Result<(Self, Source, Faults), Fault> {
        let source = Source::read(path)?;
        let (file, faults) = read::read(&source);
        Ok((file, source, faults))
    }

    /// Returns the paths of the files that it names.
    pub(crate) fn files(&self, source: &Source) -> impl Iterator<Item = PathBuf> {
        let keys = self
            .keys
            .iter()
            .filter_map(|keys| keys.as_ref().file.as_ref());
        let providers = self.providers.values().map(Spanned::as_ref);
        let of_providers = providers.flat_map(|one| [&one.key_file, &one.ca_file]);
        let of_tls = [&self.tls.certificate, &self.tls.key].into_iter();
        let of_issuers = self.issuers.iter();
        let of_issuers = of_issuers.map(|issuer| &issuer.as_ref().jwks_file);
        let named = keys.chain(of_issuers);
        let named = named.chain(of_providers.flatten()).chain(of_tls.flatten());
        named.map(|path| source.beside(path.as_ref()))
    }

    /// Returns whether it names keys or issuers.
    pub(crate) fn has_callers(&self) -> bool {
        !self.keys.is_empty() || !self.issuers.is_empty()
    }

    #[cfg(test)]
    fn parse(source: &Source) -> Result<Self, Faults> {
        let (file, faults) = read::read(source);
        faults.into_result(Some(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../gateway.toml");

    /// The sample with its commented lines enabled.
    fn uncommented() -> String {
        let is_line = |rest: &str| {
            let name = rest.split([' ', '#']).next().unwrap_or_default();
            let is_name = |name: &str| {
                !name.is_empty()
                    && name.bytes().all(|byte| {
                        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'
                    })
            };
            rest.starts_with('[') || is_name(name) && rest[name.len()..].starts_with(" = ")
        };
        let mut lines = SAMPLE
            .lines()
            .map(|line| match line.trim_start().strip_prefix("# ") {
                Some(rest) if is_line(rest) => rest,
                _ => line,
            });
        let first = lines.next().unwrap_or_default().to_owned();
        lines.fold(first, |text, line| text + "\n" + line)
    }

    #[test]
    fn the_sample_and_its_commented_lines_are_valid() {
        let sample = File::parse(&Source::of("sample", SAMPLE)).unwrap();
        assert_eq!(sample.keys.len(), 2);
        assert!(sample.issuers.is_empty());
        let text = uncommented();
        let all = File::parse(&Source::of("uncommented", &text)).unwrap();
        assert_eq!(all.keys.len(), 4);
        assert_eq!(all.issuers.len(), 1);
    }

    #[test]
    fn the_files_that_the_sample_names_are_watched() {
        let text = uncommented();
        let source = Source::of("uncommented", &text);
        let known: Vec<_> = File::parse(&source).unwrap().files(&source).collect();
        for name in [
            "keys.txt",
            "jwks.json",
            "ca.pem",
            "server.pem",
            "server.key",
        ] {
            assert!(
                known.iter().any(|path| path.ends_with(name)),
                "{name}: {known:?}"
            );
        }
    }

    #[test]
    fn the_examples_of_the_readme_are_valid() {
        let readme = include_str!("../../../../README.md");
        let blocks = readme.split("```toml\n").skip(1);
        let files = blocks.filter(|block| block.starts_with("[[keys]]"));
        let shown = files.filter_map(|file| file.split("```").next());
        let models: Vec<_> = shown
            .map(|file| {
                let file = File::parse(&Source::of("README.md", file)).unwrap();
                file.models.len()
            })
            .collect();
        assert_eq!(models, [0, 1]);
    }

    #[test]
    fn the_sample_shows_every_field() {
        // serde lists all names when one is unknown.
        let shown = uncommented();
        for table in [
            "[server]",
            "[tls]",
            "[cors]",
            "[limits]",
            "[websocket]",
            "[store]",
            "[store.memory]",
            "[store.redis]",
            "[store.sql]",
            "[budgets]",
            "[prices.x]",
            "[usage]",
            "[[keys]]",
            "[[issuers]]",
            "[gateway]",
            "[gateway.unsupported]",
            "[providers.x]",
            "[models.x]",
            "[tools.x]",
            "[tool_loop]",
        ] {
            let text = format!("{table}\nno_such_field = 1\n");
            let fault = File::parse(&Source::of("x", &text))
                .err()
                .unwrap()
                .to_string();
            let names = fault.split('`').skip(3).step_by(2);
            let mut count = 0;
            for name in names {
                count += 1;
                let is_shown = shown.lines().any(|line| {
                    line.trim_start().starts_with(&format!("{name} = "))
                        || line.starts_with(&format!("[store.{name}]"))
                        || line.starts_with(&format!("[gateway.{name}]"))
                        || SAMPLE.contains(&format!(" {name}"))
                });
                assert!(is_shown, "{table}: {name} is not in the sample");
            }
            assert!(count > 0, "{fault}");
        }
    }
}
