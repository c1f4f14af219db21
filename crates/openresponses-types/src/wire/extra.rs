//! Members of an object that the protocol does not name.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::fmt;

use crate::json::RawJson;

/// Members that the protocol does not name, kept in order and printed again after the known ones.
///
/// A member that the protocol names for the object has a field: set that. Among these it would be a
/// duplicate, so it is not printed; debug builds assert that there is none.
///
/// ```
/// use openresponses_types::{CreateRequest, json::RawJson};
///
/// let request = CreateRequest::from_json(br#"{"model":"m","providerOptions":{"x":1}}"#)?;
/// assert_eq!(request.extra.get("providerOptions").map(RawJson::get), Some(r#"{"x":1}"#));
/// # Ok::<(), openresponses_types::Violation>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
#[expect(
    clippy::type_complexity,
    reason = "boxed twice, so that the common case, none, costs one word in each object"
)]
pub struct Extra(Option<Box<Vec<(Box<str>, RawJson)>>>);

impl Extra {
    /// Returns the value of the member `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&RawJson> {
        self.iter()
            .find(|(found, _)| *found == name)
            .map(|(_, value)| value)
    }

    /// Sets the member `name`, in place if it exists, otherwise at the end.
    pub fn insert(&mut self, name: &str, value: RawJson) {
        let all = self.all_mut();
        match all.iter_mut().find(|(found, _)| **found == *name) {
            Some((_, old)) => *old = value,
            None => all.push((name.into(), value)),
        }
    }

    /// Appends a member that is known not to be there.
    pub(crate) fn push(&mut self, name: &str, value: RawJson) {
        self.all_mut().push((name.into(), value));
    }

    /// Returns whether the member `name` is surely not there; false also where there are many.
    pub(crate) fn surely_lacks(&self, name: &str) -> bool {
        self.len() <= 16 && self.get(name).is_none()
    }

    /// Most objects have one such member if any, so there is room for one at first.
    fn all_mut(&mut self) -> &mut Vec<(Box<str>, RawJson)> {
        self.0
            .get_or_insert_with(|| Box::new(Vec::with_capacity(1)))
    }

    /// Returns the room that growing has left over: an object lives as long as its turn.
    pub(crate) fn shrink(&mut self) {
        if let Some(all) = &mut self.0 {
            all.shrink_to_fit();
        }
    }

    /// Sets all of `others`, as [`insert`](Self::insert) would one after the other, without
    /// looking through all members for each.
    pub(crate) fn merge(&mut self, others: Self) {
        let Some(others) = others.0 else { return };
        let own = self.0.get_or_insert_default();
        let places: BTreeMap<Box<str>, usize> = own
            .iter()
            .enumerate()
            .map(|(place, (name, _))| (name.clone(), place))
            .collect();
        for (name, value) in *others {
            let place = places.get(&name);
            match place.and_then(|place| own.get_mut(*place)) {
                Some((_, old)) => *old = value,
                None => own.push((name, value)),
            }
        }
    }

    /// Adds those of `others` that are not there.
    pub(crate) fn fill(&mut self, others: &Self) {
        let known: BTreeSet<&str> = self.iter().map(|(name, _)| name).collect();
        let new: Vec<_> = others
            .iter()
            .filter(|(name, _)| !known.contains(name))
            .map(|(name, value)| (Box::from(name), value.clone()))
            .collect();
        if !new.is_empty() {
            self.all_mut().extend(new);
        }
    }

    /// Removes and returns the member `name`.
    pub fn remove(&mut self, name: &str) -> Option<RawJson> {
        let all = self.0.as_mut()?;
        let at = all.iter().position(|(found, _)| **found == *name)?;
        let (_, value) = all.remove(at);
        if all.is_empty() {
            self.0 = None;
        }
        Some(value)
    }

    /// Iterates over the members in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &RawJson)> {
        self.0
            .iter()
            .flat_map(|all| all.iter().map(|(name, value)| (&**name, value)))
    }

    /// Returns the number of members.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |all| all.len())
    }

    /// Returns true without members.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn members(all: &[(&str, &str)]) -> Extra {
        let mut members = Extra::default();
        for (name, value) in all {
            members.insert(name, RawJson::string(value));
        }
        members
    }

    #[test]
    fn merging_is_inserting() {
        let mut merged = members(&[("a", "1"), ("b", "2")]);
        merged.merge(members(&[("c", "3"), ("a", "4")]));
        assert_eq!(merged, members(&[("a", "4"), ("b", "2"), ("c", "3")]));
        merged.merge(Extra::default());
        assert_eq!(merged.len(), 3);
        merged.fill(&members(&[("a", "5"), ("d", "6")]));
        assert_eq!(
            merged,
            members(&[("a", "4"), ("b", "2"), ("c", "3"), ("d", "6")])
        );

        // A comparison of each with each would take minutes.
        let many = |value: &str| {
            let mut all = Extra::default();
            (0..200_000).for_each(|n: u32| all.push(&n.to_string(), RawJson::string(value)));
            all
        };
        let mut merged = many("1");
        merged.merge(many("2"));
        assert_eq!(merged, many("2"));
    }
}
