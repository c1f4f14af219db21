//! Encrypted connections.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use libtest_mimic::Trial;
use openresponses_store_redis::{RedisStore, RedisStoreError, RedisStoreOptions};
use openresponses_testing::store_conformance;

use crate::support::*;

pub(crate) fn trials() -> Vec<Trial> {
    let missing = !installed("openssl", "version");
    [
        trial("tls_conformance", the_suite),
        trial("tls_unknown_servers_are_refused", unknown_servers),
        trial("tls_client_certificates", client_certificates),
        trial("tls_certificates_that_cannot_be_used", unusable),
    ]
    .into_iter()
    .map(|trial| trial.with_ignored_flag(missing))
    .collect()
}

/// A certificate authority and its certificates.
struct Authority(PathBuf);

impl Authority {
    fn new() -> Self {
        let authority = Self(scratch());
        authority.openssl(&[
            "-keyout",
            "ca.key",
            "-out",
            "ca.crt",
            "-subj",
            "/CN=Authority",
        ]);
        authority
    }

    /// Makes `{name}.crt` and `{name}.key` for 127.0.0.1.
    fn certify(&self, name: &str) {
        let (key, certificate) = (format!("{name}.key"), format!("{name}.crt"));
        let names = "subjectAltName=IP:127.0.0.1";
        let by = ["-CA", "ca.crt", "-CAkey", "ca.key", "-subj", "/CN=Name"];
        let of = ["-keyout", &key, "-out", &certificate, "-addext", names];
        let end = ["-addext", "basicConstraints=critical,CA:FALSE"];
        self.openssl(&[&by[..], &of, &end].concat());
    }

    fn openssl(&self, arguments: &[&str]) {
        let status = Command::new("openssl")
            .args(["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"])
            .args(["-pkeyopt", "ec_paramgen_curve:prime256v1"])
            .args(arguments)
            .current_dir(&self.0)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(name)).unwrap()
    }

    /// Starts a server with or without client certificates.
    fn server(&self, clients: &str) -> (Server, String) {
        self.certify("server");
        let path = |name: &str| Path::new(&self.0).join(name).display().to_string();
        let port = free_port();
        let server = Server::with(&[
            "--tls-port",
            &port.to_string(),
            "--tls-cert-file",
            &path("server.crt"),
            "--tls-key-file",
            &path("server.key"),
            "--tls-ca-cert-file",
            &path("ca.crt"),
            "--tls-auth-clients",
            clients,
        ]);
        (server, format!("rediss://127.0.0.1:{port}"))
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn the_suite() {
    let authority = Authority::new();
    let (_server, url) = authority.server("no");
    let options = RedisStoreOptions::new().root_certificates(authority.read("ca.crt"));
    let store = RedisStore::connect(&url, options).unwrap();
    store_conformance::run(&store).await;
}

async fn unknown_servers() {
    let authority = Authority::new();
    let (_server, url) = authority.server("no");
    let stranger = Authority::new().read("ca.crt");
    let localhost = url.replace("127.0.0.1", "localhost");
    let trusted = authority.read("ca.crt");
    for (url, options) in [
        (&url, RedisStoreOptions::new()),
        (&url, RedisStoreOptions::new().root_certificates(stranger)),
        // A name that the certificate does not have.
        (
            &localhost,
            RedisStoreOptions::new().root_certificates(trusted),
        ),
    ] {
        let store = RedisStore::connect(url, options).unwrap();
        let error = store.ping().await.unwrap_err();
        let RedisStoreError::Unreachable { reason } = cause(&error) else {
            panic!("{error:?}");
        };
        assert!(reason.contains("certificate"), "{reason}");
    }
    // An address cannot disable verification.
    let insecure = RedisStore::connect(&format!("{url}/#insecure"), RedisStoreOptions::new());
    assert!(insecure.unwrap().ping().await.is_err());
}

async fn client_certificates() {
    let authority = Authority::new();
    let (_server, url) = authority.server("yes");
    authority.certify("client");
    let options = RedisStoreOptions::new().root_certificates(authority.read("ca.crt"));
    let untrusting = RedisStore::connect(&url, options.clone()).unwrap();
    assert!(untrusting.ping().await.is_err());
    let key = authority.read("client.key");
    let options = options.client_certificate(authority.read("client.crt"), key.clone());
    let store = RedisStore::connect(&url, options).unwrap();
    store.ping().await.unwrap();
    let text = format!("{store:?}");
    let key = format!("{key:?}");
    assert!(
        !text.contains("PRIVATE") && !text.contains(&key[1..50]),
        "{text}"
    );
}

async fn unusable() {
    let options = RedisStoreOptions::new().client_certificate("secret", "secret");
    let error = RedisStore::connect("rediss://127.0.0.1:1", options).unwrap_err();
    assert!(matches!(error, RedisStoreError::Configuration { .. }));
    assert!(!format!("{error} {error:?}").contains("secret"));
}
