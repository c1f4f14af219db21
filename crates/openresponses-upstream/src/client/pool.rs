use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use http::Uri;
use tokio::time::Instant;

use super::error::ClientError;
use super::http1::Http1;
use super::idle::{Idle, sweep_later};
use super::shared::{Shared, Stream, lock};

/// A server: its scheme and authority.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key(String);

impl Key {
    pub(super) fn of(uri: &Uri) -> Result<Self, ClientError> {
        match (uri.scheme_str(), uri.authority()) {
            (Some(scheme), Some(authority)) => Ok(Self(format!("{scheme}://{authority}"))),
            _ => Err(ClientError::Address(uri.to_string())),
        }
    }
}

/// Connections that are not in use, and HTTP/2 connections.
#[derive(Debug)]
pub(super) struct Pool {
    idle: Mutex<HashMap<Key, Vec<(Instant, Http1)>>>,
    shared: Mutex<HashMap<Key, Vec<Shared>>>,
    max_idle: usize,
    keep: Duration,
    is_swept: AtomicBool,
}

impl Pool {
    pub(super) fn new(max_idle: usize, keep: Duration) -> Self {
        Self {
            idle: Mutex::default(),
            shared: Mutex::default(),
            max_idle,
            keep,
            is_swept: AtomicBool::new(false),
        }
    }

    /// Returns an HTTP/2 connection of a server that takes one more stream.
    pub(super) fn http2(&self, key: &Key) -> Option<(Shared, Stream)> {
        let mut shared = lock(&self.shared);
        let all = shared.get_mut(key)?;
        all.retain(|connection| connection.is_kept(self.keep));
        let mut all = all.iter();
        all.find_map(|connection| Some((connection.clone(), connection.stream()?)))
    }

    pub(super) fn keep_http2(self: &Arc<Self>, key: Key, connection: Shared) {
        lock(&self.shared).entry(key).or_default().push(connection);
        sweep_later(self);
    }

    /// Gives a connection to no further request.
    pub(super) fn forget_http2(&self, key: &Key, connection: &Shared) {
        if let Some(all) = lock(&self.shared).get_mut(key) {
            all.retain(|known| !known.is(connection));
        }
    }

    /// Takes the connection that was used last, if there is one that can take a request.
    pub(super) fn http1(&self, key: &Key) -> Option<Http1> {
        let now = Instant::now();
        let mut cx = Context::from_waker(Waker::noop());
        loop {
            let (since, mut connection) = lock(&self.idle).get_mut(key)?.pop()?;
            if now.duration_since(since) < self.keep && connection.is_ready(&mut cx) {
                return Some(connection);
            }
        }
    }

    /// Takes a connection back.
    pub(super) fn keep_http1(self: &Arc<Self>, key: &Key, connection: Http1) {
        let now = Instant::now();
        let mut idle = lock(&self.idle);
        let all = match idle.get_mut(key) {
            Some(all) => all,
            None => idle.entry(key.clone()).or_default(),
        };
        all.retain(|(since, _)| now.duration_since(*since) < self.keep);
        if all.len() < self.max_idle {
            all.push((now, connection));
        }
        drop(idle);
        sweep_later(self);
    }
}

impl Idle for Pool {
    fn is_swept(&self) -> &AtomicBool {
        &self.is_swept
    }

    fn time(&self) -> Duration {
        self.keep
    }

    fn sweep(&self) -> bool {
        let now = Instant::now();
        let mut idle = lock(&self.idle);
        idle.retain(|_, all| {
            all.retain(|(since, _)| now.duration_since(*since) < self.keep);
            !all.is_empty()
        });
        let mut shared = lock(&self.shared);
        shared.retain(|_, all| {
            all.retain(|connection| connection.is_kept(self.keep));
            !all.is_empty()
        });
        !idle.is_empty() || !shared.is_empty()
    }
}
