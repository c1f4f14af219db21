use alloc::borrow::ToOwned;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::write::{write_f64, write_string, write_u64};

/// Prints an object into a string, member by member, without a tree of values. The brace closes when the
/// printer is dropped.
///
/// Names are not compared: the caller prints each once.
///
/// ```
/// use openresponses_types::json::ObjectPrinter;
///
/// let mut json = String::new();
/// let mut object = ObjectPrinter::begin(&mut json);
/// object.string("name", "a \"b\"");
/// object.array("sizes").raw("1.50");
/// object.object("empty");
/// drop(object);
/// assert_eq!(json, r#"{"name":"a \"b\"","sizes":[1.50],"empty":{}}"#);
/// ```
#[derive(Debug)]
pub struct ObjectPrinter<'o> {
    out: &'o mut String,
    is_empty: bool,
    /// The names that were printed, where the caller asks for them.
    names: Option<Names>,
}

/// The names of the members of an object.
#[derive(Debug)]
enum Names {
    /// Up to [`FEW`], which are found by looking at each.
    Few(Vec<String>),
    /// Objects of requests have as many members as a client likes.
    Many(BTreeSet<String>),
}

/// How many names are compared one by one.
const FEW: usize = 32;

impl Names {
    fn add(&mut self, name: &str) {
        match self {
            Self::Few(names) if names.len() < FEW => names.push(name.to_owned()),
            Self::Few(names) => {
                let mut all: BTreeSet<_> = core::mem::take(names).into_iter().collect();
                all.insert(name.to_owned());
                *self = Self::Many(all);
            }
            Self::Many(names) => drop(names.insert(name.to_owned())),
        }
    }

    fn has(&self, name: &str) -> bool {
        match self {
            Self::Few(names) => names.iter().any(|known| known == name),
            Self::Many(names) => names.contains(name),
        }
    }
}

impl Default for Names {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

/// Prints an array into a string, element by element. The bracket closes when the printer is dropped.
///
/// ```
/// use openresponses_types::json::ArrayPrinter;
///
/// let mut json = String::new();
/// let mut array = ArrayPrinter::begin(&mut json);
/// array.string("a");
/// array.object().boolean("b", true);
/// drop(array);
/// assert_eq!(json, r#"["a",{"b":true}]"#);
/// ```
#[derive(Debug)]
pub struct ArrayPrinter<'o> {
    out: &'o mut String,
    is_empty: bool,
}

// Printing into a string cannot fail, so the results of the printers are not looked at.
impl<'o> ObjectPrinter<'o> {
    /// Begins an object at the end of `out`.
    #[must_use]
    pub fn begin(out: &'o mut String) -> Self {
        out.push('{');
        Self {
            out,
            is_empty: true,
            names: None,
        }
    }

    /// Keeps the names of the members that are printed from here on, for [`has`](Self::has).
    #[must_use]
    pub fn keep_names(mut self) -> Self {
        self.names.get_or_insert_default();
        self
    }

    /// Returns whether a member of this name was printed. Needs [`keep_names`](Self::keep_names).
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        debug_assert!(self.names.is_some(), "the names are not kept");
        self.names.as_ref().is_some_and(|names| names.has(name))
    }

    /// Begins a member and returns where its value goes.
    pub fn member(&mut self, name: &str) -> &mut String {
        separate(self.out, &mut self.is_empty);
        if let Some(names) = &mut self.names {
            names.add(name);
        }
        let _ = write_string(self.out, name);
        self.out.push(':');
        self.out
    }

    /// Prints a string.
    pub fn string(&mut self, name: &str, value: &str) {
        let _ = write_string(self.member(name), value);
    }

    /// Prints a string, or null.
    pub fn string_or_null(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.string(name, value),
            None => self.raw(name, "null"),
        }
    }

    /// Prints a value that is JSON already.
    pub fn raw(&mut self, name: &str, json: &str) {
        self.member(name).push_str(json);
    }

    /// Prints true or false.
    pub fn boolean(&mut self, name: &str, value: bool) {
        self.raw(name, if value { "true" } else { "false" });
    }

    /// Prints the shortest number that reads back as `value`; null where it is not finite.
    pub fn float(&mut self, name: &str, value: f64) {
        let _ = write_f64(self.member(name), value);
    }

    /// Prints an integer.
    pub fn integer(&mut self, name: &str, value: u64) {
        let _ = write_u64(self.member(name), value);
    }

    /// Begins an object as the value of a member.
    pub fn object(&mut self, name: &str) -> ObjectPrinter<'_> {
        ObjectPrinter::begin(self.member(name))
    }

    /// Begins an array as the value of a member.
    pub fn array(&mut self, name: &str) -> ArrayPrinter<'_> {
        ArrayPrinter::begin(self.member(name))
    }
}

impl<'o> ArrayPrinter<'o> {
    /// Begins an array at the end of `out`.
    #[must_use]
    pub fn begin(out: &'o mut String) -> Self {
        out.push('[');
        Self {
            out,
            is_empty: true,
        }
    }

    fn element(&mut self) -> &mut String {
        separate(self.out, &mut self.is_empty);
        self.out
    }

    /// Prints a string.
    pub fn string(&mut self, value: &str) {
        let _ = write_string(self.element(), value);
    }

    /// Prints an element that is JSON already.
    pub fn raw(&mut self, json: &str) {
        self.element().push_str(json);
    }

    /// Begins an object as an element.
    pub fn object(&mut self) -> ObjectPrinter<'_> {
        ObjectPrinter::begin(self.element())
    }
}

fn separate(out: &mut String, is_empty: &mut bool) {
    if !core::mem::replace(is_empty, false) {
        out.push(',');
    }
}

impl Drop for ObjectPrinter<'_> {
    fn drop(&mut self) {
        self.out.push('}');
    }
}

impl Drop for ArrayPrinter<'_> {
    fn drop(&mut self) {
        self.out.push(']');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_where_they_are_asked_for() {
        let mut json = String::new();
        let mut object = ObjectPrinter::begin(&mut json).keep_names();
        object.integer("a", 1);
        object.float("b\"", 0.5);
        object.object("c").boolean("d", true);
        object.string_or_null("e", None);
        assert!(object.has("a") && object.has("b\"") && object.has("c"));
        assert!(!object.has("d") && !object.has("b"));
        drop(object);
        assert_eq!(json, r#"{"a":1,"b\"":0.5,"c":{"d":true},"e":null}"#);
    }

    #[test]
    fn a_name_among_many_is_found_without_a_look_at_each() {
        let mut json = String::new();
        let mut object = ObjectPrinter::begin(&mut json).keep_names();
        for n in 0..30_000 {
            let name = alloc::format!("a name of several words {n}");
            assert!(!object.has(&name));
            object.integer(&name, 1);
            assert!(object.has(&name));
        }
        assert!(object.has("a name of several words 0"));
    }
}
