//! Runs one path for callgrind: `NAME TIMES`, or `--growth NAME UNITS` once. Without arguments, lists
//! the paths with their units, separated by tabs.

use std::process::ExitCode;

use openresponses_hot_paths::paths::{GROWTH, PATHS, Run};

/// Runs what is counted. Callgrind collects inside this function only.
#[inline(never)]
fn counted(run: &mut Run, times: usize) -> usize {
    (0..times).map(|_| run()).sum()
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [flag, name, units] if flag == "--growth" => grow(name, units),
        [name, times] => repeat(name, times),
        _ => {
            for path in PATHS {
                println!("{}\t{}", path.name, path.units);
            }
            ExitCode::SUCCESS
        }
    }
}

fn grow(name: &str, units: &str) -> ExitCode {
    let found = GROWTH.iter().find(|path| path.name == name);
    let (Some(path), Ok(units)) = (found, units.parse()) else {
        eprintln!("no such path: {name}, {units} units");
        return ExitCode::FAILURE;
    };
    did_work(counted(&mut (path.prepare)(units), 1))
}

fn repeat(name: &str, times: &str) -> ExitCode {
    let found = PATHS.iter().find(|path| path.name == name);
    let (Some(path), Ok(times)) = (found, times.parse()) else {
        eprintln!("no such path: {name}, {times} times");
        return ExitCode::FAILURE;
    };
    let mut run = (path.prepare)();
    // The first run may fill what later runs share.
    let first = run();
    println!("{}", counted(&mut run, times));
    did_work(first)
}

fn did_work(result: usize) -> ExitCode {
    if result > 0 {
        ExitCode::SUCCESS
    } else {
        eprintln!("the path does nothing");
        ExitCode::FAILURE
    }
}
