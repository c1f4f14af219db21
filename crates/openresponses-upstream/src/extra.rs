use openresponses_types::Violation;
use openresponses_types::diagnostics::Path;
use openresponses_types::json::RawJson;
use openresponses_types::wire::Extra;

use crate::json::{Object, members};
use crate::reason;
use crate::request::{NO_MEMBER, Notes, refused};

/// What becomes of members of a request that neither the protocol nor the dialect names.
///
/// ```
/// use openresponses_upstream::ExtraPolicy;
/// use openresponses_upstream::responses::Responses;
///
/// let dialect = Responses::new().extra(ExtraPolicy::Refuse);
/// # let _ = dialect;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExtraPolicy {
    /// They are left out, with a warning.
    #[default]
    Warn,
    /// They are forwarded as they came.
    Forward,
    /// The request is refused.
    Refuse,
}

/// Members that name a part of the context which lies elsewhere: without it the answer is another
/// one.
const CONTEXT: &[&str] = &["prompt", "conversation"];

/// How a dialect prints the members of a request that the protocol does not name.
#[derive(Default)]
pub(crate) struct Extras<'a> {
    /// Members that the dialect has: printed as they came.
    pub(crate) known: &'a [&'a str],
    /// Those of them that the server refuses.
    pub(crate) unknown: &'a [&'a str],
    /// Members that the dialect has printed elsewhere.
    pub(crate) placed: &'a [&'a str],
    /// Members of the provider's options that the dialect has printed elsewhere.
    pub(crate) placed_options: &'a [&'a str],
    /// What becomes of others.
    pub(crate) policy: ExtraPolicy,
    /// Whose `providerOptions` become members of the body.
    pub(crate) provider: Option<&'a str>,
}

impl Extras<'_> {
    /// Prints them.
    ///
    /// # Errors
    /// When a member is refused.
    pub(crate) fn write(
        &self,
        extra: &Extra,
        body: &mut Object<'_>,
        notes: &mut Notes,
    ) -> Result<(), Violation> {
        for (name, value) in extra.iter() {
            let path = || Path::default().member(name);
            if value.get() == "null" || self.placed.contains(&name) {
                continue;
            }
            if name == "providerOptions" {
                self.write_options(value, body, notes);
            } else if CONTEXT.contains(&name) {
                return Err(refused(
                    path(),
                    "The model behind this server cannot load it. Send the context itself as 'input'.",
                ));
            } else {
                let is_known = self.known.contains(&name) && !self.unknown.contains(&name);
                match if is_known {
                    ExtraPolicy::Forward
                } else {
                    self.policy
                } {
                    ExtraPolicy::Warn => notes.warn(path(), NO_MEMBER),
                    ExtraPolicy::Forward if body.has(name) => {
                        notes.warn(path(), reason::SET_ALREADY)
                    }
                    ExtraPolicy::Forward => {
                        body.raw(name, value.get());
                        notes.origins.add(name, path());
                    }
                    ExtraPolicy::Refuse => {
                        return Err(refused(
                            path(),
                            "This model does not support the parameter.",
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    fn write_options(&self, all: &RawJson, body: &mut Object<'_>, notes: &mut Notes) {
        let path = Path::default().member("providerOptions");
        for (provider, options) in members(all.reader()) {
            let path = path.clone().member(&provider);
            if Some(&*provider) != self.provider {
                notes.warn(path, reason::OTHER_PROVIDER);
                continue;
            }
            for (name, mut value) in members(options) {
                if self.placed_options.contains(&&*name) {
                    continue;
                }
                if body.has(&name) {
                    notes.warn(path.clone().member(&name), reason::SET_ALREADY);
                } else {
                    body.raw(&name, value.raw());
                    notes.origins.add(&*name, path.clone().member(&name));
                }
            }
        }
    }
}
