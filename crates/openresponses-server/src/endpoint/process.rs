//! Metrics of the process, under Prometheus' usual names. Only Linux reports what it uses.

use std::time::{SystemTime, UNIX_EPOCH};

use metrics::{describe_gauge, gauge};

/// The unit in which Linux reports times of processes, on all its common architectures.
#[cfg(target_os = "linux")]
const TICKS_A_SECOND: f64 = 100.0;

/// Describes the metrics, and records what does not change.
pub(super) fn describe() {
    describe_gauge!(
        "process_start_time_seconds",
        "Start of the process since 1970."
    );
    describe_gauge!(
        "process_resident_memory_bytes",
        "Memory that the process holds."
    );
    describe_gauge!(
        "process_open_fds",
        "Open file descriptors, sockets included."
    );
    describe_gauge!("process_threads", "Threads of the process.");
    describe_gauge!(
        "process_cpu_seconds_total",
        "Processor time of the process."
    );
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    if let Ok(now) = now {
        gauge!("process_start_time_seconds").set(now.as_secs_f64());
    }
}

/// Records what the process uses now.
#[cfg(target_os = "linux")]
pub(super) fn record() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let of_status = |name: &str| -> Option<f64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    if let Some(kib) = of_status("VmRSS:") {
        gauge!("process_resident_memory_bytes").set(kib * 1024.0);
    }
    if let Some(threads) = of_status("Threads:") {
        gauge!("process_threads").set(threads);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        gauge!("process_open_fds").set(f64::from(u32::try_from(open.count()).unwrap_or(u32::MAX)));
    }
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program is in parentheses and may contain spaces.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: Vec<f64> = ticks.filter_map(|field| field.parse().ok()).collect();
    if let [user, system] = ticks.as_slice() {
        gauge!("process_cpu_seconds_total").set((user + system) / TICKS_A_SECOND);
    }
}

/// Nothing is known.
#[cfg(not(target_os = "linux"))]
pub(super) fn record() {}
