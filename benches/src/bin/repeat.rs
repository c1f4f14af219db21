//! Runs one subject as often as asked, so that callgrind can count its instructions:
//! `repeat GROUP CASE SUBJECT TIMES`. Two runs of different length tell what one run takes.

use std::process::ExitCode;

use openresponses_benches::groups;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [group, name, subject, times] = &arguments[..] else {
        eprintln!("usage: repeat GROUP CASE SUBJECT TIMES");
        return ExitCode::FAILURE;
    };
    let Ok(times) = times.parse::<u32>() else {
        eprintln!("TIMES is no number");
        return ExitCode::FAILURE;
    };
    let found = groups::all().into_iter().find_map(|case| {
        let is_of = case.group == group && case.name == *name;
        let mut subjects = case.subjects.into_iter().filter(|_| is_of);
        subjects.find(|each| each.name == subject)
    });
    let Some(mut found) = found else {
        eprintln!("no such subject");
        return ExitCode::FAILURE;
    };
    for _ in 0..times {
        std::hint::black_box((found.run)());
    }
    ExitCode::SUCCESS
}
