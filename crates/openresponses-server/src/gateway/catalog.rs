//! The catalog of providers, models and aliases.

use openresponses_gateway::registry::{BareNames, Catalog, Model, Route};
use toml::Spanned;

use super::listing::Upstreams;
use super::provider::{self, Place};
use crate::active_calls::ActiveCalls;
use crate::file::{Bare, Fault, File, Names, Served, Source, Wait, quoted};

/// Returns the catalog; `None` for a file without models.
pub(super) fn catalog(
    file: &File,
    source: &Source,
    active: &ActiveCalls,
    upstreams: &mut Upstreams,
) -> Result<Option<Catalog>, Fault> {
    if file.providers.is_empty() && file.models.is_empty() && file.aliases.is_empty() {
        return Ok(None);
    }
    let catalog = providers(file, source, active, upstreams)?;
    let catalog = models(file, source, catalog)?;
    let catalog = aliases(file, source, catalog)?;
    if let Some(name) = &file.gateway.default_model
        && !catalog.has(name.as_ref())
    {
        return Err(source.fault(
            Some(name.span()),
            "gateway.default_model",
            format!("there is no model {:?}", name.as_ref()),
        ));
    }
    Ok(Some(catalog))
}

fn providers(
    file: &File,
    source: &Source,
    active: &ActiveCalls,
    upstreams: &mut Upstreams,
) -> Result<Catalog, Fault> {
    let mut catalog = Catalog::new();
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
        let entry = provider::entry(settings, file.gateway.timeout, active, &place, upstreams)?;
        catalog = catalog.provider(slug, entry);
        catalog
            .check()
            .map_err(|error| source.fault(at, &field, error))?;
        if settings.serves_any() {
            catalog = catalog.serve_any(slug);
        }
    }
    Ok(catalog)
}

fn models(file: &File, source: &Source, mut catalog: Catalog) -> Result<Catalog, Fault> {
    for (id, model) in &file.models {
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
            made = made.route(route(served, known, source, &field)?);
        }
        if let Some(names) = &model.fallbacks {
            made = made.fallbacks(names.as_ref().0.clone());
        }
        catalog = catalog.model(made);
    }
    catalog = catalog.bare_names(bare_names(file, source)?);
    for (id, model) in &file.models {
        if let Some(names) = &model.as_ref().fallbacks {
            let field = format!("models.{}.fallbacks", quoted(id));
            all_there(names, &field, file, source, &catalog)?;
        }
    }
    if catalog.models().next().is_none()
        && !file.providers.values().any(|one| one.as_ref().serves_any())
    {
        let at = file.providers.values().next().map(Spanned::span);
        return Err(source.fault(at, "models", "there are none: the providers serve no model"));
    }
    Ok(catalog)
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
        return Err(source.fault(Some(served.span()), field, message));
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
                return Err(source.fault(
                    Some(rule.span()),
                    "gateway.bare_names.creator",
                    format!("there is no model that begins with {begin:?}"),
                ));
            }
            BareNames::CreatedBy(creator.clone())
        }
    })
}

fn aliases(file: &File, source: &Source, mut catalog: Catalog) -> Result<Catalog, Fault> {
    // Aliases refer to models only.
    let models = catalog.clone();
    for (name, stands_for) in &file.aliases {
        let field = format!("aliases.{}", quoted(name));
        let at = Some(stands_for.span());
        if name.is_empty() {
            return Err(source.fault(at, &field, "an alias needs a name"));
        }
        if file.models.contains_key(name) {
            return Err(source.fault(at, &field, "there is a model of that name"));
        }
        if stands_for.as_ref().0.is_empty() {
            return Err(source.fault(at, &field, "it must name at least one model"));
        }
        all_there(stands_for, &field, file, source, &models)?;
        catalog = catalog.alias(name, stands_for.as_ref().0.clone());
    }
    Ok(catalog)
}

fn all_there(
    names: &Spanned<Names>,
    field: &str,
    file: &File,
    source: &Source,
    models: &Catalog,
) -> Result<(), Fault> {
    let Some(missing) = names.as_ref().0.iter().find(|name| !models.has(name)) else {
        return Ok(());
    };
    let message = match file.aliases.contains_key(missing) {
        true => format!("{missing:?} is an alias: name its models"),
        false => format!("there is no model {missing:?}"),
    };
    Err(source.fault(Some(names.span()), field, message))
}
