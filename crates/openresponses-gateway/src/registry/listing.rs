//! Models as JSON in the format of OpenAI's clients.

use serde_json::{Value, json};

use super::catalog::Catalog;
use super::model::Model;

/// The models of the catalog, and those of `more` that it does not have.
pub(super) fn list(catalog: &Catalog, more: &[String], permits: impl Fn(&str) -> bool) -> Value {
    let models = catalog.models().filter(|model| permits(model.id()));
    let aliases = catalog
        .aliases()
        .filter(|(name, models)| may_see(name, models, &permits))
        .map(|(name, _)| of_alias(name));
    let is_new = |id: &&String| !catalog.models().any(|model| model.id() == *id);
    let more = more.iter().filter(|id| permits(id)).filter(is_new);
    let all = models
        .map(of_model)
        .chain(aliases)
        .chain(more.map(|id| of_id(id)));
    json!({"object": "list", "data": all.collect::<Vec<_>>()})
}

pub(super) fn one(
    catalog: &Catalog,
    more: &[String],
    id: &str,
    permits: impl Fn(&str) -> bool,
) -> Option<Value> {
    if let Some(model) = catalog.models().find(|model| model.id() == id) {
        return permits(id).then(|| of_model(model));
    }
    if more.iter().any(|known| known == id) {
        return permits(id).then(|| of_id(id));
    }
    let (name, models) = catalog.aliases().find(|(name, _)| *name == id)?;
    may_see(name, models, permits).then(|| of_alias(name))
}

/// An alias is visible to callers that may use it by name, or one of its models.
fn may_see(name: &str, models: &[String], permits: impl Fn(&str) -> bool) -> bool {
    permits(name) || models.iter().any(|model| permits(model))
}

fn of_model(model: &Model) -> Value {
    object(model.id(), model.created, owner(model.id()))
}

/// A model that its provider lists.
fn of_id(id: &str) -> Value {
    object(id, 0, owner(id))
}

fn owner(id: &str) -> &str {
    id.split_once('/').map_or("", |(creator, _)| creator)
}

/// The models of an alias are not disclosed.
fn of_alias(name: &str) -> Value {
    object(name, 0, "gateway")
}

fn object(id: &str, created: i64, owner: &str) -> Value {
    json!({"id": id, "object": "model", "created": created, "owned_by": owner})
}
