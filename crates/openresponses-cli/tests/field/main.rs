//! What real servers send, relayed to a client: nothing is lost, what leaves is legal, and each
//! change has a name. Judged by `openresponses check`, and by readers of JSON that share no code with
//! the project's types.
//!
//! `FIELD_TABLE=path` writes the counts by kind there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod asked;
mod build;
mod cases;
mod damage;
mod documented;
mod forbidden;
mod frames;
mod judge;
mod legal;
mod ours;
mod random;
mod recordings;
mod relayed;
mod returned;
mod socket;
mod table;
mod transcript;
mod transitions;
mod verdicts;

use libtest_mimic::Arguments;

fn main() {
    let arguments = Arguments::from_args();
    tracing::subscriber::set_global_default(relayed::Names).unwrap();
    let table = table::Table::default();
    let mut trials = cases::trials(&table);
    trials.extend(forbidden::trials());
    trials.extend(returned::trials());
    trials.extend(damage::trials(&table));
    trials.extend(verdicts::trials());
    trials.extend(recordings::trials(&table));
    let conclusion = libtest_mimic::run(&arguments, trials);
    if let Some(path) = std::env::var_os("FIELD_TABLE") {
        std::fs::write(path, table.print()).unwrap();
    }
    conclusion.exit_if_failed();
    let recordings = recordings::paths().len();
    if let Some(differences) = documented::differences(&table, recordings)
        && !differences.is_empty()
    {
        eprintln!("docs/relays.md does not say what was counted:");
        eprintln!("{}", differences.join("\n"));
        std::process::exit(1);
    }
}
