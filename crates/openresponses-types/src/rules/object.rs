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
}

/// A member of an object.
pub(crate) struct Member {
    pub(crate) name: &'static str,
    /// [`head`] of the name.
    head: u32,
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
        let mut at = 0;
        while at < members.len() {
            required |= (members[at].required as u64) << at;
            at += 1;
        }
        Self {
            name,
            members,
            base: None,
            required,
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
    pub(crate) fn find(&self, name: &str) -> Option<(usize, &'static str, &'static Member)> {
        self.find_from(0, name)
    }

    /// [`find`](Self::find), which looks from the place `hint` on first: documents mostly have the
    /// order of the schema.
    pub(crate) fn find_from(
        &self,
        hint: usize,
        name: &str,
    ) -> Option<(usize, &'static str, &'static Member)> {
        let head = head(name.as_bytes());
        let is_named = |member: &Member| member.head == head && member.name == name;
        let near = self.members.get(hint..).unwrap_or_default();
        let near = near.iter().take(4).position(is_named);
        let found = match near {
            Some(after) => Some(hint + after),
            None => self.members.iter().position(is_named),
        };
        if let Some(at) = found {
            return self.members.get(at).map(|member| (at, self.name, member));
        }
        let (at, schema, member) = self.base?.find(name)?;
        Some((self.members.len() + at, schema, member))
    }

    /// True if all required members are among `seen`, which has a bit for each of [all](Self::all)
    /// members; false also where that is not known beforehand.
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
            head: head(name.as_bytes()),
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

/// The first four bytes of a name, which tell most names apart at once; a shorter one has none.
#[inline]
const fn head(name: &[u8]) -> u32 {
    match name.first_chunk::<4>() {
        Some(first) => u32::from_le_bytes(*first),
        None => 0,
    }
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
    beyond(name, Value::Instead(fix))
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
