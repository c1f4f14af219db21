/// What a name without a creator, such as `gpt-5.2`, means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BareNames {
    /// Nothing: 404.
    Refuse,
    /// The one model of that name, whoever created it. When there are several it is nothing.
    #[default]
    Unique,
    /// The model of that name by this creator.
    CreatedBy(String),
}
