//! Objects and their members.

use super::value::Value;
use crate::diagnostics::Leniency;

/// An object of the schema.
pub(crate) struct Object {
    /// The schema's name in the OpenAPI file.
    pub(crate) name: &'static str,
    /// The members it names; any other is legal.
    pub(crate) members: &'static [Member],
    /// The object whose members it has, too.
    pub(crate) base: Option<&'static Object>,
    /// A bit for each of `members` that must be there.
    required: u64,
    /// The places of `members`, each in the slot of its key or the next that was free.
    slots: [u8; SLOTS],
}

/// More than members of any object, so that a name that is not there soon meets a free slot.
const SLOTS: usize = 128;

/// A slot that is free; there are never so many members.
const FREE: u8 = u8::MAX;

/// A member of an object.
pub(crate) struct Member {
    pub(crate) name: &'static str,
    /// [`key`] of the name.
    key: u64,
    pub(crate) value: Value,
    pub(crate) required: bool,
    pub(crate) nullable: bool,
    /// What excuses a missing member that is required, or a null where it is not nullable.
    pub(crate) excused: Option<Leniency>,
    /// The schema has it not here but in a schema that shares a type with this one: only its shape
    /// is checked, so that what is accepted can be represented.
    pub(crate) beyond: bool,
}

impl Object {
    /// An object of `members`.
    pub(crate) const fn new(name: &'static str, members: &'static [Member]) -> Self {
        let mut required = 0;
        let mut slots = [FREE; SLOTS];
        let mut at = 0;
        while at < members.len() {
            required |= (members[at].required as u64) << at;
            let mut slot = slot(members[at].key);
            while slots[slot] != FREE {
                slot = (slot + 1) % SLOTS;
            }
            slots[slot] = at as u8;
            at += 1;
        }
        Self {
            name,
            members,
            base: None,
            required,
            slots,
        }
    }

    /// The object of these members and those of `base`.
    pub(crate) const fn extending(
        base: &'static Object,
        name: &'static str,
        members: &'static [Member],
    ) -> Self {
        let mut object = Self::new(name, members);
        object.base = Some(base);
        object
    }

    /// The place of the member `name` among [all](Self::all) members, and the schema that has it.
    #[inline]
    pub(crate) fn find(&self, name: &str) -> Option<(usize, &'static str, &'static Member)> {
        match self.find_own(name) {
            Some((at, member)) => Some((at, self.name, member)),
            None => {
                let (at, schema, member) = self.base?.find(name)?;
                Some((self.members.len() + at, schema, member))
            }
        }
    }

    /// [`find`](Self::find), inlined so that the key of a name that stands in the code is a constant.
    #[inline(always)]
    pub(crate) fn find_known(
        &self,
        name: &'static str,
    ) -> Option<(usize, &'static str, &'static Member)> {
        match self.find_own(name) {
            Some((at, member)) => Some((at, self.name, member)),
            None => self.find(name),
        }
    }

    #[inline(always)]
    fn find_own(&self, name: &str) -> Option<(usize, &'static Member)> {
        let key = key(name.as_bytes());
        let mut slot = slot(key);
        loop {
            let at = usize::from(*self.slots.get(slot)?);
            let member = self.members.get(at)?;
            if member.key == key && is_rest_equal(member.name, name) {
                return Some((at, member));
            }
            slot = (slot + 1) % SLOTS;
        }
    }

    /// Returns true if all required members are among `seen`, which has a bit for each of
    /// [all](Self::all) members; false also where that is not known beforehand.
    pub(crate) fn surely_has_required(&self, seen: u64) -> bool {
        self.base.is_none() && self.required & !seen == 0
    }

    /// All members with the name of the schema that has them, the base's last.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, &'static Member)> {
        let own = self.members.iter().map(|member| (self.name, member));
        let base = self
            .base
            .into_iter()
            .flat_map(|base| base.members.iter().map(|member| (base.name, member)));
        own.chain(base)
    }
}

impl Member {
    const fn new(name: &'static str, value: Value, required: bool) -> Self {
        Self {
            name,
            key: key(name.as_bytes()),
            value,
            required,
            nullable: false,
            excused: None,
            beyond: false,
        }
    }

    /// The member may also be null; where it is required, leaving it out counts as that.
    pub(crate) const fn or_null(mut self) -> Self {
        self.nullable = true;
        if self.required && self.excused.is_none() {
            self.excused = Some(Leniency::MissingNullableMember);
        }
        self
    }

    /// The member may also be null, and must be there in every profile.
    pub(crate) const fn there_or_null(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// `leniency` excuses it when it is missing or null.
    pub(crate) const fn excused(mut self, leniency: Leniency) -> Self {
        self.excused = Some(leniency);
        self
    }
}

/// Returns true if two names of the same [`key`] are equal.
#[inline(always)]
fn is_rest_equal(known: &str, name: &str) -> bool {
    known.len() == name.len() && (name.len() <= 8 || known == name)
}

/// The first and the last four bytes of a name, which are all of one that has up to eight.
#[inline(always)]
const fn key(name: &[u8]) -> u64 {
    match (name.first_chunk::<4>(), name.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            u32::from_le_bytes(*first) as u64 | (u32::from_le_bytes(*last) as u64) << 32
        }
        _ => match *name {
            [] => 0,
            [one] => one as u64,
            [one, two] => one as u64 | (two as u64) << 8,
            [one, two, .., last] => one as u64 | (two as u64) << 8 | (last as u64) << 16,
        },
    }
}

/// The slot in which a key is looked for first.
#[inline(always)]
const fn slot(key: u64) -> usize {
    (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 57) as usize
}

/// A required member.
pub(crate) const fn required(name: &'static str, value: Value) -> Member {
    Member::new(name, value, true)
}

/// An optional member.
pub(crate) const fn optional(name: &'static str, value: Value) -> Member {
    Member::new(name, value, false)
}

/// A member of Chat Completions, and what to do instead of sending it.
pub(crate) const fn instead(name: &'static str, fix: &'static str) -> Member {
    let harmless = None;
    beyond(name, Value::Instead { fix, harmless })
}

/// Like [`instead`], but `harmless` may be sent: it asks for what there is anyway.
pub(crate) const fn instead_unless(
    name: &'static str,
    harmless: &'static str,
    fix: &'static str,
) -> Member {
    let harmless = Some(harmless);
    beyond(name, Value::Instead { fix, harmless })
}

/// A member of the merged type that this schema does not name.
pub(crate) const fn beyond(name: &'static str, value: Value) -> Member {
    let mut member = optional(name, value).or_null();
    member.beyond = true;
    member
}

/// The `type` of an object.
pub(crate) const fn tag(value: &'static str) -> Member {
    required("type", Value::Constant(value))
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    const NAMES: [&str; 11] = [
        "a",
        "b",
        "ab",
        "abc",
        "abcd",
        "abcde",
        "abcdefgh",
        "abcdefghi",
        "abcdXfghi",
        "abcdYfghi",
        "type",
    ];

    static OBJECT: Object = Object::new("Object", &MEMBERS);

    static MEMBERS: [Member; NAMES.len()] = {
        let mut members = [const { optional("", Value::Any) }; NAMES.len()];
        let mut at = 0;
        while at < NAMES.len() {
            members[at] = optional(NAMES[at], Value::Any);
            at += 1;
        }
        members
    };

    #[test]
    fn a_member_is_found_by_its_whole_name_and_by_no_other() {
        for (at, name) in NAMES.iter().enumerate() {
            assert_eq!(
                OBJECT.find(name).map(|(found, ..)| found),
                Some(at),
                "{name}"
            );
            for place in 0..name.len() {
                let mut other = String::from(*name);
                other.replace_range(place..=place, "-");
                assert!(OBJECT.find(&other).is_none(), "{other}");
                other.replace_range(place..=place, "");
                let known = NAMES.iter().position(|name| *name == other);
                assert_eq!(
                    OBJECT.find(&other).map(|(found, ..)| found),
                    known,
                    "{other}"
                );
            }
        }
    }
}
