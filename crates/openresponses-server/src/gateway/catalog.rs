//! The catalog of providers, models and aliases.

use openresponses_gateway::registry::{BareNames, Catalog, Model, Route};
use toml::Spanned;

use super::listing::Upstreams;
use super::provider::{self, Place, Times};
use crate::file::{self, Bare, Fault, Faults, File, Names, Served, Source, Time, Wait, quoted};
use crate::kept::Kept;
use crate::settings::{FIRST_OUTPUT, IDLE};

/// Returns the catalog; `None` for a file without models.
pub(super) fn catalog(
    file: &File,
    source: &Source,
    kept: &Kept,
    upstreams: &mut Upstreams,
    faults: &mut Faults,
) -> Option<Catalog> {
    if file.providers.is_empty() && file.models.is_empty() && file.aliases.is_empty() {
        return None;
    }
    let catalog = providers(file, source, kept, upstreams, faults);
    let catalog = models(file, source, catalog, faults);
    let catalog = aliases(file, source, catalog, faults);
    if let Some(name) = &file.gateway.default_model
        && !catalog.has(name.as_ref())
    {
        faults.push(source.unresolved(
            Some(name.span()),
            "gateway.default_model",
            format!("there is no model {:?}", name.as_ref()),
        ));
    }
    Some(catalog)
}

const FORWARDS_OWN: &str = "with `keys` or `issuers` the bearer token is that of this server, which would be \
    sent to the provider: remove the setting, or set `key_env` or `key_file`";

fn providers(
    file: &File,
    source: &Source,
    kept: &Kept,
    upstreams: &mut Upstreams,
    faults: &mut Faults,
) -> Catalog {
    let mut catalog = Catalog::new();
    let limit = |time: Option<Time>, default| match time {
        Some(time) => (!time.0.is_zero()).then_some(time.0),
        None => Some(default),
    };
    let times = Times {
        first_output: file.gateway.timeout.map(|wait| wait.0),
        response: limit(file.limits.first_output, FIRST_OUTPUT),
        idle: limit(file.limits.idle, IDLE),
    };
    for (slug, settings) in &file.providers {
        let at = Some(settings.span());
        let settings = settings.as_ref();
        let field = format!("providers.{}", quoted(slug));
        let place = Place {
            source,
            slug,
            field: &field,
            at: at.clone(),
        };
        if let Some(at) = settings.forwards_keys().filter(|_| file.has_callers()) {
            let field = format!("{field}.forward_client_key");
            faults.push(source.fault(Some(at), &field, FORWARDS_OWN));
        }
        let entry = provider::entry(settings, times, kept, &place, upstreams);
        let Some(entry) = faults.take(entry) else {
            continue;
        };
        catalog = catalog.provider(slug, entry);
        let checked = catalog.check();
        if faults
            .take(checked.map_err(|error| source.fault(at, &field, error)))
            .is_none()
        {
            catalog.remove_provider(slug);
        } else if settings.serves_any() {
            catalog = catalog.serve_any(slug);
        }
    }
    catalog
}

fn models(file: &File, source: &Source, mut catalog: Catalog, faults: &mut Faults) -> Catalog {
    for (id, settings) in &file.models {
        let model = model(id, settings, file, source, faults);
        if let Some(model) = faults.take(model) {
            catalog = catalog.model(model);
        }
    }
    let rule = faults.take(bare_names(file, source));
    catalog = catalog.bare_names(rule.unwrap_or_default());
    for (id, model) in &file.models {
        if let Some(names) = &model.as_ref().fallbacks {
            let field = format!("models.{}.fallbacks", quoted(id));
            all_there(names, &field, file, source, &catalog, faults);
            if names.as_ref().0.contains(id) {
                let message = "it names the model itself";
                faults.push(source.fault(Some(names.span()), &field, message));
            }
        }
    }
    if catalog.models().next().is_none()
        && !file.providers.values().any(|one| one.as_ref().serves_any())
    {
        let at = file.providers.values().next().map(Spanned::span);
        let message = "there are none: the providers serve no model";
        faults.push(source.unresolved(at, "models", message));
    }
    catalog
}

fn model(
    id: &str,
    model: &Spanned<file::Model>,
    file: &File,
    source: &Source,
    faults: &mut Faults,
) -> Result<Model, Fault> {
    let field = format!("models.{}", quoted(id));
    let (at, model) = (model.span(), model.as_ref());
    if id.is_empty() {
        return Err(source.fault(Some(at), &field, "a model needs a name"));
    }
    let mut made = Model::new(id).created(model.created);
    if model.providers.as_ref().is_empty() {
        return Err(source.fault(
            Some(model.providers.span()),
            &format!("{field}.providers"),
            "it must name at least one provider",
        ));
    }
    for (index, served) in model.providers.as_ref().iter().enumerate() {
        let field = format!("{field}.providers[{index}]");
        let known = file.providers.keys().map(String::as_str);
        if let Some(route) = faults.take(route(served, known, source, &field)) {
            made = made.route(route);
        }
    }
    if let Some(names) = &model.fallbacks {
        made = made.fallbacks(names.as_ref().0.clone());
    }
    Ok(made)
}

fn route<'f>(
    served: &Spanned<Served>,
    known: impl Iterator<Item = &'f str> + Clone,
    source: &Source,
    field: &str,
) -> Result<Route, Fault> {
    let Served(settings) = served.as_ref();
    if !known.clone().any(|slug| slug == settings.provider) {
        let known: Vec<&str> = known.collect();
        let message = match known.as_slice() {
            [] => "there are no providers".to_owned(),
            known => format!(
                "there is no provider {:?}; the providers are: {}",
                settings.provider,
                known.join(", ")
            ),
        };
        return Err(source.unresolved(Some(served.span()), field, message));
    }
    let mut route = Route::new(&settings.provider);
    if let Some(model) = &settings.model {
        route = route.model(model);
    }
    if let Some(cost) = settings.cost {
        route = route.cost(cost.0);
    }
    if let Some(Wait(ttft)) = settings.ttft {
        route = route.ttft(ttft);
    }
    if let Some(tps) = settings.tps {
        route = route.tps(tps.0);
    }
    if let Some(lacks) = settings.lacks {
        route = route.capabilities(lacks.0);
    }
    Ok(route)
}

fn bare_names(file: &File, source: &Source) -> Result<BareNames, Fault> {
    let Some(rule) = &file.gateway.bare_names else {
        return Ok(BareNames::default());
    };
    Ok(match rule.as_ref() {
        Bare::Unique => BareNames::Unique,
        Bare::Refuse => BareNames::Refuse,
        Bare::CreatedBy(creator) => {
            let begin = format!("{creator}/");
            let is_open = file
                .providers
                .get(creator)
                .is_some_and(|one| one.as_ref().serves_any());
            if !is_open && !file.models.keys().any(|id| id.starts_with(&begin)) {
                return Err(source.unresolved(
                    Some(rule.span()),
                    "gateway.bare_names.creator",
                    format!("there is no model that begins with {begin:?}"),
                ));
            }
            BareNames::CreatedBy(creator.clone())
        }
    })
}

fn aliases(file: &File, source: &Source, mut catalog: Catalog, faults: &mut Faults) -> Catalog {
    // Aliases refer to models only.
    let models = catalog.clone();
    for (name, stands_for) in &file.aliases {
        let field = format!("aliases.{}", quoted(name));
        let at = Some(stands_for.span());
        let wrong = if name.is_empty() {
            Some("an alias needs a name")
        } else if file.models.contains_key(name) {
            Some("there is a model of that name")
        } else if stands_for.as_ref().0.is_empty() {
            Some("it must name at least one model")
        } else {
            None
        };
        if let Some(message) = wrong {
            faults.push(source.fault(at, &field, message));
            continue;
        }
        all_there(stands_for, &field, file, source, &models, faults);
        catalog = catalog.alias(name, stands_for.as_ref().0.clone());
    }
    catalog
}

fn all_there(
    names: &Spanned<Names>,
    field: &str,
    file: &File,
    source: &Source,
    models: &Catalog,
    faults: &mut Faults,
) {
    for missing in names.as_ref().0.iter().filter(|name| !models.has(name)) {
        let message = match file.aliases.contains_key(missing) {
            true => format!("{missing:?} is an alias: name its models"),
            false => format!("there is no model {missing:?}"),
        };
        faults.push(source.unresolved(Some(names.span()), field, message));
    }
}
