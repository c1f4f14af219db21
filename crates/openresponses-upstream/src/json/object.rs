use std::fmt::Write;

use openresponses_types::json::{write_f64, write_string};

/// Prints an object member by member; the brace closes when it is dropped.
pub(crate) struct Object<'o> {
    out: &'o mut String,
    names: Vec<String>,
}

/// Prints an array element by element; the bracket closes when it is dropped.
pub(crate) struct Array<'o> {
    out: &'o mut String,
    is_first: bool,
}

// Printing into a string cannot fail, so the results of the printers are not looked at.
impl<'o> Object<'o> {
    pub(crate) fn begin(out: &'o mut String) -> Self {
        out.push('{');
        Self {
            out,
            names: Vec::new(),
        }
    }

    fn name(&mut self, name: &str) -> &mut String {
        if !self.names.is_empty() {
            self.out.push(',');
        }
        self.names.push(name.to_owned());
        let _ = write_string(self.out, name);
        self.out.push(':');
        self.out
    }

    /// True when the member was printed.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|printed| printed == name)
    }

    /// Prints a string.
    pub(crate) fn string(&mut self, name: &str, value: &str) {
        let _ = write_string(self.name(name), value);
    }

    /// Prints a value that is JSON already.
    pub(crate) fn raw(&mut self, name: &str, json: &str) {
        self.name(name).push_str(json);
    }

    pub(crate) fn boolean(&mut self, name: &str, value: bool) {
        self.raw(name, if value { "true" } else { "false" });
    }

    pub(crate) fn float(&mut self, name: &str, value: f64) {
        let _ = write_f64(self.name(name), value);
    }

    pub(crate) fn integer(&mut self, name: &str, value: u64) {
        let _ = write!(self.name(name), "{value}");
    }

    pub(crate) fn object(&mut self, name: &str) -> Object<'_> {
        Object::begin(self.name(name))
    }

    pub(crate) fn array(&mut self, name: &str) -> Array<'_> {
        Array::begin(self.name(name))
    }
}

impl<'o> Array<'o> {
    pub(crate) fn begin(out: &'o mut String) -> Self {
        out.push('[');
        Self {
            out,
            is_first: true,
        }
    }

    fn element(&mut self) -> &mut String {
        if !std::mem::take(&mut self.is_first) {
            self.out.push(',');
        }
        self.out
    }

    /// Prints a string.
    pub(crate) fn string(&mut self, value: &str) {
        let _ = write_string(self.element(), value);
    }

    /// Prints an element that is JSON already.
    pub(crate) fn raw(&mut self, json: &str) {
        self.element().push_str(json);
    }

    pub(crate) fn object(&mut self) -> Object<'_> {
        Object::begin(self.element())
    }
}

impl Drop for Object<'_> {
    fn drop(&mut self) {
        self.out.push('}');
    }
}

impl Drop for Array<'_> {
    fn drop(&mut self) {
        self.out.push(']');
    }
}
