//! Times every case. `cargo bench --bench groups -- sse_decode` runs one group.
//!
//! `groups --repeat GROUP CASE SUBJECT TIMES` runs one subject so many times and measures nothing:
//! callgrind counts its instructions, and the difference of two runs is what one takes.

use std::process::ExitCode;

use criterion::{Criterion, Throughput};
use openresponses_benches::groups;

fn times(criterion: &mut Criterion) {
    for mut case in groups::all() {
        let mut group = criterion.benchmark_group(format!("{}: {}", case.group, case.name));
        group.throughput(Throughput::Elements(case.units));
        for subject in &mut case.subjects {
            group.bench_function(subject.name, |bencher| bencher.iter(&mut subject.run));
        }
        group.finish();
    }
}

fn repeat(group: &str, name: &str, subject: &str, times: &str) -> ExitCode {
    let found = groups::only(group, name).and_then(|case| {
        let mut subjects = case.subjects.into_iter();
        subjects.find(|each| each.name == subject)
    });
    let (Some(mut found), Ok(times)) = (found, times.parse::<u32>()) else {
        eprintln!("no such subject: {group}, {name}, {subject}, {times} times");
        return ExitCode::FAILURE;
    };
    for _ in 0..times {
        std::hint::black_box((found.run)());
    }
    ExitCode::SUCCESS
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, group, name, subject, count, ..] = &arguments[..]
        && flag == "--repeat"
    {
        return repeat(group, name, subject, count);
    }
    let mut criterion = Criterion::default().configure_from_args();
    times(&mut criterion);
    criterion.final_summary();
    ExitCode::SUCCESS
}
