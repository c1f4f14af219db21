//! Lists that `check` prints: the rules of streams, and the quirks of servers.

use std::io::{self, Write};

use openresponses_types::check::StreamRule;

use crate::quirk::QUIRKS;

/// Prints each rule with its section of the specification.
pub(crate) fn stream_rules(out: &mut impl Write) -> io::Result<()> {
    for rule in StreamRule::ALL {
        writeln!(
            out,
            "{rule}\n    {}\n    {}",
            rule.section(),
            rule.message()
        )?;
    }
    Ok(())
}

/// Prints each quirk with an example and what is done about it.
pub(crate) fn quirks(out: &mut impl Write) -> io::Result<()> {
    for quirk in QUIRKS {
        writeln!(
            out,
            "{}\n    {}: {}\n    seen at {}; excused since {}",
            quirk.name, quirk.example, quirk.done, quirk.seen_at, quirk.since
        )?;
    }
    Ok(())
}
