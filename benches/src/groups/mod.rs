//! The cases, group by group.

mod growth;
mod parse;
mod relay;
pub mod requests;
mod sequence;
mod sse_decode;
pub(crate) mod sse_encode;
mod store;
mod translate;
mod typed_events;

use crate::Case;

pub use translate::{Script, anthropic, chat, gemini};

/// All cases.
#[must_use]
pub fn all() -> Vec<Case> {
    let mut cases = sse_decode::cases();
    cases.extend(typed_events::cases());
    cases.extend(sse_encode::cases());
    cases.extend(sequence::cases());
    cases.extend(relay::cases());
    cases.extend(translate::cases());
    cases.extend(parse::cases());
    cases.extend(requests::cases());
    cases.extend(store::cases());
    cases.extend(growth::cases());
    cases
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::Role;

    #[test]
    fn every_subject_does_work_and_has_a_name_of_its_own() {
        let mut names = BTreeSet::new();
        for mut case in all() {
            assert_eq!(
                case.subjects.first().map(|subject| subject.role),
                Some(Role::Limit)
            );
            for subject in &mut case.subjects {
                let name = format!("{}/{}/{}", case.group, case.name, subject.name);
                assert!((subject.run)() > 0, "{name}");
                // A second run finds the state that the first one left.
                assert!((subject.run)() > 0, "{name}");
                assert!(names.insert(name.clone()), "{name}");
            }
        }
    }
}
