use std::time::Duration;

use redis::io::tcp::TcpSettings;
use redis::{AsyncConnectionConfig, Client, IntoConnectionInfo, RedisResult};

use crate::connection::Connection;
use crate::error::RedisStoreError;
use crate::options::RedisStoreOptions;

/// The address to connect to.
#[derive(Clone)]
#[allow(clippy::large_enum_variant, reason = "a store has one")]
pub(crate) enum Target {
    One(Client),
    #[cfg(feature = "cluster")]
    Cluster(redis::cluster::ClusterClient),
}

impl Target {
    pub(crate) fn one(url: &str, options: &RedisStoreOptions) -> Result<Self, RedisStoreError> {
        let open = || {
            let info = url.into_connection_info()?.set_tcp_settings(tcp(options));
            #[cfg(feature = "tls")]
            if is_encrypted(url) {
                choose_cryptography();
                return Client::build_with_tls(info, options.certificates.clone());
            }
            Client::open(info)
        };
        match open() {
            Ok(client) => Ok(Self::One(client)),
            Err(error) => Err(RedisStoreError::configuration(&error)),
        }
    }

    #[cfg(feature = "cluster")]
    pub(crate) fn cluster<'a>(
        urls: impl IntoIterator<Item = &'a str>,
        options: &RedisStoreOptions,
    ) -> Result<Self, RedisStoreError> {
        let urls: Vec<&str> = urls.into_iter().collect();
        let builder = redis::cluster::ClusterClient::builder(urls.iter().copied())
            .tcp_settings(tcp(options))
            .connection_timeout(options.connect_timeout)
            .response_timeout(options.timeout)
            // The client's own pauses exceed the time limit of a call.
            .retries(5)
            .min_retry_wait(20)
            .max_retry_wait(200);
        #[cfg(feature = "tls")]
        let builder = if urls.iter().any(|url| is_encrypted(url)) {
            choose_cryptography();
            builder.certs(options.certificates.clone())
        } else {
            builder
        };
        match builder.build() {
            Ok(client) => Ok(Self::Cluster(client)),
            Err(error) => Err(RedisStoreError::configuration(&error)),
        }
    }

    /// Connects within the time limit.
    pub(crate) async fn open(&self, timeout: Duration) -> Result<Connection, RedisStoreError> {
        match tokio::time::timeout(timeout, self.connect()).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(RedisStoreError::of(&error)),
            Err(_) => Err(RedisStoreError::TimedOut),
        }
    }

    async fn connect(&self) -> RedisResult<Connection> {
        match self {
            Self::One(client) => {
                // The time limit applies to whole calls.
                let config = AsyncConnectionConfig::new()
                    .set_connection_timeout(None)
                    .set_response_timeout(None);
                let connection = client
                    .get_multiplexed_async_connection_with_config(&config)
                    .await?;
                Ok(Connection::One(connection))
            }
            #[cfg(feature = "cluster")]
            Self::Cluster(client) => Ok(Connection::Cluster(client.get_async_connection().await?)),
        }
    }
}

fn tcp(options: &RedisStoreOptions) -> TcpSettings {
    // Without this every second small write waits for an acknowledgement.
    let settings = TcpSettings::default().set_nodelay(true);
    // The kernel notices a server that vanished silently, even if no caller waits long enough.
    #[cfg(target_os = "linux")]
    let settings = settings.set_user_timeout(options.timeout.saturating_mul(4));
    #[cfg(not(target_os = "linux"))]
    let _ = options;
    settings
}

#[cfg(feature = "tls")]
fn is_encrypted(url: &str) -> bool {
    url.starts_with("rediss:") || url.starts_with("valkeys:")
}

/// The Redis client panics when a process has two cryptography providers and no default.
#[cfg(feature = "tls")]
fn choose_cryptography() {
    use rustls::crypto::{CryptoProvider, ring};
    if CryptoProvider::get_default().is_none() {
        // An error means that another thread installed one first.
        let _ = ring::default_provider().install_default();
    }
}
