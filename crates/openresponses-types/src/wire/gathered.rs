//! Objects whose members are spread over several.

use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use alloc::string::String;

use super::value::WireValue;
use crate::json::{ObjectPrinter, RawJson, Reader};

/// An object, and the name of each of its members in the object that is gathered; `None` leaves a
/// member out.
type Source<'a> = (Reader<'a>, fn(&str) -> Option<&str>);

/// Reads an object of the type `tag` from the members of `sources`. A member that several have is the
/// first's; null counts only where no other has a value. Returns `None` where that cannot be read.
///
/// What the type knows fills its fields and the rest its `extra`, as in any object that is read: no
/// member is printed twice.
pub(crate) fn gathered<T: WireValue>(tag: &str, sources: &[Source<'_>]) -> Option<T> {
    let mut json = String::new();
    let mut object = ObjectPrinter::begin(&mut json);
    object.string("type", tag);
    let mut known = BTreeSet::from([Cow::Borrowed("type")]);
    for nulls in [false, true] {
        for (reader, name_of) in sources {
            let mut reader = *reader;
            let mut members = reader.enter_object();
            while let Some(name) = reader.next_member(&mut members) {
                let value = reader.raw();
                let Some(name) = name_of(&name).filter(|_| (value == "null") == nulls) else {
                    continue;
                };
                if !known.contains(name) {
                    object.raw(name, value);
                    known.insert(Cow::Owned(name.into()));
                }
            }
        }
    }
    drop(object);
    let json = RawJson::checked(&json);
    T::read(&mut json.reader()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::FunctionTool;
    use alloc::vec::Vec;

    fn name_of(name: &str) -> Option<&str> {
        (name != "left_out").then_some(name)
    }

    fn gather(sources: &[&str]) -> Option<String> {
        let parse = |json: &&str| RawJson::parse(json).unwrap();
        let all: Vec<RawJson> = sources.iter().map(parse).collect();
        let sources: Vec<Source<'_>> = all
            .iter()
            .map(|json| (json.reader(), name_of as _))
            .collect();
        gathered::<FunctionTool>("function", &sources).map(|tool| tool.to_json())
    }

    #[test]
    fn a_member_is_that_of_the_first_source_with_a_value() {
        assert_eq!(
            gather(&[
                r#"{"type":"x","name":"f","description":null,"a":1,"strict":null}"#,
                r#"{"type":"y","name":"g","description":"d","b":2,"a":3,"left_out":4}"#,
            ])
            .as_deref(),
            Some(r#"{"type":"function","name":"f","description":"d","strict":null,"a":1,"b":2}"#)
        );
    }

    #[test]
    fn what_cannot_be_read_is_not_gathered() {
        assert_eq!(gather(&[r#"{"name":5}"#]), None);
        assert_eq!(gather(&["{}"]), None);
    }

    #[test]
    fn many_members_are_gathered_in_one_pass() {
        let many = |from: usize| {
            let all: Vec<String> = (from..from + 20_000)
                .map(|n| alloc::format!(r#""m{n}":0"#))
                .collect();
            alloc::format!(r#"{{"name":"f",{}}}"#, all.join(","))
        };
        let printed = gather(&[&many(0), &many(10_000)]).unwrap();
        assert_eq!(printed.matches(":0").count(), 30_000);
    }
}
