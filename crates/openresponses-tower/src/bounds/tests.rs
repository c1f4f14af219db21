use super::*;
use crate::error::{Error, ErrorKind};

const SMALL: u64 = 64 * 1024;

fn kind(result: Result<(), Error>) -> Option<ErrorKind> {
    result.err().map(|error| {
        assert!(error.retry_after_seconds().is_some());
        error.kind()
    })
}

#[test]
fn large_holders_leave_room_for_small_ones() {
    let bounds = Bounds::new().memory(16 * SMALL, 16 * SMALL);
    let tenant = bounds.tenant(&Scope::new("a"));
    let mut all: Vec<_> = (0..5)
        .map(|_| tenant.nothing(BoundedResource::Memory))
        .collect();
    assert!(all[0].grow(7 * SMALL).is_ok() && all[1].grow(7 * SMALL).is_ok());
    assert!(all[0].grow(1).is_err());
    assert!(all[2].grow(SMALL).is_ok() && all[3].grow(SMALL).is_ok());
    assert!(all[4].grow(1).is_err());
    all.drain(..2);
    assert!(all[2].grow(12 * SMALL).is_ok() && all[2].grow(1).is_err());
    drop(all);
    assert_eq!(bounds.usage()[0].held, 0);
}

#[test]
fn a_share_is_429_and_the_total_is_503() {
    let bounds = Bounds::new().requests(3, 2);
    let [a, b] = ["a", "b"].map(|name| bounds.tenant(&Scope::new(name)));
    let mut of_a = a.nothing(BoundedResource::Requests);
    assert!(of_a.grow(2).is_ok());
    assert_eq!(kind(of_a.grow(1)), Some(ErrorKind::RateLimited));
    let mut of_b = b.nothing(BoundedResource::Requests);
    assert!(of_b.grow(1).is_ok());
    assert_eq!(kind(of_b.grow(1)), Some(ErrorKind::Overloaded));
    let usage = bounds.usage()[1];
    assert_eq!((usage.held, usage.over_share, usage.over_total), (3, 1, 1));
    // What was refused because of the total does not stay on the tenant's account.
    of_a.resize(0).ok().unwrap();
    assert!(of_b.grow(1).is_ok());
    assert_eq!(kind(of_b.resize(3)), Some(ErrorKind::RateLimited));
    assert!(of_b.resize(1).is_ok());
    assert_eq!(bounds.usage()[1].held, 1);
}

#[test]
fn each_bound_is_set_by_itself() {
    type Set = fn(Bounds, u64, u64) -> Bounds;
    let all: [(&str, Set); 4] = [
        ("memory", Bounds::memory),
        ("requests", Bounds::requests),
        ("connections", Bounds::connections),
        ("background", Bounds::background),
    ];
    let limits = |bounds: &Bounds| {
        let usage = bounds.usage();
        usage.map(|usage| (usage.resource.as_str(), usage.total, usage.share))
    };
    let default = [
        ("memory", 536_870_912, 268_435_456),
        ("requests", 16_384, 12_288),
        ("connections", 16_384, 12_288),
        ("background", 256, 64),
    ];
    assert_eq!(limits(&Bounds::new()), default);
    for (n, (name, set)) in all.into_iter().enumerate() {
        let mut expected = default;
        expected[n] = (name, 3, 2);
        assert_eq!(limits(&set(Bounds::new(), 3, 2)), expected);
    }
}

#[test]
fn what_is_held_follows_its_size() {
    let bounds = Bounds::new().requests(4 * SMALL, 4 * SMALL);
    let tenant = bounds.tenant(&Scope::new("a"));
    let mut held = tenant.hold(BoundedResource::Requests, 3).ok().unwrap();
    for whole in [5, 4, 4, 9, 0, 2] {
        assert!(held.resize(whole).is_ok());
        assert_eq!((held.amount(), bounds.usage()[1].held), (whole, whole));
    }
    // Only memory has a reserve, so the whole share is for one holder.
    assert!(held.resize(4 * SMALL).is_ok() && held.grow(1).is_err());
    assert!(held.grow(1).is_err());
    let usage = bounds.usage()[1];
    assert_eq!((usage.over_share, usage.over_total), (2, 0));
}

#[test]
fn a_tenant_is_kept_while_it_holds_anything() {
    let bounds = Bounds::new();
    let scope = Scope::new("a");
    let held = bounds
        .tenant(&scope)
        .hold(BoundedResource::Connections, 7)
        .ok()
        .unwrap();
    assert!(Arc::ptr_eq(&bounds.tenant(&scope), &bounds.tenant(&scope)));
    assert_eq!(bounds.0.tenants().len(), 1);
    drop(held);
    assert_eq!(bounds.0.tenants().len(), 0);
    assert_eq!(bounds.usage()[2].held, 0);
}

#[test]
fn amounts_that_cannot_be_are_refused() {
    let bounds = Bounds::new().memory(u64::MAX, u64::MAX);
    let mut held = bounds
        .tenant(&Scope::anonymous())
        .nothing(BoundedResource::Memory);
    assert!(held.grow(1).is_ok() && held.grow(u64::MAX).is_err() && held.grow(1).is_ok());
    let none = Bounds::new().memory(0, 0);
    let tenant = none.tenant(&Scope::anonymous());
    assert!(tenant.hold(BoundedResource::Memory, 1).is_err());
    assert!(tenant.hold(BoundedResource::Memory, 0).is_ok());
}
