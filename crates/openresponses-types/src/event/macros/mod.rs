//! What one entry of the table of events generates: here the enumeration of all events, in the
//! folder what is generated of each.

mod fixed;
mod object;
mod place;
mod says;

pub(crate) use fixed::event_fixed;
pub(crate) use object::{event_example, event_object, event_schema};
pub(crate) use place::{event_head, event_head_mut};
pub(crate) use says::{
    event_body, event_delta, event_family, event_items, event_padding, event_text,
};

/// The table of events. An entry reads
///
/// ```text
/// /// Documentation.
/// Variant(Struct, "SchemaName") = "wire.type", place, family {
///     required { /// Documentation. member: Type, }
///     optional { /// Documentation. member: Type, }
/// }
/// ```
///
/// `place` names the members that say where the event belongs: `response`, `item`,
/// `part(content_index)`, `part(summary_index)`, `call` or `stream`. `family` says what the event
/// does: see [`EventFamily`](crate::event::EventFamily). Entries without a schema name are not in the
/// specification and come last.
macro_rules! events {
    ($(
        $(#[$meta:meta])*
        $variant:ident($ty:ident $(, $schema:literal)?) = $tag:literal,
        $place:ident $(($index:ident))?, $family:ident $(($what:ident $(, $member:ident)?))? {
            required { $( $(#[$req_meta:meta])* $req:ident : $req_ty:ty, )* }
            $( optional { $( $(#[$opt_meta:meta])* $opt:ident : $opt_ty:ty, )* } )?
        }
    )*) => {
        $(
            $crate::event::macros::event_object! {
                $(#[$meta])*
                #[doc = $crate::event::macros::event_example!($variant, $ty, $tag)]
                $ty = $tag, $place $($index)? {
                    required { $( $(#[$req_meta])* $req: $req_ty, )* }
                    $( optional { $( $(#[$opt_meta])* $opt: $opt_ty, )* } )?
                }
            }

            impl $ty {
                /// The members by the specification.
                pub(crate) const SCHEMA: &'static Object = &Object::new(
                    concat!($($schema)?),
                    &$crate::event::macros::event_schema!(
                        $tag, $place $($index)?,
                        [$($req: $req_ty,)*] [$($($opt: $opt_ty,)*)?]
                    ),
                );
            }

            impl From<$ty> for StreamEvent {
                fn from(event: $ty) -> Self {
                    Self::$variant(event)
                }
            }
        )*

        /// An event of a stream: what changed in the response since the event before.
        ///
        /// ```
        /// use openresponses_types::StreamEvent;
        ///
        /// let event = StreamEvent::from_json(
        ///     br#"{"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hi","logprobs":[]}"#,
        /// )?;
        /// match &event {
        ///     StreamEvent::OutputTextDelta(event) => assert_eq!(event.delta, "Hi"),
        ///     StreamEvent::Extension(event) => println!("an implementer's {}", event.type_name()),
        ///     other => println!("{}", other.event_type()),
        /// }
        /// # Ok::<(), openresponses_types::Violation>(())
        /// ```
        ///
        /// | `type` | variant | specification |
        /// |---|---|---|
        $(
            #[doc = concat!(
                "| `", $tag, "` | [`", stringify!($variant), "`](Self::", stringify!($variant), ") | ",
                $("`", $schema, "`",)? " |"
            )]
        )*
        /// | `slug:name` | [`Extension`](Self::Extension) | "Extending streaming events" |
        /// | any other | [`Unknown`](Self::Unknown) | |
        ///
        /// Types without a specification are those of OpenAI's API for events that the protocol
        /// names otherwise.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum StreamEvent {
            $( $(#[$meta])* $variant($ty), )*
            /// An event of an implementer, `slug:name`. Kept as it came.
            Extension(Extension),
            /// An event of a type that neither this protocol nor an extension names. Kept as it came.
            Unknown(Unknown),
        }

        /// All types of the table, those of the specification first.
        pub(super) const ALL_TYPES: &[&str] = &[$($tag),*];

        /// How many of them are in the specification.
        const SPECIFIED: usize = 0 $($( + { let _ = $schema; 1 } )?)*;

        /// The schemas of the specification's events, by type.
        pub(crate) const BRANCHES: &[Branch] = ALL_BRANCHES.split_at(SPECIFIED).0;

        /// The schema of an event of the table, be it in the specification or not.
        pub(crate) fn schema_of(event_type: &str) -> Option<&'static Object> {
            let branch = ALL_BRANCHES.iter().find(|branch| branch.tag == event_type);
            branch.map(|branch| branch.object)
        }

        const ALL_BRANCHES: &[Branch] = &[$( Branch::new($tag, $ty::SCHEMA) ),*];

        impl StreamEvent {
            /// The `type` strings of the specification's events.
            pub const TYPES: &'static [&'static str] = ALL_TYPES.split_at(SPECIFIED).0;

            /// Returns the event's `type`, which is also the name of the SSE event.
            #[must_use]
            pub fn event_type(&self) -> &str {
                match self {
                    $( Self::$variant(_) => $tag, )*
                    Self::Extension(raw) => raw.type_name(),
                    Self::Unknown(raw) => raw.type_name(),
                }
            }

            /// Returns what the event does.
            #[must_use]
            pub fn family(&self) -> EventFamily {
                match self {
                    $( Self::$variant(_) => $crate::event::macros::event_family!($family $($what)?), )*
                    Self::Extension(_) | Self::Unknown(_) => EventFamily::Other,
                }
            }

            /// Returns where the event belongs.
            #[must_use]
            pub fn head(&self) -> EventHead<'_> {
                match self {
                    $( Self::$variant(event) => {
                        $crate::event::macros::event_head!(event, $place $($index)?)
                    } )*
                    Self::Extension(raw) => EventHead::of_raw(raw.json()),
                    Self::Unknown(raw) => EventHead::of_raw(raw.json()),
                }
            }

            /// The same, to change it. `None` for events that are kept as they came.
            pub(crate) fn head_mut(&mut self) -> Option<EventHeadMut<'_>> {
                match self {
                    $( Self::$variant(event) => {
                        Some($crate::event::macros::event_head_mut!(event, $place $($index)?))
                    } )*
                    Self::Extension(_) | Self::Unknown(_) => None,
                }
            }

            /// What the event says.
            pub(crate) fn body(&self) -> EventBody<'_> {
                match self {
                    $( Self::$variant(event) => {
                        $crate::event::macros::event_body!(event, $family $($what $($member)?)?)
                    } )*
                    Self::Extension(_) | Self::Unknown(_) => EventBody::Other,
                }
            }

            /// Returns the items that the event carries: the one that is added or done, or those in
            /// the output of its response. A response that is shared is cloned.
            #[must_use]
            pub fn items_mut(&mut self) -> &mut [Item] {
                match self {
                    $( Self::$variant(event) => {
                        $crate::event::macros::event_items!(event, $family)
                    } )*
                    Self::Extension(_) | Self::Unknown(_) => &mut [],
                }
            }

            /// Returns the event as a delta, if it is one.
            #[inline]
            #[must_use]
            pub fn as_delta(&self) -> Option<DeltaEvent<'_>> {
                match self {
                    $( Self::$variant(event) => $crate::event::macros::event_delta!(
                        event, $tag, $place $($index)?, $family $($what)?, [$($($opt)*)?]
                    ), )*
                    Self::Extension(_) | Self::Unknown(_) => None,
                }
            }

            /// The text that a delta appends.
            pub(crate) fn text_mut(&mut self) -> Option<&mut String> {
                match self {
                    $( Self::$variant(event) => {
                        $crate::event::macros::event_text!(event, $family)
                    } )*
                    Self::Extension(_) | Self::Unknown(_) => None,
                }
            }

            /// Returns the delta's member `obfuscation`, where the event has one.
            pub fn obfuscation_mut(&mut self) -> Option<&mut Field<String>> {
                match self {
                    $( Self::$variant(event) => {
                        $crate::event::macros::event_padding!(event, [$($($opt)*)?])
                    } )*
                    Self::Extension(_) | Self::Unknown(_) => None,
                }
            }
        }

        impl EventFamily {
            /// Returns what events of a type do.
            #[must_use]
            pub fn of_type(event_type: &str) -> Self {
                match event_type {
                    $( $tag => $crate::event::macros::event_family!($family $($what)?), )*
                    _ => Self::Other,
                }
            }
        }

        impl StreamEvent {
            /// Reads a delta in the fixed layout; `None` for whatever is not one.
            #[inline]
            pub(super) fn read_fixed(at: &mut Cursor<'_>) -> Option<Self> {
                match at.event_type()? {
                    $( $tag => $crate::event::macros::event_fixed!(
                        at, $ty, $place $($index)?, $family,
                        [$($req)*] [$($($opt)*)?]
                    ).map(Self::$variant), )*
                    _ => None,
                }
            }
        }

        impl WireValue for StreamEvent {
            fn read<'a, S: Source<'a>>(reader: &mut S) -> ReadResult<Self> {
                if reader.kind() != ValueKind::Object {
                    return Err(Violation::wrong_type("an object", reader));
                }
                let start = reader.look();
                let Some(event_type) = peek_type(reader)? else {
                    return Err(Violation::missing("type"));
                };
                let read = match &*event_type {
                    $( $tag => <$ty as WireValue>::read(reader).map(Self::$variant), )*
                    other if ExtensionType::is(other) => {
                        return Extension::read_raw(other, reader).map(Self::Extension);
                    }
                    other => return Ok(Self::Unknown(Unknown::read_raw(other, reader))),
                };
                if read.is_err() && !Self::TYPES.contains(&&*event_type) {
                    // The specification does not say what such an event looks like.
                    reader.back_to(start);
                    return Ok(Self::Unknown(Unknown::read_raw(&event_type, reader)));
                }
                read
            }

            fn write<W: Print + ?Sized>(&self, out: &mut W) -> fmt::Result {
                match self {
                    $( Self::$variant(event) => event.write(out), )*
                    Self::Extension(raw) => out.write_str(raw.json().get()),
                    Self::Unknown(raw) => out.write_str(raw.json().get()),
                }
            }
        }
    };
}

pub(crate) use events;
