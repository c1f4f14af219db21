//! Prints what each subject allocates in one run: group, case, subject, role, units, allocations,
//! bytes and the highest number of bytes at one time, separated by tabs.

use openresponses_benches::groups;

fn main() {
    for mut case in groups::all() {
        for subject in &mut case.subjects {
            // The first run may fill what later runs share.
            (subject.run)();
            let info = allocation_counter::measure(|| {
                (subject.run)();
            });
            println!(
                "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
                case.group,
                case.name,
                subject.name,
                subject.role.word(),
                case.units,
                info.count_total,
                info.bytes_total,
                info.bytes_max,
            );
        }
    }
}
