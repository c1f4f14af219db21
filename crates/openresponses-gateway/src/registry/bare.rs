/// Resolution of a model name without a creator, such as `gpt-5.2`.
///
/// ```
/// use openresponses_gateway::registry::{BareNames, Catalog};
///
/// let catalog = Catalog::new().bare_names(BareNames::CreatedBy("openai".into()));
/// # let _ = catalog;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BareNames {
    /// Refuse it with 404.
    Refuse,
    /// Use the only model of that name. Refuse it if several creators have one.
    #[default]
    Unique,
    /// Use the model of that name by this creator.
    CreatedBy(String),
}
