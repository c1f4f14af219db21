//! Models as JSON in the format of OpenAI's clients.

use serde_json::{Value, json};

use super::catalog::Catalog;
use super::model::Model;

pub(super) fn list(catalog: &Catalog, permits: impl Fn(&str) -> bool) -> Value {
    let models = catalog.models().filter(|model| permits(model.id()));
    let aliases = catalog
        .aliases()
        .filter(|(name, models)| may_see(name, models, &permits))
        .map(|(name, _)| of_alias(name));
    json!({"object": "list", "data": models.map(of_model).chain(aliases).collect::<Vec<_>>()})
}

pub(super) fn one(catalog: &Catalog, id: &str, permits: impl Fn(&str) -> bool) -> Option<Value> {
    if let Some(model) = catalog.models().find(|model| model.id() == id) {
        return permits(id).then(|| of_model(model));
    }
    let (name, models) = catalog.aliases().find(|(name, _)| *name == id)?;
    may_see(name, models, permits).then(|| of_alias(name))
}

/// An alias is visible to callers that may use it by name, or one of its models.
fn may_see(name: &str, models: &[String], permits: impl Fn(&str) -> bool) -> bool {
    permits(name) || models.iter().any(|model| permits(model))
}

fn of_model(model: &Model) -> Value {
    let owner = model
        .id()
        .split_once('/')
        .map_or("", |(creator, _)| creator);
    object(model.id(), model.created, owner)
}

/// The models of an alias are not disclosed.
fn of_alias(name: &str) -> Value {
    object(name, 0, "gateway")
}

fn object(id: &str, created: i64, owner: &str) -> Value {
    json!({"id": id, "object": "model", "created": created, "owned_by": owner})
}
