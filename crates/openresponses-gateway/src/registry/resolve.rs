//! From a name to who serves it.

use super::bare::BareNames;
use super::catalog::Catalog;
use super::model::Route;
use super::provider_entry::ProviderEntry;

/// Longer names of models, in bytes, are nobody's: they come back in reports.
const NAME: usize = 256;

/// A model that was found.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    pub(crate) id: String,
    pub(crate) routes: Vec<Route>,
    /// What the host lets be tried after it.
    pub(crate) fallbacks: Vec<String>,
    /// What stands for it in metrics: names that clients make up must not.
    pub(crate) label: String,
}

impl Catalog {
    /// The models that a name stands for: one, or those of an alias.
    pub(crate) fn resolve(&self, name: &str) -> Option<Vec<Resolved>> {
        match self.aliases.get(name) {
            Some(models) => models.iter().map(|model| self.find(model)).collect(),
            None => Some(vec![self.find(name)?]),
        }
    }

    /// The model of a name that is no alias.
    pub(crate) fn find(&self, name: &str) -> Option<Resolved> {
        if let Some(model) = self.models.get(name) {
            return Some(Resolved {
                id: model.id.clone(),
                routes: model.routes.clone(),
                fallbacks: model.fallbacks.clone(),
                label: model.id.clone(),
            });
        }
        match name.split_once('/') {
            Some((slug, rest)) => {
                let is_name = (1..=NAME).contains(&rest.len());
                (self.open.contains(slug) && is_name).then(|| Resolved {
                    id: name.to_owned(),
                    routes: vec![Route::new(slug)],
                    fallbacks: Vec::new(),
                    label: format!("{slug}/*"),
                })
            }
            None => self.find_bare(name),
        }
    }

    fn find_bare(&self, name: &str) -> Option<Resolved> {
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
