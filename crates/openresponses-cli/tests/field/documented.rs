//! The counts in the documentation of relays, held against what the trials counted.

use std::collections::BTreeMap;

use crate::table::Table;

/// The page, whose tables list a server, names of repairs or rules, and a number of streams.
const PAGE: &str = include_str!("../../../openresponses-types/docs/relays.md");

/// Streams by mode, server and name.
type Counts = BTreeMap<(String, String, String), usize>;

/// Compares the page with the table. `None` where not all of the recordings were run.
pub(crate) fn differences(table: &Table, recordings: usize) -> Option<Vec<String>> {
    let clean = table.clean();
    let all_ran = |mode: &str| clean.get(mode).is_some_and(|(_, all)| *all == recordings);
    if recordings == 0
        || !["repair", "enforce", "observe"]
            .iter()
            .all(|mode| all_ran(mode))
    {
        return None;
    }
    let mut found = Vec::new();
    let without = |mode: &str| clean[mode].0;
    for (count, sentence) in [
        (recordings, "recorded Responses streams"),
        (without("repair"), "of them pass through"),
        (recordings - without("enforce"), "are refused by"),
        (without("observe"), "keep every rule of the checker"),
    ] {
        let sentence = format!("{count} {sentence}");
        if !PAGE.contains(&sentence) {
            found.push(format!("the page lacks '{sentence}'"));
        }
    }
    let (documented, mut counted) = (documented(), table.names());
    counted.retain(|(mode, _, _), _| mode != "observe");
    for (row, count) in &counted {
        if documented.get(row) != Some(count) {
            found.push(format!("{row:?} is {count}, not {:?}", documented.get(row)));
        }
    }
    for row in documented.keys().filter(|row| !counted.contains_key(row)) {
        found.push(format!("{row:?} was not counted"));
    }
    Some(found)
}

/// The rows of the page's tables.
fn documented() -> Counts {
    let mut counts = Counts::new();
    let mut mode = String::new();
    for line in PAGE.lines() {
        if let Some(title) = line.strip_prefix("# ") {
            mode = title.to_lowercase();
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, server, names, count, ..] = cells[..] else {
            continue;
        };
        let Ok(count) = count.parse() else {
            continue;
        };
        for name in names.split(", ") {
            let name = name.trim_matches('`').to_owned();
            counts.insert((mode.clone(), server.to_owned(), name), count);
        }
    }
    counts
}
