//! Printing of objects.

use core::fmt;

use super::extra::Extra;
use super::print::Print;
use super::value::WireValue;
use crate::json::{part, write_string};

/// Prints one object: its members in the order of the calls, those that are absent left out.
pub(crate) struct ObjectWriter<'w, W: ?Sized> {
    out: &'w mut W,
    first: bool,
}

impl<'w, W: Print + ?Sized> ObjectWriter<'w, W> {
    pub(crate) fn begin(out: &'w mut W) -> Result<Self, fmt::Error> {
        out.write_char('{')?;
        Ok(Self { out, first: true })
    }

    /// `key` is the printed name with a comma before and a colon behind it: `,"name":`.
    // Inlined, as `member` is, so that a key is a copy of known length.
    #[inline(always)]
    fn key(&mut self, key: &'static str) -> fmt::Result {
        if core::mem::replace(&mut self.first, false) {
            return self.out.write_str(part(key, 1..));
        }
        self.out.write_str(key)
    }

    /// Prints the member `key` with a text that needs no escapes.
    pub(crate) fn tag(&mut self, key: &'static str, printed: &'static str) -> fmt::Result {
        self.key(key)?;
        self.out.write_str(printed)
    }

    /// Prints the member `key` unless it is absent.
    #[inline(always)]
    pub(crate) fn member<T: WireValue>(&mut self, key: &'static str, value: &T) -> fmt::Result {
        if value.is_absent() {
            return Ok(());
        }
        self.key(key)?;
        value.write(self.out)
    }

    /// Prints the members that the type does not know. One that `is_member` knows is left out, so
    /// that no name stands twice in the object.
    pub(crate) fn members(
        &mut self,
        members: &Extra,
        is_member: impl Fn(&str) -> bool,
    ) -> fmt::Result {
        for (name, value) in members.iter() {
            if is_member(name) {
                debug_assert!(false, "`{name}` has a field, and was put into `extra`");
                continue;
            }
            if !core::mem::replace(&mut self.first, false) {
                self.out.write_char(',')?;
            }
            write_string(self.out, name)?;
            self.out.write_char(':')?;
            self.out.write_str(value.get())?;
        }
        Ok(())
    }

    pub(crate) fn end(self) -> fmt::Result {
        self.out.write_char('}')
    }
}

#[cfg(test)]
mod tests {
    use crate::json::RawJson;
    use crate::tool::FunctionTool;

    fn with_extra(name: &str) -> FunctionTool {
        let mut tool = FunctionTool::new("f");
        tool.extra.insert(name, RawJson::string("x"));
        tool
    }

    #[test]
    fn other_members_are_printed_after_the_fields() {
        assert_eq!(
            with_extra("other").to_json(),
            r#"{"type":"function","name":"f","other":"x"}"#
        );
    }

    /// The class of fault that makes a document unreadable: a member that stands twice.
    #[test]
    fn a_member_that_has_a_field_is_never_printed_twice() {
        for name in ["type", "name", "strict"] {
            let tool = with_extra(name);
            let printed = std::panic::catch_unwind(|| tool.to_json());
            if cfg!(debug_assertions) {
                assert!(printed.is_err(), "{name} is not reported");
            } else {
                assert_eq!(printed.unwrap(), r#"{"type":"function","name":"f"}"#);
            }
        }
    }

    #[test]
    fn an_object_of_another_type_is_not_read() {
        let other = br#"{"type":"web_search","name":"f"}"#;
        let refused = FunctionTool::from_json(other).unwrap_err();
        assert_eq!(refused.param().as_deref(), Some("type"));
        assert_eq!(
            refused.message,
            "Invalid value: expected 'function', got 'web_search'."
        );
        assert!(FunctionTool::from_json(br#"{"name":"f"}"#).is_ok());
        assert!(FunctionTool::from_json(br#"{"type":null,"name":"f"}"#).is_err());
    }
}
