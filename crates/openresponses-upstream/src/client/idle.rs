//! Connections that nobody uses, which are dropped when their time is over, whether others are asked for or
//! not.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::sleep;

/// The shortest time between two sweeps.
const SHORTEST: Duration = Duration::from_secs(1);

/// What keeps connections.
pub(super) trait Idle: Send + Sync + 'static {
    /// Whether a task sweeps.
    fn is_swept(&self) -> &AtomicBool;

    /// How long an unused connection is kept.
    fn time(&self) -> Duration;

    /// Drops the connections whose time is over. Returns true if others are left.
    fn sweep(&self) -> bool;
}

/// Sweeps from now on until no connection is left: one task for all of them, which ends with the last. Outside
/// of a runtime nothing is swept.
pub(super) fn sweep_later(idle: &Arc<impl Idle>) {
    let Ok(runtime) = Handle::try_current() else {
        return;
    };
    if !idle.is_swept().swap(true, Ordering::AcqRel) {
        runtime.spawn(run(
            Running(Arc::downgrade(idle)),
            idle.time().max(SHORTEST),
        ));
    }
}

async fn run<T: Idle>(running: Running<T>, every: Duration) {
    loop {
        sleep(every).await;
        let Some(idle) = running.0.upgrade() else {
            return;
        };
        if idle.sweep() {
            continue;
        }
        drop(running);
        // One may have been kept between the sweep and the end of this task.
        if idle.sweep() {
            sweep_later(&idle);
        }
        return;
    }
}

/// A task that sweeps, or did so until its runtime ended.
struct Running<T: Idle>(Weak<T>);

impl<T: Idle> Drop for Running<T> {
    fn drop(&mut self) {
        if let Some(idle) = self.0.upgrade() {
            idle.is_swept().store(false, Ordering::Release);
        }
    }
}
