//! Models as JSON, in the shape that OpenAI's clients read.

use serde_json::{Value, json};

use super::catalog::Catalog;
use super::model::Model;

pub(super) fn list(catalog: &Catalog) -> Value {
    let models = catalog.models().map(of_model);
    let aliases = catalog.aliases().map(|(name, _)| of_alias(name));
    json!({"object": "list", "data": models.chain(aliases).collect::<Vec<_>>()})
}

pub(super) fn one(catalog: &Catalog, id: &str) -> Option<Value> {
    if let Some(model) = catalog.models().find(|model| model.id() == id) {
        return Some(of_model(model));
    }
    let mut aliases = catalog.aliases();
    aliases
        .find(|(name, _)| *name == id)
        .map(|(name, _)| of_alias(name))
}

fn of_model(model: &Model) -> Value {
    let owner = model
        .id()
        .split_once('/')
        .map_or("", |(creator, _)| creator);
    object(model.id(), model.created, owner)
}

/// What an alias stands for is the host's business.
fn of_alias(name: &str) -> Value {
    object(name, 0, "gateway")
}

fn object(id: &str, created: i64, owner: &str) -> Value {
    json!({"id": id, "object": "model", "created": created, "owned_by": owner})
}
