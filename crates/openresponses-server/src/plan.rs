//! The server to run, from the command line and the file.

use std::net::ToSocketAddrs as _;
use std::path::Path;

use openresponses_gateway::auth::Auth;
use openresponses_gateway::registry::Registry;
use openresponses_tower::Config;
use openresponses_tower::provider::DynProvider;
use tower_http::cors::CorsLayer;

use crate::arguments::Arguments;
use crate::cors;
use crate::endpoint::{Models, OwnModels};
use crate::file::{Fault, Faults, File, Source};
use crate::gateway::{self, Upstreams};
use crate::kept::Kept;
use crate::probe::Probe;
use crate::seen::Seen;
use crate::settings::Settings;
use crate::store::Stored;
use crate::tls::{self, Certificate};
use crate::upstream_models::UpstreamModels;

pub(crate) struct Plan {
    pub(crate) settings: Settings,
    pub(crate) config: Config,
    pub(crate) provider: DynProvider,
    pub(crate) models: Models,
    pub(crate) registry: Option<Registry>,
    pub(crate) upstreams: Upstreams,
    pub(crate) callers: Auth,
    pub(crate) tls: Option<Certificate>,
    pub(crate) cors: Option<CorsLayer>,
    /// A key and a model for the example request.
    pub(crate) key: &'static str,
    pub(crate) model: String,
    /// What `--check` tries to reach.
    pub(crate) probes: Vec<Probe>,
}

impl Plan {
    /// # Errors
    /// All faults of the file.
    pub(crate) fn new(arguments: &Arguments, kept: &Kept) -> Result<Self, Faults> {
        match &arguments.config {
            Some(path) => {
                let (file, source, mut faults) = File::read(path)?;
                let mut later = Faults::default();
                let knows_callers = !faults.hide_callers();
                let plan =
                    Self::of_file(arguments, kept, (&file, &source), knows_callers, &mut later);
                faults.append(later);
                faults.into_result(plan)
            }
            None => Self::of_arguments(arguments, kept),
        }
    }

    fn of_arguments(arguments: &Arguments, kept: &Kept) -> Result<Self, Faults> {
        let file = File::default();
        let mut faults = Faults::default();
        let settings = Settings::new(arguments, &file, None, &mut faults);
        check_anonymous(arguments, kept.listen(&settings.listen), &file, &mut faults);
        check_places(&settings, &mut faults);
        let mut probes = Vec::new();
        let Stored { config, .. } = settings.endpoint(arguments, &file, kept, None, &mut probes)?;
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
            Some(upstream) => gateway::upstream(upstream.clone(), kept),
            None => gateway::embedded(kept),
        };
        let callers = gateway::any_token();
        let plan = Self {
            config: config.authorize(callers.clone()),
            settings,
            provider: match arguments.sample_tool {
                true => gateway::with_sample(provider)?,
                false => provider,
            },
            registry: None,
            upstreams: upstream.iter().cloned().collect(),
            callers,
            tls: None,
            cors: None,
            models: Models::Own(match upstream {
                Some(upstream) => OwnModels::Upstream(UpstreamModels::new(upstream)),
                None => OwnModels::Embedded,
            }),
            key: "test",
            model: "any".into(),
            probes,
        };
        faults.into_result(Some(plan))
    }

    fn of_file(
        arguments: &Arguments,
        kept: &Kept,
        (file, source): (&File, &Source),
        knows_callers: bool,
        faults: &mut Faults,
    ) -> Option<Self> {
        let settings = Settings::new(arguments, file, Some(source), faults);
        let listen = kept.listen(&settings.listen);
        if knows_callers {
            check_anonymous(arguments, listen, file, faults);
        }
        check_places(&settings, faults);
        let mut probes = Vec::new();
        let stored = settings.endpoint(arguments, file, kept, Some(source), &mut probes);
        let (config, share) = match faults.take(stored) {
            Some(Stored { config, share }) => (Some(config), kept.share(share)),
            None => (None, None),
        };
        let tls = tls::read(&file.tls, source, faults);
        let cors = cors::layer(&file.cors, source, faults);
        let built = gateway::build(file, source, kept, share, &mut probes, faults)?;
        let has_callers = file.has_callers();
        Some(Self {
            settings,
            provider: built.provider,
            registry: built.registry,
            upstreams: built.upstreams,
            callers: built.auth.clone(),
            tls,
            cors,
            models: match built.models {
                Some(layer) => Models::Listed(Box::new(layer)),
                None => Models::Own(OwnModels::Embedded),
            },
            config: config?.authorize(built.auth),
            key: if has_callers { "YOUR-KEY" } else { "test" },
            model: a_model(file),
            probes,
        })
    }
}

/// Returns the files that a plan reads, as they are now. Those that a faulty file names count too: a
/// fault may be that one is missing.
pub(crate) fn files(arguments: &Arguments) -> Vec<Seen> {
    let Some(path) = &arguments.config else {
        return Vec::new();
    };
    let mut files = vec![Seen::now(path.clone())];
    if let Ok((file, source, _)) = File::read(path) {
        files.extend(file.files(&source).map(Seen::now));
    }
    files
}

/// Reports a public address of a server that everybody may use. A reload does not change the address.
fn check_anonymous(arguments: &Arguments, listen: &str, file: &File, faults: &mut Faults) {
    if arguments.allow_anonymous || file.has_callers() || !is_public(listen) {
        return;
    }
    faults.push(Fault::new(format!(
        "{listen} can be reached from other machines, and without keys every caller is accepted: add \
         [[keys]] or [[issuers]] to a file, listen on 127.0.0.1, or accept this with \
         --allow-anonymous"
    )));
}

/// Reports what would end the start: an address that is used twice, and files without a folder.
fn check_places(settings: &Settings, faults: &mut Faults) {
    let is_free = settings.listen.ends_with(":0");
    if settings.admin.as_ref() == Some(&settings.listen) && !is_free {
        faults.push(Fault::new(format!(
            "server.admin: {} is the address of the other listener",
            settings.listen
        )));
    }
    let files = [
        ("usage.file", &settings.usage),
        ("log.file", &settings.log.file),
    ];
    for (name, path) in files {
        let folder = path.as_deref().and_then(Path::parent);
        let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            let message = format!("{name}: there is no folder {}", folder.display());
            faults.push(Fault::new(message));
        }
    }
}

/// Returns whether other machines can reach an address. One that does not resolve cannot be bound.
fn is_public(listen: &str) -> bool {
    let addresses = listen.to_socket_addrs();
    addresses.is_ok_and(|mut all| all.any(|address| !address.ip().is_loopback()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Wanted;

    const KEY: &str = "[[keys]]\ntenant = \"acme\"\n\
        sha256 = \"246c6a889938d703aa7ba351c2a6abcbba304db0c338c25b9939a23cafb13851\"\n";

    #[tokio::test]
    async fn a_reload_without_keys_does_not_open_the_public_address_of_the_start() {
        let name = format!("openresponses-plan-{}.toml", std::process::id());
        let path = std::env::temp_dir().join(name);
        let given = ["--config".to_owned(), path.display().to_string()];
        let Ok(Wanted::Serve(arguments)) = Arguments::parse(given.into_iter()) else {
            panic!("the arguments are refused");
        };
        let kept = Kept::new().unwrap();
        let plan = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Plan::new(&arguments, &kept)
        };
        assert!(plan(&format!("[server]\nlisten = \"0.0.0.0:0\"\n{KEY}")).is_ok());
        let faults = plan("[server]\nlisten = \"127.0.0.1:0\"\n").err().unwrap();
        std::fs::remove_file(&path).unwrap();
        let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
        assert!(
            faults[0].starts_with("0.0.0.0:0 can be reached from other machines"),
            "{faults:?}"
        );
    }
}
