//! The bound on open connections. Before a request has arrived, only the address of a client is known, so
//! each address has a share.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::file::OpenConnectionLimits;

/// The default total, if the process may open enough files. Above that of WebSockets.
const TOTAL: usize = 20_000;

/// The most connections of a listener at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConnectionLimits {
    pub(crate) total: usize,
    pub(crate) address: usize,
}

impl ConnectionLimits {
    /// Three quarters of the total for an address unless set. Default of the total: 20,000, or three
    /// quarters of the files that the process may open, which it raises to what the system permits.
    pub(crate) fn new(limits: OpenConnectionLimits) -> Self {
        let total = limits.total.map(NonZeroUsize::get);
        let total = total.unwrap_or_else(|| TOTAL.min(three_quarters(open_files())));
        let address = limits.address.map(NonZeroUsize::get);
        Self {
            total,
            address: address.unwrap_or(three_quarters(total)).min(total),
        }
    }
}

fn three_quarters(of: usize) -> usize {
    of - of / 4
}

/// Returns how many files the process may open, after asking for as many as the system permits. Other
/// systems than Unix have no such limit.
fn open_files() -> usize {
    #[cfg(unix)]
    {
        let files = rlimit::increase_nofile_limit(rlimit::INFINITY);
        let files = files.or_else(|_| rlimit::Resource::NOFILE.get_soft());
        files.map_or(usize::MAX, |files| {
            usize::try_from(files).unwrap_or(usize::MAX)
        })
    }
    #[cfg(not(unix))]
    {
        usize::MAX
    }
}

/// The open connections of one listener.
#[derive(Debug)]
pub(crate) struct OpenConnections {
    limits: ConnectionLimits,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    of: HashMap<IpAddr, usize>,
    over_total: u64,
    over_address: u64,
}

/// What the connections of a listener come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) open: usize,
    pub(crate) limits: ConnectionLimits,
    /// Connections refused since the start, because of each limit.
    pub(crate) over_total: u64,
    pub(crate) over_address: u64,
}

impl OpenConnections {
    pub(crate) fn new(limits: ConnectionLimits) -> Arc<Self> {
        let open = Mutex::default();
        Arc::new(Self { limits, open })
    }

    /// Admits a connection until the result is dropped. Returns `None` for one too many.
    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<OpenConnection> {
        let address = network(address);
        let mut guard = self.lock();
        let open = &mut *guard;
        if open.all >= self.limits.total {
            open.over_total += 1;
            return None;
        }
        let of_address = open.of.entry(address).or_default();
        if *of_address >= self.limits.address {
            open.over_address += 1;
            return None;
        }
        *of_address += 1;
        open.all += 1;
        Some(OpenConnection {
            all: Arc::clone(self),
            address,
        })
    }

    pub(crate) fn usage(&self) -> Usage {
        let open = self.lock();
        Usage {
            open: open.all,
            limits: self.limits,
            over_total: open.over_total,
            over_address: open.over_address,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An address; of IPv6 its network, since one client has all addresses of a /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// An admitted connection.
#[derive(Debug)]
pub(crate) struct OpenConnection {
    all: Arc<OpenConnections>,
    address: IpAddr,
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        let mut open = self.all.lock();
        open.all -= 1;
        if let Entry::Occupied(mut of_address) = open.of.entry(self.address) {
            *of_address.get_mut() -= 1;
            if *of_address.get() == 0 {
                of_address.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn limits(total: usize, address: Option<usize>) -> ConnectionLimits {
        ConnectionLimits::new(OpenConnectionLimits {
            total: NonZeroUsize::new(total),
            address: address.and_then(NonZeroUsize::new),
        })
    }

    #[test]
    fn an_address_has_a_share_and_all_have_a_total() {
        let all = OpenConnections::new(limits(3, Some(2)));
        let mut of_one: Vec<_> = (0..3).filter_map(|_| all.admit(ip("10.0.0.1"))).collect();
        assert_eq!(of_one.len(), 2);
        let other = all.admit(ip("::ffff:10.0.0.2"));
        assert!(other.is_some() && all.admit(ip("10.0.0.3")).is_none());
        let usage = all.usage();
        assert_eq!(
            (usage.open, usage.over_total, usage.over_address),
            (3, 1, 1)
        );
        of_one.pop();
        assert!(all.admit(ip("10.0.0.2")).is_some());
        drop((of_one, other));
        assert_eq!((all.usage().open, all.lock().of.len()), (0, 0));
    }

    #[test]
    fn an_address_counts_until_its_last_connection_ends() {
        let all = OpenConnections::new(limits(9, Some(2)));
        let admit = || all.admit(ip("10.0.0.1"));
        let mut open: Vec<_> = (0..2).filter_map(|_| admit()).collect();
        open.pop();
        assert_eq!(all.lock().of.len(), 1);
        open.extend(admit());
        assert_eq!((open.len(), admit().is_none()), (2, true));
        open.clear();
        assert_eq!((all.usage().open, all.lock().of.len()), (0, 0));
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let all = OpenConnections::new(limits(10, Some(1)));
        let _one = all.admit(ip("2001:db8::1"));
        assert!(all.admit(ip("2001:db8::ffff:2")).is_none());
        assert!(all.admit(ip("2001:db8:0:1::1")).is_some());
    }

    #[test]
    fn the_default_fits_the_files_of_the_process() {
        let default = limits(0, None);
        assert!(default.total <= TOTAL && 0 < default.address && default.address < default.total);
        assert_eq!(limits(1, None).address, 1);
        assert_eq!(limits(4, Some(9)).address, 4);
    }
}
