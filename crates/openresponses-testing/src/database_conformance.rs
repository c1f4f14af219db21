//! What a store must do while its database is away, full, read-only or slow, and when either of them
//! starts again, as a suite for the tests of a store with a database.
//!
//! A test implements [`TestDatabase`] for a database of its own and calls [`run`]. In each
//! [`Disturbance`] a store may refuse. It must not claim what is not so: that a response is not
//! there, that one was saved, changed or deleted.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use openresponses_tower::Scope;
use openresponses_tower::store::{
    Claim, Conversation, ResponseStore, StoreError, StoredResponse, UpdateCondition,
};
use openresponses_types::response::ResponseStatus;

use crate::store_conformance::{self, check, job, scope, turn, user};

/// A database of a test.
///
/// ```
/// use openresponses_testing::database_conformance::{Disturbance, TestDatabase, run};
/// use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
///
/// /// A store without a database, which nothing disturbs.
/// struct Memory(MemoryStore);
///
/// impl TestDatabase for Memory {
///     type Store = MemoryStore;
///
///     async fn connect(&mut self) -> MemoryStore {
///         self.0.clone()
///     }
///
///     async fn disturb(&mut self, _: Disturbance, _: &MemoryStore) -> Option<MemoryStore> {
///         None
///     }
///
///     async fn restore(&mut self, _: Disturbance) {}
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let store = MemoryStore::new(MemoryStoreLimits::default());
/// assert_eq!(run(&mut Memory(store)).await, []);
/// # }
/// ```
#[allow(async_fn_in_trait, reason = "tests await it where they are")]
pub trait TestDatabase {
    /// The store of the test.
    type Store: ResponseStore;

    /// Connects a store, as another process does.
    async fn connect(&mut self) -> Self::Store;

    /// Begins a disturbance. Returns the store to use in it: a clone of `before`, which was connected
    /// before, or another one, such as one with a shorter time limit. None where the database cannot
    /// be in that state.
    async fn disturb(
        &mut self,
        disturbance: Disturbance,
        before: &Self::Store,
    ) -> Option<Self::Store>;

    /// Ends a disturbance.
    async fn restore(&mut self, disturbance: Disturbance);
}

/// What is wrong with a database for a while.
///
/// ```
/// use openresponses_testing::database_conformance::Disturbance;
///
/// let names = Disturbance::ALL.map(|one| one.to_string());
/// assert_eq!(names, ["away", "full", "read-only", "slow"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disturbance {
    /// It does not run, or cannot be opened. Nothing that it has acknowledged is lost.
    Away,
    /// It has no room.
    Full,
    /// It cannot be written.
    ReadOnly,
    /// It does not answer for longer than the store waits.
    Slow,
}

impl Disturbance {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Away, Self::Full, Self::ReadOnly, Self::Slow];

    /// Returns true where reading goes on.
    fn can_be_read(self) -> bool {
        match self {
            Self::Full | Self::ReadOnly => true,
            Self::Away | Self::Slow => false,
        }
    }
}

impl fmt::Display for Disturbance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Away => "away",
            Self::Full => "full",
            Self::ReadOnly => "read-only",
            Self::Slow => "slow",
        })
    }
}

/// Disturbs the database in each way that it can be, and checks what the store answers meanwhile and
/// afterwards. The store that was connected before and one that is connected afterwards must both
/// find what was acknowledged, and pass [`store_conformance::run`]. Returns the disturbances that
/// took place.
///
/// # Panics
/// When something acknowledged is lost, or something refused is claimed.
pub async fn run<D: TestDatabase>(database: &mut D) -> Vec<Disturbance> {
    let mut seen = Vec::new();
    for disturbance in Disturbance::ALL {
        let before = database.connect().await;
        let kept = Kept::save(&before).await;
        let Some(during) = database.disturb(disturbance, &before).await else {
            continue;
        };
        let written = kept.disturbed(&during, disturbance).await;
        drop(during);
        database.restore(disturbance).await;
        for store in [&before, &database.connect().await] {
            works_again(store, &kept.scope, disturbance).await;
            kept.found(store, &written, disturbance).await;
        }
        kept.repeated(&before, &written, disturbance).await;
        store_conformance::run(&before).await;
        seen.push(disturbance);
    }
    seen
}

/// The longest that a call may take: far more than any store waits, for slow machines.
const HANGS: Duration = Duration::from_secs(60);

/// The most turns that are written, which fill a database that is nearly full.
const WRITES: usize = 200;

/// What was saved before.
struct Kept {
    scope: Scope,
    first: StoredResponse,
    second: StoredResponse,
    queued: StoredResponse,
    done: StoredResponse,
    victim: StoredResponse,
}

/// What was written meanwhile.
struct Written {
    acknowledged: Vec<StoredResponse>,
    refused: Vec<StoredResponse>,
    is_done: bool,
    is_deleted: bool,
}

impl Kept {
    async fn save<S: ResponseStore>(store: &S) -> Self {
        let scope = scope();
        let first = turn(&Conversation::default(), vec![user("one")], "1");
        let first = store_conformance::save_and_load(store, &scope, &first).await;
        let second = turn(first.conversation(), vec![user("two")], "2");
        let second = store_conformance::save_and_load(store, &scope, &second).await;
        let (queued, done) = job(&Conversation::default(), "job", Duration::from_secs(3600));
        let victim = turn(&Conversation::default(), vec![user("old")], "old");
        check(store.save(&scope, queued.clone()).await);
        check(store.save(&scope, victim.clone()).await);
        Self {
            scope,
            first,
            second,
            queued,
            done,
            victim,
        }
    }

    /// Reads and writes during a disturbance.
    async fn disturbed<S: ResponseStore>(&self, store: &S, disturbance: Disturbance) -> Written {
        self.read(store, disturbance).await;
        let (mut acknowledged, mut refused) = (Vec::new(), Vec::new());
        // Larger ones fill what is left of a database that is full.
        let text = "x".repeat(20_000);
        while refused.len() < 2 && acknowledged.len() < WRITES {
            let record = turn(self.second.conversation(), vec![user("more")], &text);
            match ends(store.save(&self.scope, record.clone())).await {
                Ok(()) => acknowledged.push(record),
                Err(_) => refused.push(record),
            }
        }
        assert!(!refused.is_empty(), "{disturbance}: nothing is refused");
        let held = UpdateCondition::HeldBy("job");
        let is_done = match ends(store.update(&self.scope, self.done.clone(), held)).await {
            Ok(false) => wrong(
                disturbance,
                "an unfinished response is reported as finished",
            ),
            other => other.is_ok(),
        };
        let claim = Claim::new("job", Duration::from_secs(3600));
        let renewed = ends(store.renew(&self.scope, self.queued.id(), &claim)).await;
        if renewed.is_ok_and(|renewed| !renewed) && !is_done {
            wrong(disturbance, "a claim is reported as lost");
        }
        let is_deleted = match ends(store.delete(&self.scope, self.victim.id())).await {
            Ok(false) => wrong(disturbance, "a response is reported as deleted before"),
            other => other.is_ok(),
        };
        self.read(store, disturbance).await;
        Written {
            acknowledged,
            refused,
            is_done,
            is_deleted,
        }
    }

    /// Reads what is there and what is not, of this scope and of another.
    async fn read<S: ResponseStore>(&self, store: &S, disturbance: Disturbance) {
        let other = scope();
        for record in [&self.first, &self.second] {
            match ends(store.load(&self.scope, record.id())).await {
                Ok(Some(found)) => assert_eq!(found.to_json(), record.to_json(), "{disturbance}"),
                Ok(None) => wrong(disturbance, "a response is reported as not found"),
                Err(_) if disturbance.can_be_read() => wrong(disturbance, "it cannot be read"),
                Err(_) => {}
            }
            let items = record.own_items();
            let ids: Vec<String> = items
                .iter()
                .map(|item| item.id().unwrap_or_default().into())
                .collect();
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            match ends(store.find_items(&self.scope, &ids)).await {
                Ok(found) if found.iter().all(Option::is_some) => {}
                Ok(_) => wrong(disturbance, "an item is reported as not found"),
                Err(_) if disturbance.can_be_read() => wrong(disturbance, "it cannot be read"),
                Err(_) => {}
            }
            let foreign = ends(store.load(&other, record.id())).await;
            if foreign.is_ok_and(|found| found.is_some()) {
                wrong(disturbance, "a response of another scope is found");
            }
        }
    }

    /// Checks what is there afterwards.
    async fn found<S: ResponseStore>(
        &self,
        store: &S,
        written: &Written,
        disturbance: Disturbance,
    ) {
        let there = written.acknowledged.iter();
        for record in there.chain([&self.first, &self.second]) {
            match check(store.load(&self.scope, record.id()).await) {
                Some(found) => assert_eq!(found.to_json(), record.to_json(), "{disturbance}"),
                None => wrong(disturbance, "what was acknowledged is lost"),
            }
        }
        // The answer to one of these may have been lost.
        for record in &written.refused {
            if let Some(found) = check(store.load(&self.scope, record.id()).await) {
                assert_eq!(found.to_json(), record.to_json(), "{disturbance}: a part");
            }
        }
        let found = store_conformance::loaded(store, &self.scope, self.queued.id()).await;
        let status = found.response().status.into_value();
        match status {
            Some(ResponseStatus::Completed) => {
                assert_eq!(
                    found.to_json(),
                    self.done.to_json(),
                    "{disturbance}: a part"
                );
            }
            Some(ResponseStatus::Queued) if !written.is_done => {}
            status => wrong(disturbance, &format!("a job is {status:?}")),
        }
        let found = check(store.load(&self.scope, self.victim.id()).await);
        if written.is_deleted && found.is_some() {
            wrong(disturbance, "what was deleted comes back");
        }
    }

    /// Repeats what was refused.
    async fn repeated<S: ResponseStore>(
        &self,
        store: &S,
        written: &Written,
        disturbance: Disturbance,
    ) {
        for record in &written.refused {
            let again = store_conformance::save_and_load(store, &self.scope, record).await;
            assert_eq!(again.to_json(), record.to_json(), "{disturbance}: again");
        }
        let held = UpdateCondition::HeldBy("job");
        let changed = check(store.update(&self.scope, self.done.clone(), held).await);
        assert!(
            !(changed && written.is_done),
            "{disturbance}: a finished response changes"
        );
        let found = store_conformance::loaded(store, &self.scope, self.done.id()).await;
        assert_eq!(found.to_json(), self.done.to_json(), "{disturbance}: done");
        check(store.delete(&self.scope, self.victim.id()).await);
        let found = check(store.load(&self.scope, self.victim.id()).await);
        assert!(found.is_none(), "{disturbance}: deleted");
    }
}

/// Waits until a store can be read and written again.
async fn works_again<S: ResponseStore>(store: &S, scope: &Scope, disturbance: Disturbance) {
    let works = async {
        loop {
            let record = turn(&Conversation::default(), vec![user("again")], "again");
            if store.save(scope, record.clone()).await.is_ok()
                && matches!(store.load(scope, record.id()).await, Ok(Some(_)))
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    if tokio::time::timeout(HANGS, works).await.is_err() {
        wrong(disturbance, "the store does not work again");
    }
}

/// Awaits a call, which must end.
async fn ends<T>(call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    match tokio::time::timeout(HANGS, call).await {
        Ok(result) => result,
        Err(_) => store_conformance::fail("database_conformance", "a call does not end"),
    }
}

fn wrong(disturbance: Disturbance, what: &str) -> ! {
    store_conformance::fail(&disturbance.to_string(), what)
}
