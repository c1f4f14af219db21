use openresponses_types::diagnostics::Path;
use openresponses_types::json::{Reader, ValueKind};
use openresponses_types::wire::Extra;

use crate::anthropic::Anthropic;
use crate::json::members;
use crate::reason;
use crate::request::{NO_MEMBER, Notes};

/// What the members of an object that the protocol does not name say to this dialect.
#[derive(Debug, Default)]
pub(super) struct Own {
    /// `cache_control`, as JSON.
    pub(super) cache_control: Option<String>,
    /// `is_error`, which outputs of functions may have.
    pub(super) is_error: bool,
    is_output: bool,
}

impl Own {
    /// Reads `extra` of the object at `path`, and warns of what has no place.
    pub(super) fn read(dialect: &Anthropic, extra: &Extra, path: &Path, notes: &mut Notes) -> Self {
        Self::default().take(dialect, extra, path, notes)
    }

    /// Reads `extra` of an output of a function.
    pub(super) fn of_output(
        dialect: &Anthropic,
        extra: &Extra,
        path: &Path,
        notes: &mut Notes,
    ) -> Self {
        let own = Self {
            is_output: true,
            ..Self::default()
        };
        own.take(dialect, extra, path, notes)
    }

    fn take(mut self, dialect: &Anthropic, extra: &Extra, path: &Path, notes: &mut Notes) -> Self {
        for (name, value) in extra.iter() {
            let place = || path.clone().member(name);
            if value.get() == "null" {
                continue;
            }
            if name != "providerOptions" {
                self.member(name, value.reader(), place(), notes);
                continue;
            }
            for (provider, options) in members(value.reader()) {
                let place = place().member(&provider);
                if Some(&*provider) != dialect.common.provider.as_deref() {
                    notes.warn(place, reason::OTHER_PROVIDER);
                    continue;
                }
                for (name, value) in members(options) {
                    self.member(&name, value, place.clone().member(&name), notes);
                }
            }
        }
        self
    }

    fn member(&mut self, name: &str, mut value: Reader<'_>, path: Path, notes: &mut Notes) {
        match name {
            "cache_control" | "cacheControl" if value.kind() == ValueKind::Object => {
                self.cache_control = Some(value.raw().to_owned());
            }
            "is_error" | "isError" if self.is_output && value.kind() == ValueKind::Boolean => {
                self.is_error = value.boolean().unwrap_or(false);
            }
            _ => notes.warn(path, NO_MEMBER),
        }
    }
}
