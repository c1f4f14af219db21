//! The `providerOptions` of a request.

use std::fmt;
use std::time::Duration;

use openresponses_tower::Error;
use openresponses_types::json::{RawJson, Reader, ValueKind};
use openresponses_types::wire::Extra;

use super::list::{ENTRIES, is_object, members, names, object, shown};

/// Limits of a timeout in `providerTimeouts`, in milliseconds.
const TIMEOUT: (f64, f64) = (1_000.0, 789_000.0);

/// The most warnings of one request.
const WARNINGS: usize = 32;

/// `providerOptions.gateway` and the other members of `providerOptions`.
///
/// A malformed or unknown option becomes a warning and does not fail the request. `only` restricts:
/// ignoring an unreadable one would send a conversation to excluded providers, so it is refused.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) models: Vec<String>,
    pub(super) order: Vec<String>,
    pub(super) only: Option<Vec<String>>,
    pub(super) sort: Option<Sort>,
    pub(super) timeouts: Vec<(String, Duration)>,
    /// All of `providerOptions`, unchanged.
    all: Option<RawJson>,
    pub(super) warnings: Vec<OptionWarning>,
}

/// The sort key of a model's providers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Cost,
    Ttft,
    Tps,
}

/// A warning about an option without effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OptionWarning {
    pub(super) feature: String,
    pub(super) details: String,
}

impl Options {
    /// Removes `providerOptions` from a request.
    pub(super) fn take(extra: &mut Extra) -> Result<Self, Error> {
        let mut options = Self::default();
        let Some(all) = extra.remove("providerOptions") else {
            return Ok(options);
        };
        if !is_object(all.reader()) {
            options.warn("providerOptions", "It is not an object, so it is ignored.");
            return Ok(options);
        }
        if let Some(own) = all.reader().member("gateway") {
            if is_object(own) {
                for (name, value) in members(own) {
                    options.option(&name, value)?;
                }
            } else {
                options.warn("gateway", "It is not an object, so it is ignored.");
            }
        }
        options.all = Some(all);
        Ok(options)
    }

    pub(super) fn warn(&mut self, feature: impl fmt::Display, details: impl fmt::Display) {
        if self.warnings.len() < WARNINGS {
            self.warnings.push(OptionWarning {
                feature: feature.to_string(),
                details: details.to_string(),
            });
        }
    }

    fn option(&mut self, name: &str, mut value: Reader<'_>) -> Result<(), Error> {
        match name {
            // Some clients send null for an absent option.
            _ if value.kind() == ValueKind::Null => {}
            "models" => match names(value) {
                Some(all) => self.models = all,
                None => self.warn(name, NAMES),
            },
            "order" => match names(value) {
                Some(all) => self.order = all,
                None => self.warn(name, NAMES),
            },
            "only" => {
                let all = names(value).ok_or_else(|| {
                    Error::invalid_request(
                        ONLY,
                        format!("'{ONLY}' restricts which providers may answer. {NAMES}"),
                    )
                })?;
                self.only = Some(all);
            }
            "sort" => match value.string().as_deref() {
                Some("cost") => self.sort = Some(Sort::Cost),
                Some("ttft") => self.sort = Some(Sort::Ttft),
                Some("tps") => self.sort = Some(Sort::Tps),
                _ => self.warn(name, "Providers can be sorted by 'cost', 'ttft' or 'tps'."),
            },
            "providerTimeouts" if is_object(value) => {
                for (at, (provider, time)) in members(value).enumerate() {
                    if at == ENTRIES {
                        self.warn(name, format_args!("Only the first {ENTRIES} of it count."));
                        break;
                    }
                    self.timeout(&provider, time);
                }
            }
            "providerTimeouts" => {
                self.warn(name, "It must be an object of providers and milliseconds.");
            }
            other => self.warn(shown(other), "This gateway does not know the option."),
        }
        Ok(())
    }

    fn timeout(&mut self, provider: &str, mut time: Reader<'_>) {
        let feature = format!("providerTimeouts.{}", shown(provider));
        let number = time.number().and_then(|text| text.parse().ok());
        let Some(asked) = number.filter(|asked: &f64| *asked >= 0.0) else {
            return self.warn(feature, "It must be a number of milliseconds.");
        };
        let (least, most) = TIMEOUT;
        let used = asked.clamp(least, most);
        if used != asked {
            self.warn(
                feature,
                format_args!(
                    "It must lie between {least} and {most} milliseconds: {used} is used."
                ),
            );
        }
        let time = Duration::from_secs_f64(used / 1_000.0);
        self.timeouts.push((provider.to_owned(), time));
    }

    pub(super) fn timeout_of(&self, provider: &str) -> Option<Duration> {
        let mut all = self.timeouts.iter();
        all.find(|(name, _)| name == provider)
            .map(|(_, time)| *time)
    }

    /// Warns about options for unknown providers.
    pub(super) fn warn_of_unknown(&mut self, is_known: impl Fn(&str) -> bool) {
        let Some(all) = self.all.take() else {
            return;
        };
        for (name, _) in members(all.reader()) {
            if name != "gateway" && !is_known(&name) {
                let name = shown(&name);
                self.warn(
                    format_args!("providerOptions.{name}"),
                    format_args!("There is no provider '{name}'."),
                );
            }
            if self.warnings.len() == WARNINGS {
                break;
            }
        }
        self.all = Some(all);
    }

    /// Returns the `providerOptions` of one provider: its own member, unchanged.
    pub(super) fn for_provider(&self, slug: &str) -> Option<RawJson> {
        object(slug, self.all.as_ref()?.reader().member(slug)?)
    }
}

const NAMES: &str = "It must be a list of up to 64 names.";

/// The member that restricts the providers.
pub(super) const ONLY: &str = "providerOptions.gateway.only";

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(json: &str) -> Result<Options, Error> {
        let mut extra = Extra::default();
        extra.insert("providerOptions", RawJson::parse(json).unwrap());
        Options::take(&mut extra)
    }

    #[test]
    fn all_at_once() {
        let options = taken(
            r#"{"gateway":{"models":["a/b","c/d","a/b"],"order":["x"],"only":["x","y"],"sort":"ttft",
                "providerTimeouts":{"x":2500,"y":1}},"x":{"deep":[1.50]}}"#,
        )
        .unwrap();
        assert_eq!(options.models, ["a/b", "c/d"]);
        assert_eq!(
            options.only.as_deref(),
            Some(&["x".to_owned(), "y".to_owned()][..])
        );
        assert_eq!(options.sort, Some(Sort::Ttft));
        assert_eq!(options.timeout_of("x"), Some(Duration::from_millis(2_500)));
        assert_eq!(options.timeout_of("y"), Some(Duration::from_secs(1)));
        assert_eq!(
            options.for_provider("x").unwrap().get(),
            r#"{"x":{"deep":[1.50]}}"#
        );
        assert!(options.for_provider("y").is_none());
        // Rounding a fraction of a second is exact enough here.
        for milliseconds in 1_000..=789_000 {
            let mut options = Options::default();
            let number = RawJson::parse(&milliseconds.to_string()).unwrap();
            options.timeout("x", number.reader());
            assert!(options.warnings.is_empty(), "{milliseconds}");
        }
        let features: Vec<_> = options
            .warnings
            .iter()
            .map(|warning| &warning.feature[..])
            .collect();
        assert_eq!(features, ["providerTimeouts.y"]);
    }

    #[test]
    fn malformed_options_are_warnings() {
        for (json, feature) in [
            ("[]", "providerOptions"),
            (r#"{"gateway":1}"#, "gateway"),
            (r#"{"gateway":{"models":"a/b"}}"#, "models"),
            (r#"{"gateway":{"models":[1]}}"#, "models"),
            (r#"{"gateway":{"order":{}}}"#, "order"),
            (r#"{"gateway":{"sort":"price"}}"#, "sort"),
            (r#"{"gateway":{"sort":1}}"#, "sort"),
            (r#"{"gateway":{"providerTimeouts":5}}"#, "providerTimeouts"),
            (
                r#"{"gateway":{"providerTimeouts":{"a":"5"}}}"#,
                "providerTimeouts.a",
            ),
            (
                r#"{"gateway":{"providerTimeouts":{"a":-5}}}"#,
                "providerTimeouts.a",
            ),
            (
                r#"{"gateway":{"providerTimeouts":{"a":1e99}}}"#,
                "providerTimeouts.a",
            ),
            (r#"{"gateway":{"caching":"auto"}}"#, "caching"),
        ] {
            let warnings = taken(json).unwrap().warnings;
            assert_eq!(warnings.len(), 1, "{json}");
            assert_eq!(warnings[0].feature, feature);
        }
        let nulls = r#"{"gateway":{"models":null,"only":null,"sort":null}}"#;
        assert!(taken(nulls).unwrap().warnings.is_empty());
    }

    #[test]
    fn a_malformed_restriction_is_refused() {
        for only in [r#""x""#, "{}", "[1]", "true"] {
            let refused = taken(&format!(r#"{{"gateway":{{"only":{only}}}}}"#)).unwrap_err();
            assert_eq!(refused.payload().param.as_str(), Some(ONLY));
        }
    }
}
