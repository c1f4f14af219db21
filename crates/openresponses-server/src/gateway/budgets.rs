//! Budgets of callers and prices of models.

use std::sync::Arc;

use openresponses_gateway::budget::{Budgets, PriceTable, StoreOutage};
use openresponses_gateway::registry::Catalog;
use toml::Spanned;

use super::access::{Access, is_match};
use crate::file::{BudgetStoreKind, Faults, File, Outage, Source, quoted};
use crate::kept::Kept;
use crate::probe::Probe;

/// Returns the budgets of the file, `None` where no caller has one.
pub(super) fn budgets(
    file: &File,
    source: &Source,
    kept: &Kept,
    access: &Arc<Access>,
    probes: &mut Vec<Probe>,
    faults: &mut Faults,
) -> Option<Budgets> {
    let settings = &file.budgets;
    let kind = settings.store.as_ref();
    let is_shared = kind.is_some_and(|kind| *kind.as_ref() == BudgetStoreKind::Redis);
    if let Some(outage) = settings.outage.as_ref().filter(|_| !is_shared) {
        let message = "it needs store = \"redis\": set that, or remove it";
        faults.push(source.fault(Some(outage.span()), "budgets.outage", message));
    }
    if !access.has_budgets() {
        let (reserve, message) = (
            settings.output_reserve.as_ref(),
            "it needs a budget, and no caller has one: remove it",
        );
        for (at, field) in [
            (kind.map(Spanned::span), "budgets.store"),
            (reserve.map(Spanned::span), "budgets.output_reserve"),
        ] {
            if at.is_some() {
                faults.push(source.fault(at, field, message));
            }
        }
        return None;
    }
    let accounts = Arc::clone(access);
    let account = move |principal: &_| accounts.account(principal);
    let mut budgets = match kind.map_or(BudgetStoreKind::Memory, |kind| *kind.as_ref()) {
        BudgetStoreKind::Memory => Budgets::new(kept.budgets.clone(), account),
        BudgetStoreKind::Redis => {
            let at = kind.map(Spanned::span);
            let shared =
                crate::store::budgets(kept.store(&file.store), source, at, probes, account);
            faults.take(shared)?
        }
    };
    if let Some(outage) = &settings.outage {
        budgets = budgets.store_outage(match outage.as_ref() {
            Outage::Refuse => StoreOutage::Refuse,
            Outage::Allow => StoreOutage::Allow,
        });
    }
    if let Some(tokens) = &settings.output_reserve {
        budgets = budgets.output_reserve(*tokens.as_ref());
    }
    Some(budgets)
}

/// Returns the prices of the file. Reports models that are free while a budget limits money.
pub(super) fn prices(
    file: &File,
    source: &Source,
    access: &Access,
    catalog: Option<&Catalog>,
    faults: &mut Faults,
) -> PriceTable {
    let mut table = PriceTable::new();
    for (model, entry) in &file.prices {
        let field = format!("prices.{}", quoted(model));
        let (at, prices) = (entry.span(), entry.as_ref());
        if let Some(message) = unused(model, file, catalog) {
            faults.push(source.unresolved(Some(at.clone()), &field, message));
        }
        match prices.everywhere() {
            Some(Ok(price)) => table = table.price(model, price.0),
            Some(Err(message)) => faults.push(source.fault(Some(at), &field, message)),
            None if prices.providers.is_empty() => {
                faults.push(source.fault(Some(at), &field, "it needs `input` and `output`"));
            }
            None => {}
        }
        for (provider, price) in &prices.providers {
            if !file.providers.contains_key(provider) {
                let field = format!("{field}.providers");
                let message = format!("there is no provider {provider:?}");
                faults.push(source.unresolved(Some(price.span()), &field, message));
            }
            table = table.price_at(model, provider, price.as_ref().0);
        }
    }
    if access.limits_cost() {
        report_free(file, source, &table, catalog, faults);
    }
    table
}

/// Returns why a price applies to no model, if so. Without a catalog any name is that of a model.
fn unused(name: &str, file: &File, catalog: Option<&Catalog>) -> Option<String> {
    let mut models = catalog?.models();
    let is_of = |(all, _): (String, String)| name.starts_with(&all) || is_match(name, &all);
    if models.any(|model| is_match(name, model.id())) || open(file).any(is_of) {
        return None;
    }
    Some(match file.aliases.contains_key(name) {
        true => format!("{name:?} is an alias: name its models"),
        false => format!("there is no model {name:?}"),
    })
}

/// Returns how the names of models begin at each provider that serves any model, with the provider.
fn open(file: &File) -> impl Iterator<Item = (String, String)> {
    let open = file.providers.iter();
    let open = open.filter(|(_, one)| one.as_ref().serves_any());
    open.map(|(slug, _)| (format!("{slug}/"), slug.clone()))
}

/// Reports models without a price.
fn report_free(
    file: &File,
    source: &Source,
    table: &PriceTable,
    catalog: Option<&Catalog>,
    faults: &mut Faults,
) {
    let models = catalog.map(Catalog::models).into_iter().flatten();
    let routes = models.flat_map(|model| {
        let routes = model.routes().iter();
        routes.map(|route| (model.id().to_owned(), route.provider().to_owned()))
    });
    for (model, provider) in routes.chain(open(file)) {
        if table.find(&model, &provider).is_none() {
            let shown = match model.ends_with('/') {
                true => format!("{model}*"),
                false => model,
            };
            faults.push(source.unresolved(
                None,
                "prices",
                format!("a budget limits cost, and {shown:?} at {provider:?} has no price"),
            ));
        }
    }
}
