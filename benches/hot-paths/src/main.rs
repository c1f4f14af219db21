//! Runs one path for callgrind: `hot-paths NAME TIMES`. Without arguments, lists the paths with
//! their units, separated by tabs.

use std::process::ExitCode;

use openresponses_hot_paths::paths::{PATHS, Run};

/// Runs what is counted. Callgrind collects inside this function only.
#[inline(never)]
fn counted(run: &mut Run, times: usize) -> usize {
    (0..times).map(|_| run()).sum()
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, times] = &arguments[..] else {
        for path in PATHS {
            println!("{}\t{}", path.name, path.units);
        }
        return ExitCode::SUCCESS;
    };
    let found = PATHS.iter().find(|path| path.name == name);
    let (Some(path), Ok(times)) = (found, times.parse()) else {
        eprintln!("no such path: {name}, {times} times");
        return ExitCode::FAILURE;
    };
    let mut run = (path.prepare)();
    // The first run may fill what later runs share.
    let first = run();
    let sum = counted(&mut run, times);
    println!("{sum}");
    if first > 0 {
        ExitCode::SUCCESS
    } else {
        eprintln!("the path does nothing");
        ExitCode::FAILURE
    }
}
