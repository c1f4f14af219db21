//! The server to run, from the command line and the file.

use openresponses_testing::TestKeys;
use openresponses_tower::Config;
use openresponses_tower::provider::DynProvider;

use crate::active_calls::ActiveCalls;
use crate::arguments::Arguments;
use crate::endpoint::{Models, OwnModels};
use crate::file::{Fault, File};
use crate::gateway::{self, Upstreams};
use crate::settings::Settings;
use crate::store::Stored;

pub(crate) struct Plan {
    pub(crate) settings: Settings,
    pub(crate) config: Config,
    pub(crate) provider: DynProvider,
    pub(crate) models: Models,
    pub(crate) upstreams: Upstreams,
    pub(crate) active: ActiveCalls,
    /// A key and a model for the example request.
    pub(crate) key: &'static str,
    pub(crate) model: String,
}

impl Plan {
    /// # Errors
    /// The fault in the file.
    pub(crate) fn new(arguments: &Arguments) -> Result<Self, Fault> {
        let active = ActiveCalls::default();
        let Some(path) = &arguments.config else {
            let file = File::default();
            let settings = Settings::new(arguments, &file, None)?;
            let Stored { config, .. } = settings.endpoint(arguments, &file, None)?;
            let upstream = arguments
                .upstream
                .as_deref()
                .map(|address| {
                    let kind = arguments.upstream_kind.unwrap_or_default();
                    let key = arguments.upstream_key_env.as_deref();
                    gateway::of_arguments(kind, address, key)
                })
                .transpose()?;
            let provider = match &upstream {
                Some(upstream) => gateway::upstream(upstream.clone(), &active),
                None => gateway::embedded(&active),
            };
            return Ok(Self {
                config: config.authorize(TestKeys::new()),
                settings,
                provider: match arguments.sample_tool {
                    true => gateway::with_sample(provider)?,
                    false => provider,
                },
                upstreams: upstream.iter().cloned().collect(),
                models: Models::Own(match upstream {
                    Some(upstream) => OwnModels::Upstream(Box::new(upstream)),
                    None => OwnModels::Embedded,
                }),
                active,
                key: "test",
                model: "any".into(),
            });
        };
        let (file, source) = File::read(path)?;
        let settings = Settings::new(arguments, &file, Some(&source))?;
        let Stored { config, share } = settings.endpoint(arguments, &file, Some(&source))?;
        let built = gateway::build(&file, &source, &active, share)?;
        let has_keys = !file.keys.is_empty() || !file.issuers.is_empty();
        Ok(Self {
            settings,
            provider: built.provider,
            upstreams: built.upstreams,
            models: match built.models {
                Some(layer) => Models::Listed(Box::new(layer)),
                None if has_keys => Models::Own(OwnModels::Protected(built.auth.clone())),
                None => Models::Own(OwnModels::Embedded),
            },
            config: config.authorize(built.auth),
            active,
            key: if has_keys { "YOUR-KEY" } else { "test" },
            model: a_model(&file),
        })
    }
}

/// Returns a model that the file allows.
fn a_model(file: &File) -> String {
    let mut open = file
        .providers
        .iter()
        .filter(|(_, one)| one.as_ref().serves_any());
    match (file.models.keys().next(), open.next()) {
        (Some(id), _) => id.clone(),
        (None, Some((slug, _))) => format!("{slug}/any"),
        (None, None) => "any".into(),
    }
}
