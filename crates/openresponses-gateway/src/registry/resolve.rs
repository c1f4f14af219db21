//! Resolution of model names.

use std::borrow::Cow;
use std::sync::Arc;

use super::bare::BareNames;
use super::catalog::Catalog;
use super::model::Route;
use super::provider_entry::ProviderEntry;

/// The maximum length of a model name in bytes, since names appear in reports.
const NAME: usize = 256;

/// A resolved model.
#[derive(Clone, Debug)]
pub(crate) struct Resolved<'c> {
    pub(crate) id: Arc<str>,
    pub(crate) routes: Cow<'c, [Route]>,
    /// The host's fallbacks.
    pub(crate) fallbacks: &'c [String],
    /// The label in metrics, which clients cannot choose.
    pub(crate) label: Arc<str>,
}

impl Catalog {
    /// Returns the models that a name resolves to: one, or those of an alias.
    pub(crate) fn resolve(&self, name: &str) -> Option<Vec<Resolved<'_>>> {
        match self.aliases.get(name) {
            Some(models) => models.iter().map(|model| self.find(model)).collect(),
            None => Some(vec![self.find(name)?]),
        }
    }

    /// Returns the model of a name that is not an alias.
    pub(crate) fn find(&self, name: &str) -> Option<Resolved<'_>> {
        if let Some(model) = self.models.get(name) {
            return Some(Resolved {
                id: model.id.clone(),
                routes: Cow::Borrowed(&model.routes),
                fallbacks: &model.fallbacks,
                label: model.id.clone(),
            });
        }
        match name.split_once('/') {
            Some((slug, rest)) => {
                let is_name = (1..=NAME).contains(&rest.len());
                (self.open.contains(slug) && is_name).then(|| Resolved {
                    id: name.into(),
                    routes: Cow::Owned(vec![Route::new(slug)]),
                    fallbacks: &[],
                    label: format!("{slug}/*").into(),
                })
            }
            None => self.find_bare(name),
        }
    }

    fn find_bare(&self, name: &str) -> Option<Resolved<'_>> {
        match &self.bare {
            BareNames::Refuse => None,
            BareNames::CreatedBy(creator) => self.find(&format!("{creator}/{name}")),
            BareNames::Unique => {
                let mut of_name = self
                    .models
                    .keys()
                    .filter(|id| id.split_once('/').is_some_and(|(_, rest)| rest == name));
                match (of_name.next(), of_name.next()) {
                    (Some(only), None) => self.find(only),
                    _ => None,
                }
            }
        }
    }

    pub(crate) fn entry(&self, slug: &str) -> Option<&ProviderEntry> {
        self.providers.get(slug)
    }
}
